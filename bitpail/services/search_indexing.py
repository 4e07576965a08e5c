"""Keeping what code search looks at: the main branch of each repository, read again after a push.

On each machine one worker at a time writes; all read. A repository is
searched as of one commit: what a push brings is seen at once, and what is read
for the first time when it is whole.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import structlog
from msgspec import Struct

from bitpail.errors import BitpailError, NotFound
from bitpail.git import tree_changes
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import Revision
from bitpail.git.tree_changes import Change
from bitpail.model.repositories import Repository, RepositoryId
from bitpail.model.workspaces import WorkspaceId
from bitpail.services import repositories, search_marks
from bitpail.services.search_marks import Mark
from bitpail.services.site import Site
from bitpail.store import repositories as repositories_store
from bitpail.store import search_index
from bitpail.store.search_index import SearchIndex

log = structlog.get_logger()
T = TypeVar("T")

_BATCH = 200
_BATCH_BYTES = 1 << 20
_DROPPED_AT_ONCE = 500


class _Read(Struct, frozen=True):
    """A file as it is to be written; ``content`` is None for what the index has, or for what is no text."""

    change: Change
    has_text: bool
    content: str | None


def index_path(site: Site, workspace: WorkspaceId) -> Path:
    """The index of a workspace."""
    return search_marks.place(site) / f"{workspace}.sqlite3"


async def run_due(site: Site) -> None:
    """The chore: whatever is marked, one after the other."""
    if site.settings.search == "off":
        return
    with _turn(site) as is_ours:
        if not is_ours:
            return
        for mark in await asyncio.to_thread(search_marks.take, site):
            await _update(site, mark)


async def sweep(site: Site) -> None:
    """The other chore: mark what nobody told of, and forget what is gone.

    Into adopted directories others may push; what was there before the index has no mark.
    """
    if site.settings.search == "off":
        return
    with _turn(site) as is_ours:
        if not is_ours:
            return
        places = await repositories_store.places(site.db)
        workspaces = {workspace for workspace, _, _ in places}
        listed = await asyncio.to_thread(_listed, search_marks.place(site), workspaces)
        known = {repository for _, repository, _ in places}
        for workspace, repository, is_adopted in places:
            if is_adopted or repository not in listed.get(workspace, ()):
                search_marks.note(site, workspace, repository)
        for workspace, found in listed.items():
            for repository in found - known:
                search_marks.note(site, workspace, repository)


def _listed(place: Path, workspaces: set[WorkspaceId]) -> dict[WorkspaceId, set[RepositoryId]]:
    """What each index has; those of workspaces that are gone go too."""
    found: dict[WorkspaceId, set[RepositoryId]] = {}
    for path in sorted(place.glob("*.sqlite3")):
        workspace = WorkspaceId(path.stem)
        if workspace not in workspaces:
            search_index.delete(path)
            continue
        try:
            with search_index.opened(path) as index:
                found[workspace] = set(index.repositories())
        except BitpailError as error:
            log.warning("search.index_unusable", workspace=workspace, reason=error.message)
    return found


async def _update(site: Site, mark: Mark) -> None:
    began = time.monotonic()
    try:
        number = await _bring_up_to_date(site, mark)
    except (BitpailError, OSError) as error:
        # It stays marked and is tried again.
        log.warning("search.not_indexed", repository=mark.repository, reason=str(error))
        return
    search_marks.done(site, mark)
    if number:
        seconds = round(time.monotonic() - began, 3)
        log.info("search.indexed", repository=mark.repository, files=number, seconds=seconds)


async def _bring_up_to_date(site: Site, mark: Mark) -> int:
    """How many files were written or forgotten."""
    located = await repositories_store.find(site.db, "{}", f"{{{mark.repository}}}", None)
    is_there = located is not None and located.workspace.id == mark.workspace
    found = await _tip(site, located.repository) if located is not None and is_there else None
    path = index_path(site, mark.workspace)
    if not is_there and not path.exists():
        return 0
    async with _Writing(path) as writing:
        old = await writing.do(writing.index.commit_of, mark.repository)
        if found is not None:
            directory, tip = found
            if old == tip:
                return 0
            if old is not None and await _is_there(site, directory, old):
                return await _write(site, writing, mark, directory, old, tip)
        count = await _drop(writing, mark, keep=is_there)
        if found is not None:
            directory, tip = found
            count += await _write(site, writing, mark, directory, None, tip)
        return count


async def _tip(site: Site, repository: Repository) -> tuple[GitDirectory, str] | None:
    """Where a repository lies, and the commit of its main branch; None if there is nothing to be searched."""
    try:
        directory = repositories.code_directory(site, repository)
        return directory, await site.objects.resolve(directory, Revision("HEAD"))
    except NotFound:
        return None


async def _is_there(site: Site, directory: GitDirectory, commit: str) -> bool:
    """A forced push may have dropped it since."""
    try:
        await site.objects.commit(directory, commit)
    except NotFound:
        return False
    return True


class _Writing:
    """An index that is being changed, in one thread of its own: what was begun there ends before it is closed."""

    index: SearchIndex

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search-index")
        self._opening = search_index.written(path)

    async def do(self, work: Callable[..., T], *given: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)

    @asynccontextmanager
    async def inside(self, context: AbstractContextManager[None]) -> AsyncIterator[None]:
        await self.do(context.__enter__)
        try:
            yield
        except BaseException as error:
            await self.do(context.__exit__, type(error), error, error.__traceback__)
            raise
        await self.do(context.__exit__, None, None, None)

    async def __aenter__(self) -> Self:
        opening = asyncio.ensure_future(self.do(self._opening.__enter__))
        try:
            self.index = await asyncio.shield(opening)
        except asyncio.CancelledError:
            # The thread opens it all the same, and nobody else may close it.
            with suppress(BitpailError):
                await opening
                await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self.do(self._opening.__exit__, kind, error, traceback)
        finally:
            self._thread.shutdown(wait=False)


async def _drop(writing: _Writing, mark: Mark, *, keep: bool) -> int:
    """Forget a repository's files; ``keep`` its name, so that it is known to have been looked at."""
    index = writing.index
    number = await writing.do(index.begin, mark.repository)
    await writing.do(index.finish, number, None)
    count = 0

    def some() -> int:
        with index.together():
            return index.drop(number, _DROPPED_AT_ONCE)

    while dropped := await writing.do(some):
        count += dropped
    if not keep:
        await writing.do(index.forget, number)
    return count


async def _write(
    site: Site, writing: _Writing, mark: Mark, directory: GitDirectory, old: str | None, tip: str
) -> int:
    """Bring the index from one commit to another.

    All at once for a repository that is being searched; else in parts, and it can be searched from the end on.
    """
    index, count = writing.index, 0
    number = await writing.do(index.begin, mark.repository)
    whole, each = (nullcontext, index.together) if old is None else (index.together, nullcontext)

    def put(batch: list[_Read]) -> None:
        with each():
            for one in batch:
                _put(index, number, one)

    async with writing.inside(whole()):
        async for batch in _batches(site, writing, directory, old, tip):
            await writing.do(put, batch)
            count += len(batch)
        await writing.do(index.finish, number, tip)
    return count


def _put(index: SearchIndex, number: int, one: _Read) -> None:
    if one.change.blob is None:
        index.remove(number, one.change.path)
    else:
        index.put(number, one.change.path, one.change.blob if one.has_text else None, one.content)


async def _batches(
    site: Site, writing: _Writing, directory: GitDirectory, old: str | None, tip: str
) -> AsyncIterator[list[_Read]]:
    """What changed, with contents, some at a time: never much in memory."""
    waiting: list[Change] = []
    async for change in tree_changes.between(directory, old, tip):
        waiting.append(change)
        if len(waiting) >= _BATCH:
            async for batch in _read(site, writing, directory, waiting):
                yield batch
            waiting = []
    async for batch in _read(site, writing, directory, waiting):
        yield batch


async def _read(
    site: Site, writing: _Writing, directory: GitDirectory, changes: list[Change]
) -> AsyncIterator[list[_Read]]:
    blobs = list(dict.fromkeys(change.blob for change in changes if change.blob is not None))
    unknown = await writing.do(writing.index.unknown, blobs)
    sizes = dict(zip(unknown, await site.objects.sizes(directory, unknown), strict=True))
    for part in _parts(changes, sizes, site.settings.search_file_limit):
        wanted = list(dict.fromkeys(blob for _, blob in part if blob is not None))
        texts: dict[str, str | None] = {}
        for blob, answer in zip(wanted, await site.objects.contents(directory, wanted), strict=True):
            is_text = answer is not None and b"\0" not in answer.data
            texts[blob] = answer.data.decode("utf-8", "replace") if answer and is_text else None
        yield [
            _Read(
                change,
                has_text=texts[blob] is not None if blob else change.blob not in sizes,
                content=texts[blob] if blob else None,
            )
            for change, blob in part
        ]


def _parts(
    changes: list[Change], sizes: dict[str, int | None], limit: int
) -> Iterator[list[tuple[Change, str | None]]]:
    """Changes, each with the blob that has to be read for it, if one has; not many bytes together."""
    part: list[tuple[Change, str | None]] = []
    total = 0
    for change in changes:
        size = sizes.get(change.blob) if change.blob is not None else None
        is_read = size is not None and size <= limit
        part.append((change, change.blob if is_read else None))
        total += size or 0 if is_read else 0
        if total >= _BATCH_BYTES:
            yield part
            part, total = [], 0
    if part:
        yield part


@contextmanager
def _turn(site: Site) -> Iterator[bool]:
    """Whether this worker may; the kernel gives it back when the worker dies."""
    place = search_marks.place(site)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
