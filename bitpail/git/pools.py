"""Objects that forks share: a pool for each family of forks, which loses nothing while one of them is there.

A fork borrows from its pool (git's alternates) and from nobody else. What was forked
lends nothing itself: its files are in the pool under a second name, so that it may be
repacked or deleted like any other. A pool serves nobody; what a fork may give away is
judged by the fork's own refs.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from bitpail.errors import Conflict, Invalid, Unavailable
from bitpail.git import plain_config, refs
from bitpail.git.command import run
from bitpail.git.directories import (
    AS_IT_IS,
    LOCAL_UPLOAD_PACK,
    GitDirectory,
    beside,
    delete,
    disk_size,
    place,
    repository_path,
)
from bitpail.git.linked_objects import link_objects
from bitpail.git.refs import Peel
from bitpail.git.revisions import Revision
from bitpail.model.refs import Ref

_FORKS = "forks"
"""In a pool: an empty file for each fork that borrows, named by its id."""

_ALTERNATES = "objects/info/alternates"
_SHARED = ("refs/heads/", "refs/tags/")
_PACKED = "# pack-refs with: peeled fully-peeled sorted \n"
_PAUSE = 0.02
_TRIES = 10
_PATIENCE = 600.0
_SOON = 5.0
_LONGEST = 24 * 3600.0


class Fork(Struct, frozen=True):
    """``pool`` is None if there was nothing to share. ``size`` is what the fork itself takes on the disk."""

    pool: Path | None
    size: int


def pool_path(root: Path, repository_id: str) -> Path:
    """Where the pool lies that was begun with this repository."""
    return repository_path(root, repository_id).with_suffix(".pool.git")


def pool_of(path: Path) -> Path | None:
    """What a repository of ours borrows from; None if it has everything itself."""
    try:
        text = (path / _ALTERNATES).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    found = Path(os.path.normpath(path / "objects" / text)).parent
    return found if found.name.endswith(".pool.git") else None


def can_share(directory: GitDirectory) -> bool:
    """Whether a fork may borrow what this one has: it is ours, and all of it is there or in its pool."""
    path = directory.path
    if directory.adopted or (path / "shallow").exists():
        return False
    if (path / _ALTERNATES).exists() and pool_of(path) is None:
        return False
    return plain_config.read(directory) is not None and not any((path / "objects/pack").glob("*.promisor"))


async def fork(root: Path, source: GitDirectory, source_id: str, fork_id: str, peel: Peel) -> Fork:
    """Make a repository with the branches and tags of ``source``, and with its objects without copying them.

    Killed at any moment it leaves what ``sweep`` removes. Raises Conflict if it is there,
    Unavailable if the source is being packed all the time, GitError.
    """
    path = repository_path(root, fork_id)
    config = plain_config.read(source)
    if config is None:
        raise Conflict("the objects of this repository can't be shared")
    object_format = config.object_format.decode()
    known = await refs.read(source, peel)
    head = (known.head or "refs/heads/main").removeprefix("refs/heads/")
    if not any(ref.name.startswith(_SHARED) for ref in known.refs):
        await _make(path, None, [], head, object_format)
        return Fork(None, await disk_size(path))
    pool = pool_of(source.path) or pool_path(root, source_id)
    for _ in range(_TRIES):
        if not pool.exists():
            await _begin(pool, source, known.refs, source_id, fork_id, object_format)
        async with _held(pool, _PATIENCE) as is_there:
            if is_there:
                await _borrow(pool, source, source_id, path, fork_id, peel, head, object_format)
                break
        # The last fork was deleted in this moment, and the pool with it.
    else:
        raise Unavailable("forks of this repository come and go: try again")
    return Fork(pool, await disk_size(path))


async def _borrow(
    pool: Path,
    source: GitDirectory,
    source_id: str,
    path: Path,
    fork_id: str,
    peel: Peel,
    head: str,
    object_format: str,
) -> None:
    """Make the fork, in a pool that is held."""
    mark = pool / _FORKS / fork_id
    mark.touch()
    try:
        await _bring(pool, source, source_id)
        there = await refs.read(GitDirectory(pool), peel)
        shared = list(_renamed(there.refs, f"refs/{source_id}/", "refs/"))
        await _make(path, pool, shared, head, object_format)
    except BaseException:
        if not path.exists():
            mark.unlink(missing_ok=True)
            await _end_if_unused(pool)
        raise


def _renamed(found: Iterable[Ref], prefix: str, instead: str) -> Iterator[Ref]:
    for ref in found:
        if ref.name.startswith(prefix):
            yield Ref(instead + ref.name.removeprefix(prefix), ref.target, ref.peeled)


async def _begin(
    pool: Path, source: GitDirectory, known: Iterable[Ref], source_id: str, fork_id: str, object_format: str
) -> None:
    """A pool with the files of ``source``. ``known`` was read before: what comes meanwhile is more than that."""
    shared = [ref for ref in known if ref.name.startswith(_SHARED)]
    async with beside(pool) as temporary:
        await _init(temporary, "main", object_format)
        await asyncio.to_thread(link_objects, source.path, temporary)
        _write_refs(temporary, _renamed(shared, "refs/", f"refs/{source_id}/"))
        (temporary / _FORKS).mkdir()
        (temporary / _FORKS / fork_id).touch()
        await asyncio.to_thread(_keep, temporary)
        with suppress(Conflict):  # somebody else forks it in the same moment
            place(temporary, pool)


async def _bring(pool: Path, source: GitDirectory, source_id: str) -> None:
    """Let the pool have what ``source`` has now: only what is new is copied, and once for all forks."""
    refspecs = [f"+{name}*:refs/{source_id}/{name.removeprefix('refs/')}*\n" for name in _SHARED]
    await run(
        pool,
        "fetch",
        *("--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--stdin"),
        LOCAL_UPLOAD_PACK,
        paths=[source.path],
        stdin="".join(refspecs).encode(),
        config=AS_IT_IS,
        timeout=_LONGEST,
    )


async def _make(path: Path, pool: Path | None, shared: list[Ref], head: str, object_format: str) -> None:
    async with beside(path) as temporary:
        await _init(temporary, head, object_format)
        if pool is not None:
            # Relative: the data directory may be moved as a whole.
            there = os.path.relpath(pool / "objects", path / "objects")
            (temporary / _ALTERNATES).parent.mkdir(exist_ok=True)
            (temporary / _ALTERNATES).write_text(f"{there}\n")
            _write_refs(temporary, shared)
        await asyncio.to_thread(_keep, temporary)
        place(temporary, path)


async def _init(path: Path, head: str, object_format: str) -> None:
    flags = (f"--object-format={object_format}", f"--initial-branch={Revision(head).text}")
    await run(None, "init", "--bare", "--quiet", "--template=", *flags, paths=[path])


def _write_refs(path: Path, found: Iterable[Ref]) -> None:
    lines = [_PACKED]
    for ref in sorted(found, key=lambda ref: ref.name.encode("utf-8", "surrogateescape")):
        lines.append(f"{ref.target} {ref.name}\n")
        if ref.peeled != ref.target:
            lines.append(f"^{ref.peeled}\n")
    (path / "packed-refs").write_bytes("".join(lines).encode("utf-8", "surrogateescape"))


def _keep(path: Path) -> None:
    """Have it on the disk before it gets its name. What is linked is there already."""
    for directory, _, files in os.walk(path):
        for name in files:
            if name in {"packed-refs", "alternates", "HEAD", "config"}:
                _sync(Path(directory) / name)
        _sync(Path(directory))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@asynccontextmanager
async def _held(pool: Path, patience: float) -> AsyncIterator[bool]:
    """Hold a pool: nobody else forks from it or removes it. False if it is not there."""
    try:
        descriptor = os.open(pool / _FORKS, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        await _lock(descriptor, patience)
        yield _is_same(pool / _FORKS, descriptor)
    finally:
        os.close(descriptor)


async def _lock(descriptor: int, patience: float) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if loop.time() > until:
                raise Unavailable("many fork this repository at once: try again") from None
            await asyncio.sleep(_PAUSE)
        except OSError:  # some network's file system can't
            return
        else:
            return


def _is_same(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError:
        return False


async def release(pool: Path, fork_id: str) -> bool:
    """Forget a fork that is gone; whether it was the last one, and the pool is gone too.

    Raises Unavailable while somebody forks from it; ``sweep`` will do it.
    """
    async with _held(pool, _SOON) as is_there:
        if not is_there:
            return False
        (pool / _FORKS / fork_id).unlink(missing_ok=True)
        return await _end_if_unused(pool)


async def _end_if_unused(pool: Path) -> bool:
    """Remove a pool, which is held, if nobody borrows from it; whether it is gone."""
    if any((pool / _FORKS).iterdir()):
        return False
    await delete(pool)
    return True


async def sweep(root: Path, before: float) -> list[Path]:
    """Release what borrowers have left that were killed; the pools that went with them.

    ``before``, in seconds since 1970: whoever began to fork earlier is not at it any more.
    """
    gone: list[Path] = []
    for pool in await asyncio.to_thread(pools, root):
        dead = await asyncio.to_thread(_dead, root, pool, before)
        with suppress(Unavailable):
            gone += [pool for fork_id in dead if await release(pool, fork_id)]
    return gone


def pools(root: Path) -> list[Path]:
    """All that there are."""
    return sorted(root.glob("[0-9a-f][0-9a-f]/*.pool.git"))


def _dead(root: Path, pool: Path, before: float) -> list[str]:
    found = []
    with suppress(FileNotFoundError):
        for marker in (pool / _FORKS).iterdir():
            with suppress(FileNotFoundError, Invalid):
                path = repository_path(root, str(UUID(marker.name)))
                if marker.stat().st_mtime < before and not path.exists():
                    found.append(marker.name)
    return found
