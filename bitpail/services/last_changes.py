"""Who changed each entry of a directory last, within a time, kept for the next who looks."""

import time
from pathlib import Path

from msgspec import Struct

from bitpail.errors import GitError
from bitpail.git import last_changes
from bitpail.git.kept import Kept
from bitpail.model.access import Access
from bitpail.model.commits import Commit
from bitpail.model.trees import Entry
from bitpail.model.users import User
from bitpail.services import commits
from bitpail.services.git_slots import Busy, whose
from bitpail.services.repositories import directory
from bitpail.services.site import Site
from bitpail.services.source import Found

SECONDS = 4.0
"""After which what was found so far has to do."""
# An answer that isn't whole is asked for again after so long.
_STALE = 60.0
_MOST_KEPT = 100_000


class LastChanges(Struct, frozen=True):
    """The commits by the paths of entries, who wrote them by address, and whether every entry has its one."""

    by_path: dict[str, Commit]
    people: dict[str, User]
    is_whole: bool


class _Kept(Struct, frozen=True):
    found: last_changes.Found
    at: float


_Key = tuple[Path, str, str, str]
_kept: Kept[_Key, _Kept] = Kept(_MOST_KEPT)
# By everything but the commit: the next one is mostly a few steps away.
_latest: Kept[tuple[Path, str, str], last_changes.Found] = Kept(_MOST_KEPT)


async def known(site: Site, access: Access, found: Found, entries: list[Entry]) -> LastChanges | None:
    """What was looked for before, None if it wasn't."""
    kept = _kept.get(await _key(site, access, found, entries))
    return await _described(site, access, found, kept) if kept is not None and _is_fresh(kept) else None


async def of_entries(site: Site, access: Access, found: Found, entries: list[Entry]) -> LastChanges:
    """Of these entries of a directory; what was found in time, or nothing if the server is busy."""
    key = await _key(site, access, found, entries)
    kept = _kept.get(key)
    if kept is None or not _is_fresh(kept):
        try:
            async with site.slots.slot(*whose(access)):
                looked_up = await _look_up(site, access, found, entries, key)
        except (Busy, GitError):
            return LastChanges({}, {}, is_whole=False)
        kept = _Kept(looked_up, time.monotonic())
        _kept.keep(key, kept, len(looked_up.hashes) + 1)
    return await _described(site, access, found, kept)


async def _look_up(
    site: Site, access: Access, found: Found, entries: list[Entry], key: _Key
) -> last_changes.Found:
    latest = (key[0], key[2], key[3])
    made = await last_changes.last_changes(
        site.objects,
        await directory(site, access),
        found.commit,
        found.entry.path,
        [entry.path.rpartition("/")[2] for entry in entries],
        SECONDS,
        _latest.get(latest),
    )
    if made.is_whole:
        _latest.keep(latest, made, len(made.hashes) + 1)
    return made


async def _key(site: Site, access: Access, found: Found, entries: list[Entry]) -> _Key:
    return (
        (await directory(site, access)).path,
        found.commit,
        found.entry.path,
        entries[0].path if entries else "",
    )


def _is_fresh(kept: _Kept) -> bool:
    return kept.found.is_whole or time.monotonic() < kept.at + _STALE


async def _described(site: Site, access: Access, found: Found, kept: _Kept) -> LastChanges:
    hashes = list(dict.fromkeys(kept.found.hashes.values()))
    described = await site.objects.commits(await directory(site, access), hashes)
    by_hash = {commit.hash: commit for commit in described}
    above = f"{found.entry.path}/" if found.entry.path else ""
    return LastChanges(
        {above + name: by_hash[hash_] for name, hash_ in kept.found.hashes.items()},
        await commits.people(site, described),
        kept.found.is_whole,
    )
