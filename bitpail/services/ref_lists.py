"""Branches and tags for somebody who looks through them: searched, the newest first, with how far each is from the main one."""

import asyncio
from pathlib import Path

from msgspec import Struct

from bitpail.errors import TookTooLong, TooLarge
from bitpail.git import dates, distances
from bitpail.git.directories import GitDirectory
from bitpail.git.kept import Kept
from bitpail.model.access import Access
from bitpail.model.refs import Ref
from bitpail.model.users import User
from bitpail.services import refs
from bitpail.services.git_slots import Busy, whose
from bitpail.services.refs import BRANCHES, DescribedRef
from bitpail.services.repositories import directory
from bitpail.services.site import Site

MOST_DATED = 5000
"""More than these are in the order of their names: to read when each was made would take too long."""

# Seconds: of one distance, and of all on a page. Others may have the processor.
_SLOWEST, _ALL = 1.0, 2.0
_KEPT = 50_000
_AT_ONCE = 10


class Look(Struct, frozen=True):
    """Which ones: with ``search`` in their names, by ``by_name`` or the newest first, a part of them."""

    search: str
    by_name: bool
    offset: int
    count: int


class Distance(Struct, frozen=True):
    """Commits that it has and the main branch has not, and the other way round."""

    ahead: int
    behind: int


class Shown(Struct, frozen=True):
    """A ref; no distance if it is the main branch, or nobody knows in time."""

    described: DescribedRef
    distance: Distance | None
    is_main: bool


class RefList(Struct, frozen=True):
    """A part of them, who made them, how many match and how many there are, the main branch if there is one."""

    refs: list[Shown]
    people: dict[str, User]
    size: int
    total: int
    main: str | None
    is_by_name: bool


# What is between two commits can't change.
_distances: Kept[tuple[Path, str, str], Distance] = Kept(_KEPT)


async def page(site: Site, access: Access, prefix: str, look: Look, *, far: bool = False) -> RefList:
    """Those below a prefix; the main branch is the first. ``far``: count what is not known of their distances from it.

    Counting walks over all the history that is between two branches.
    """
    git_directory = await directory(site, access)
    known = await site.objects.refs(git_directory)
    main = known.by_name.get(known.head) if known.head else None
    every = known.below(prefix)
    word = look.search.casefold()
    matching = [ref for ref in every if word in ref.short.casefold()] if word else list(every)
    by_name = look.by_name or len(matching) > MOST_DATED
    if not by_name:
        made = await _dates(site, git_directory, matching)
        matching.sort(key=lambda ref: (-made.get(ref.peeled, 0), ref.name))
    if main in matching:
        matching.remove(main)
        matching.insert(0, main)
    found = await refs.page(site, access, (prefix,), look.offset, look.count, lambda _: matching)
    apart = {}
    if main and prefix == BRANCHES:
        apart = await _apart(site, access, git_directory, found.refs, main, count=far)
    shown = [
        Shown(one, None if one.ref == main else apart.get(one.ref.peeled), one.ref == main)
        for one in found.refs
    ]
    return RefList(shown, found.people, len(matching), len(every), main.short if main else None, by_name)


def known_distance(git_directory: GitDirectory, one: str, other: str) -> Distance | None:
    """How far two commits, by their hashes, are from each other, if that was counted before."""
    return _distances.get((git_directory.path, one, other))


async def distance(git_directory: GitDirectory, one: str, other: str) -> Distance | None:
    """The same, counted if need be, in a turn of git that the caller has; None if nobody knows in time."""
    known = known_distance(git_directory, one, other)
    if known is None:
        try:
            known = Distance(*await distances.between(git_directory, one, other, _SLOWEST))
        except TookTooLong:
            return None
        _distances.keep((git_directory.path, one, other), known, 1)
    return known


async def _dates(site: Site, git_directory: GitDirectory, matching: list[Ref]) -> dict[str, int]:
    try:
        return await dates.of_commits(site.objects, git_directory, [ref.peeled for ref in matching])
    except TooLarge:
        return {}


async def _apart(
    site: Site,
    access: Access,
    git_directory: GitDirectory,
    listed: list[DescribedRef],
    main: Ref,
    *,
    count: bool,
) -> dict[str, Distance]:
    """By commit; those that aren't known when time is over are left out."""
    found: dict[str, Distance] = {}
    waiting: dict[str, str] = {}
    for one in listed:
        known = known_distance(git_directory, one.ref.peeled, main.peeled)
        if known is not None:
            found[one.ref.peeled] = known
        elif one.ref != main:
            waiting[one.ref.peeled] = one.ref.name
    names = list(waiting.values())
    if not count or not names:
        return found
    try:
        async with asyncio.timeout(_ALL), site.slots.slot(*whose(access)):
            for start in range(0, len(names), _AT_ONCE):
                some = names[start : start + _AT_ONCE]
                found |= await _counted(site, git_directory, some, main)
            for hash_ in [hash_ for hash_ in waiting if hash_ not in found]:
                far = await distance(git_directory, hash_, main.peeled)
                found |= {hash_: far} if far is not None else {}
    except (TimeoutError, TookTooLong, Busy):
        # The page is worth more than its numbers, and the next look finds more of them.
        return found
    return found


async def _counted(
    site: Site, git_directory: GitDirectory, names: list[str], main: Ref
) -> dict[str, Distance]:
    counted = await distances.of_branches(git_directory, names, main.name, _ALL)
    if (await site.objects.refs(git_directory)).by_name.get(main.name) != main:
        # It has moved meanwhile: nobody knows from which one they are that far.
        return {}
    found = {commit: Distance(*numbers) for commit, numbers in counted.items()}
    for commit, far in found.items():
        _distances.keep((git_directory.path, commit, main.peeled), far, 1)
    return found
