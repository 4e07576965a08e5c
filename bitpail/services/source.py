"""Files and directories of a commit."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid, TookTooLong
from bitpail.git import trees
from bitpail.git.revisions import Revision
from bitpail.git.trees import Place
from bitpail.model.access import Access
from bitpail.model.trees import Entry, File
from bitpail.services import cursors
from bitpail.services.repositories import directory
from bitpail.services.site import Site

HELD = trees.SMALL
"""Bytes up to which a file is held whole."""
_MOST_LISTED = 100_000
_BATCH = 100
_SLOWEST = 60.0

Described = list[tuple[Entry, File | None]]
"""Each with its file, None for a directory."""


class Position(Struct, frozen=True, array_like=True):
    """Where a page of a listing ended: of which commit, and at which place or, sorted, behind how many."""

    commit: bytes
    place: Place = Place()
    number: int = 0


class Found(Struct, frozen=True):
    """What stands at a path of a commit; ``file`` is None for a directory, which is listed from ``at`` on."""

    commit: str
    entry: Entry
    file: File | None
    at: Position


class Filter(Struct, frozen=True):
    """Which entries are wanted. Most questions are about names, for which no file has to be looked at."""

    keeps: Callable[[Entry, File | None], bool]
    looks_inside: bool


async def main_commit(site: Site, access: Access) -> str:
    """The tip of the main branch; raises NotFound while there is none."""
    return await site.objects.resolve(await directory(site, access), Revision("HEAD"))


async def find(site: Site, access: Access, revision: str, path: str, cursor: str | None = None) -> Found:
    """What stands at a path; the top directory for an empty one. Raises Invalid or NotFound.

    With a cursor it is that of the commit whose listing goes on, whatever the revision names by now.
    """
    git_directory = await directory(site, access)
    if cursor is None:
        commit = await site.objects.commit_named(git_directory, Revision(revision))
        at = Position(bytes.fromhex(commit.hash))
    else:
        at = _unsealed(site, access, path, cursor)
        commit = await site.objects.commit(git_directory, at.commit.hex())
    entry = await trees.find(site.objects, git_directory, commit.tree, path)
    if entry.is_directory:
        return Found(commit.hash, entry, None, at)
    (file,) = await trees.files(site.objects, git_directory, [entry])
    return Found(commit.hash, entry, file, at)


async def content(
    site: Site, access: Access, file: File, start: int = 0, end: int | None = None
) -> bytes | AsyncGenerator[bytes, None]:
    """A file, or the bytes from ``start`` to before ``end``, in pieces if it is long; raises NotFound for a submodule."""
    git_directory = await directory(site, access)
    held = await trees.whole(site.objects, git_directory, file)
    if held is not None:
        return held[start:end]
    return trees.content(git_directory, file, start, end)


async def page(
    site: Site, access: Access, found: Found, depth: int, count: int, wanted: Filter | None
) -> tuple[Described, str | None]:
    """So many entries of a directory, level by level, and the cursor of what follows; raises TookTooLong."""
    chosen: Described = []
    places: list[Place] = []
    async with _in_time(), aclosing(await _inside(site, access, found, depth, found.at.place)) as inside:
        async for batch in _batches(inside, _BATCH if wanted else count + 1):
            entries = [entry for entry, _ in batch]
            read = await files(site, access, entries) if wanted and wanted.looks_inside else {}
            for entry, place in batch:
                file = read.get(entry.path)
                if wanted is None or wanted.keeps(entry, file):
                    chosen.append((entry, file))
                    places.append(place)
            if len(chosen) > count:
                break
    following = None
    if len(chosen) > count:
        at = Position(found.at.commit, places[count - 1])
        following = _sealed(site, access, found, at)
    return await _described(site, access, chosen[:count]), following


async def listed(
    site: Site, access: Access, found: Found, depth: int, most: int | None = None
) -> list[Entry]:
    """All entries of a directory, level by level, if they are not too many or ``most``; raises TookTooLong."""
    most = _MOST_LISTED if most is None else most
    entries: list[Entry] = []
    async with _in_time(), aclosing(await _inside(site, access, found, depth, Place())) as inside:
        async for entry, _ in inside:
            entries.append(entry)
            if len(entries) > most:
                raise TookTooLong(
                    f"more than {most} entries: ask for a smaller max_depth, or page by page, unsorted"
                )
    return entries


async def like(site: Site, access: Access, found: Found, pattern: re.Pattern[bytes]) -> list[Entry]:
    """Entries of a directory by their names, which a space comes before and a zero byte after."""
    git_directory = await directory(site, access)
    return await trees.like(site.objects, git_directory, found.entry, pattern)


async def one_page(
    site: Site, access: Access, found: Found, first: int, count: int
) -> tuple[list[Entry], int]:
    """So many entries of a directory from one on, directories first, and how many it has."""
    git_directory = await directory(site, access)
    return await trees.page(site.objects, git_directory, found.entry, first, count)


async def everything(site: Site, access: Access, found: Found, depth: int) -> Described:
    """All entries with what there is to say of them, to be sorted; raises TookTooLong."""
    entries = await listed(site, access, found, depth)
    return await _described(site, access, [(entry, None) for entry in entries])


def following(site: Site, access: Access, found: Found, number: int) -> str:
    """The cursor of what comes behind so many, for a listing that is sorted."""
    return _sealed(site, access, found, Position(found.at.commit, number=number))


async def files(site: Site, access: Access, entries: list[Entry]) -> dict[str, File]:
    """Sizes and attributes of those that are no directories, by path."""
    git_directory = await directory(site, access)
    described = await trees.files(
        site.objects, git_directory, [one for one in entries if not one.is_directory]
    )
    return {file.entry.path: file for file in described}


async def _described(site: Site, access: Access, chosen: Described) -> Described:
    read = await files(site, access, [entry for entry, file in chosen if file is None])
    return [(entry, file or read.get(entry.path)) for entry, file in chosen]


async def _inside(
    site: Site, access: Access, found: Found, depth: int, place: Place
) -> AsyncGenerator[tuple[Entry, Place], None]:
    git_directory = await directory(site, access)
    return trees.inside(site.objects, git_directory, found.entry, depth=depth, place=place)


async def _batches(
    inside: AsyncGenerator[tuple[Entry, Place], None], size: int
) -> AsyncGenerator[list[tuple[Entry, Place]], None]:
    batch = []
    async for one in inside:
        batch.append(one)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


@asynccontextmanager
async def _in_time() -> AsyncGenerator[None, None]:
    try:
        async with asyncio.timeout(_SLOWEST):
            yield
    except TimeoutError:
        raise TookTooLong(
            f"the listing took longer than {_SLOWEST:g} seconds: ask for a smaller max_depth"
        ) from None


def _sealed(site: Site, access: Access, found: Found, at: Position) -> str:
    return cursors.seal_bytes(site, _listing(access, found.entry.path), msgspec.msgpack.encode(at))


def _unsealed(site: Site, access: Access, path: str, cursor: str) -> Position:
    packed = cursors.unseal_bytes(site, _listing(access, path.strip("/")), cursor)
    try:
        return msgspec.msgpack.decode(packed, type=Position)
    except msgspec.DecodeError:
        raise Invalid(cursors.EXPIRED) from None


def _listing(access: Access, path: str) -> str:
    return f"src {access.repository.id} {path} "
