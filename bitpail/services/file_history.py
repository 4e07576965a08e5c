"""The history of a file, a page at a time."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid, NoSuchPath, NotFound, TookTooLong
from bitpail.git import file_history, history, trees
from bitpail.git.directories import GitDirectory
from bitpail.git.file_history import Touched, Walk
from bitpail.git.revisions import RepositoryPath, Revision
from bitpail.model.access import Access
from bitpail.model.commits import Commit
from bitpail.model.trees import Entry, File
from bitpail.model.users import User
from bitpail.services import commits, cursors
from bitpail.services.repositories import directory
from bitpail.services.site import Site

_BATCH = 100
_MOST_SORTED = 10_000
_SLOWEST = 60.0

People = dict[str, User]


class Version(Struct, frozen=True):
    """A file as a commit left it."""

    commit: Commit
    file: File


class FilePage(Struct, frozen=True):
    """Versions of a file, newest first, the people behind the addresses, and the cursor of the next page."""

    versions: list[Version]
    people: People
    cursor: str | None


class FollowedPage(Struct, frozen=True):
    """Commits with what the file was called in each, the people behind the addresses, the cursor of the next page."""

    versions: list[tuple[Commit, str]]
    people: People
    cursor: str | None


Choose = Callable[[list[Version], People], list[bool]]
"""Which of these are wanted."""


class Start(Struct, frozen=True):
    """Which history: of what commit and path, and behind which cursor."""

    revision: str
    path: str
    renames: bool
    cursor: str | None


class _Position(Struct, frozen=True, array_like=True):
    """A walk, and how many behind it were shown. Names of files are any bytes."""

    start: str
    path: bytes
    renames: bool
    offset: int
    frontier: tuple[str, ...]
    name: bytes
    floor: int | None
    ties: tuple[str, ...] | None
    skipped: int


async def page(
    site: Site, access: Access, start: Start, count: int, choose: Choose | None = None
) -> FilePage:
    """The commits that touched a file, and the file in each; raises Invalid, NotFound or TookTooLong."""
    git_directory = await directory(site, access)
    walk, skipped = await _begin(site, access, git_directory, start)
    if choose is None:
        touched, rest = await file_history.page(git_directory, walk, count)
        versions = await _described(site, git_directory, touched)
        await _check_found(site, git_directory, walk, versions)
        people = await commits.people(site, [one.commit for one in versions])
        return FilePage(versions, people, _sealed(site, access, start, rest))
    chosen: list[Version] = []
    everybody: People = {}
    async with _in_time():
        rest = walk
        while rest is not None:
            walk = rest
            touched, rest = await file_history.page(git_directory, walk, _BATCH)
            versions = await _described(site, git_directory, touched)
            await _check_found(site, git_directory, walk, versions)
            people = await commits.people(site, [one.commit for one in versions])
            kept = choose(versions, people)
            for number in range(skipped, len(versions)):
                if not kept[number]:
                    continue
                if len(chosen) == count:
                    return FilePage(chosen, everybody, _sealed(site, access, start, walk, number))
                chosen.append(versions[number])
            everybody |= people
            skipped = 0
    return FilePage(chosen, everybody, None)


async def followed(
    site: Site, access: Access, revision: str, path: str, cursor: str | None, count: int
) -> FollowedPage:
    """The commits that touched a file, and its name in each; quicker than ``page``, which is git's own walk.

    A name is followed to where the file got it, which is looked for in that commit alone. Raises Invalid or NotFound.
    """
    git_directory = await directory(site, access)
    if cursor is None:
        commit = await site.objects.resolve(git_directory, Revision(revision))
        walk = history.start([commit], path=RepositoryPath(path))
    else:
        walk = cursors.unseal(site, access.repository.id, cursor)
    versions: list[tuple[Commit, str]] = []
    following: history.Walk | None = walk
    while following is not None and following.path is not None and len(versions) < count:
        walk = following
        name = walk.path or ""
        found, following = await history.page(site.objects, git_directory, walk, count - len(versions))
        versions += [(one, name) for one in found]
        if following is None and found:
            following = await _before(site, git_directory, found[-1], name)
    if not versions:
        raise NoSuchPath(f"No such file or directory: {path}")
    people = await commits.people(site, [one for one, _ in versions])
    sealed = cursors.seal(site, access.repository.id, following) if following else None
    return FollowedPage(versions, people, sealed)


async def _before(site: Site, git_directory: GitDirectory, first: Commit, name: str) -> history.Walk | None:
    """Where the history of a file goes on under another name, if the first commit of this one gave it."""
    if not first.parents:
        return None
    parent = first.parents[0]
    if await _entry(site, git_directory, parent, name) is not None:
        return None
    before = await file_history.renamed_from(git_directory, parent, first.hash, name)
    return history.start([parent], path=RepositoryPath(before)) if before else None


async def everything(site: Site, access: Access, start: Start) -> tuple[FilePage, int, Callable[[int], str]]:
    """All of it, to be sorted; how much was shown; and what makes the cursor behind so many.

    Raises Invalid, NotFound or TookTooLong.
    """
    git_directory = await directory(site, access)
    walk, skipped = await _begin(site, access, git_directory, start)
    async with _in_time():
        touched, rest = await file_history.page(git_directory, walk, _MOST_SORTED)
        if rest is not None:
            raise TookTooLong(f"more than {_MOST_SORTED} versions: ask for them unsorted")
        versions = await _described(site, git_directory, touched)
    await _check_found(site, git_directory, walk, versions)
    people = await commits.people(site, [one.commit for one in versions])

    def cursor(number: int) -> str:
        return _sealed(site, access, start, walk, number) or ""

    return FilePage(versions, people, None), skipped, cursor


async def _check_found(site: Site, git_directory: GitDirectory, walk: Walk, versions: list[Version]) -> None:
    """Raise NotFound unless there was such a file. One that only merges brought is in no other commit."""
    if (
        not versions
        and walk.floor is None
        and await _entry(site, git_directory, walk.start, walk.path) is None
    ):
        raise NoSuchPath(f"No such file or directory: {walk.path}")


async def _entry(site: Site, git_directory: GitDirectory, commit: str, path: str) -> Entry | None:
    tree = (await site.objects.commit(git_directory, commit)).tree
    try:
        return await trees.find(site.objects, git_directory, tree, path)
    except NotFound:
        return None


async def _described(site: Site, git_directory: GitDirectory, touched: list[Touched]) -> list[Version]:
    found = await site.objects.commits(git_directory, [one.commit for one in touched])
    files = await trees.files(site.objects, git_directory, [one.entry for one in touched])
    return [Version(commit, file) for commit, file in zip(found, files, strict=True)]


async def _begin(site: Site, access: Access, git_directory: GitDirectory, start: Start) -> tuple[Walk, int]:
    path = RepositoryPath(start.path)
    if start.cursor is None:
        commit = await site.objects.resolve(git_directory, Revision(start.revision))
        entry = await _entry(site, git_directory, commit, start.path)
        if entry is not None and entry.is_directory:
            raise Invalid(f"{start.path} is a directory: commits?path= has its history")
        return file_history.begin(commit, path, renames=start.renames), 0
    packed = cursors.unseal_bytes(site, _listing(access, start), start.cursor)
    try:
        at = msgspec.msgpack.decode(packed, type=_Position)
    except msgspec.DecodeError:
        raise Invalid(cursors.EXPIRED) from None
    walk = Walk(
        start=at.start,
        path=at.path.decode("utf-8", "surrogateescape"),
        renames=at.renames,
        offset=at.offset,
        frontier=at.frontier,
        name=at.name.decode("utf-8", "surrogateescape"),
        floor=at.floor,
        ties=at.ties,
    )
    return walk, at.skipped


def _sealed(site: Site, access: Access, start: Start, walk: Walk | None, skipped: int = 0) -> str | None:
    if walk is None:
        return None
    at = _Position(
        walk.start,
        walk.path.encode("utf-8", "surrogateescape"),
        walk.renames,
        walk.offset,
        walk.frontier,
        walk.name.encode("utf-8", "surrogateescape"),
        walk.floor,
        walk.ties,
        skipped,
    )
    return cursors.seal_bytes(site, _listing(access, start), msgspec.msgpack.encode(at))


def _listing(access: Access, start: Start) -> str:
    return f"filehistory {access.repository.id} {start.renames} {start.path.strip('/')} "


@asynccontextmanager
async def _in_time() -> AsyncGenerator[None, None]:
    try:
        async with asyncio.timeout(_SLOWEST):
            yield
    except TimeoutError:
        raise TookTooLong(f"the history took longer than {_SLOWEST:g} seconds") from None
