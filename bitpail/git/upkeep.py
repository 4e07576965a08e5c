"""What keeps a Git directory fast: few packs, an index over all of them with bitmaps, a commit graph, packed refs.

Each step leaves a repository that is whole, wherever it is cut off, and git puts
new files in place before it takes old ones away. What no ref reaches stays until
it was found unreachable twice, long apart.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from msgspec import Struct

from bitpail.errors import Conflict, GitError, NotFound, Unavailable
from bitpail.git.command import run
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.environment import Config
from bitpail.git.leftovers import remove_leftovers
from bitpail.git.pushing import LOCK, under_way
from bitpail.git.upkeep_state import State, look

MANY_REFS = 10
"""Loose refs that are worth packing: each costs a look at its file in every discovery."""

# For one git. Nobody waits for it, and a repository of any size must get through.
_LONGEST = 24 * 3600.0

# For another one that holds a directory, in seconds.
_TRIES, _PAUSE = 50, 0.02

_LOCK = 3
"""The descriptor by which a running git holds its directory, also after the server has died."""

# One thread and bounded memory: it runs beside what people wait for.
_MODEST: Config = (
    ("pack.threads", "1"),
    ("pack.windowMemory", "256m"),
    ("pack.writeReverseIndex", "true"),
    ("repack.updateServerInfo", "false"),
)
_NO_ROOM = ("No space left on device", "Out of diskspace", "File too large", "Disk quota exceeded")


class Plan(Struct, frozen=True):
    """``whole``: into one pack. ``expire``: for how many seconds something has been known to be
    unreachable before it is removed; None: it never is. ``locks_age``: seconds after which nobody
    can be at a lock any more. ``marks`` is where pushes note that they are under way: what moves
    refs for us does it too. ``progress`` is told the step that begins.
    """

    whole: bool
    expire: float | None
    locks_age: float
    marks: Path
    progress: Callable[[str], None]


async def maintain(directory: GitDirectory, plan: Plan) -> State:
    """Put everything in order that isn't; return what there is then.

    Raises Conflict if another process on this machine is at it, Unavailable if the disk
    is full, NotFound if the directory goes meanwhile, GitError.
    """
    path = common_directory(directory.path)
    async with _alone(path) as lock:
        is_ours = not directory.adopted and lock >= 0
        await asyncio.to_thread(remove_leftovers, path, of_upkeep=is_ours, locks_age=plan.locks_age)
        state = await look(directory)
        try:
            await _Steps(path, lock, plan).take(state)
            return await look(directory)
        except GitError as error:
            if not path.exists():
                raise NotFound("the repository's directory is gone") from None
            await asyncio.to_thread(remove_leftovers, path, of_upkeep=is_ours)
            if any(words in error.stderr for words in _NO_ROOM):
                raise Unavailable(
                    "no room on the disk to repack; everything is as it was, only slower"
                ) from None
            raise


class _Steps:
    def __init__(self, path: Path, lock: int, plan: Plan) -> None:
        self._path = path
        self._lock = lock
        self._plan = plan

    async def take(self, state: State) -> None:
        """Do what that state wants."""
        whole = self._plan.whole and not (state.is_empty or state.is_lazy) and self._has_room(state.bytes)
        if state.loose_refs >= MANY_REFS or (whole and state.loose_refs):
            await self._pack_refs()
        if whole:
            await self._pack_whole(state)
        elif state.is_partial and state.wants_packing:
            await self._pack_apart()
        elif state.wants_packing:
            await self._pack_newest()
        if not state.is_empty and (whole or state.wants_packing or not state.has_graph):
            await self._write_graph(whole=False)

    async def _pack_refs(self) -> None:
        self._plan.progress("packing refs")
        try:
            # Killed, it would leave its locks, and nobody could push to those refs.
            with under_way(GitDirectory(self._path), self._plan.marks) as noted:
                await self._git("pack-refs", "--all", also={LOCK: noted.descriptor})
                noted.ended_well()
        except GitError as error:
            # A push is at them, or was killed there: the next time will do.
            if not any(name in error.stderr for name in (".lock", "packed-refs.new")):
                raise

    async def _pack_newest(self) -> None:
        """The newest packs and loose objects into one, so that each pack is twice the size of the next."""
        self._plan.progress("packing what is new")
        flags = ("--geometric=2", "--write-midx", "--write-bitmap-index")
        await self._git("repack", "-d", "-l", "-n", "-q", *flags)

    async def _pack_apart(self) -> None:
        self._plan.progress("packing")
        await self._git("repack", "-d", "-l", "-n", "-q", "--cruft", "--cruft-expiration=never")

    async def _pack_whole(self, state: State) -> None:
        if state.is_partial:
            await self._pack_apart()
            return
        # Loose objects too are in a pack then, and have its time.
        await self._pack_newest()
        expire = self._plan.expire
        if expire is not None and not _is_pushed_to(self._path):
            # A graph that names what is gone would be a broken one, so it goes first.
            await self._write_graph(whole=True)
            # The time of an object is that of its pack. Now that they are new, what is
            # found unreachable begins to age today, and not when it was pushed.
            await asyncio.to_thread(_touch_packs, self._path)
            age = f"{max(1, round(expire))}.seconds.ago"
        else:
            age = "never"
        self._plan.progress("packing everything")
        await self._git("repack", "-d", "-l", "-n", "-q", "--cruft", f"--cruft-expiration={age}")
        self._plan.progress("writing bitmaps")
        largest = await asyncio.to_thread(_largest_pack, self._path)
        if largest:
            flags = ("--bitmap", "--no-progress", f"--preferred-pack={largest}")
            await self._git("multi-pack-index", "write", *flags)

    async def _write_graph(self, *, whole: bool) -> None:
        self._plan.progress("writing the commit graph")
        split = "--split=replace" if whole else "--split"
        await self._git("commit-graph", "write", "--reachable", "--changed-paths", split, "--no-progress")

    async def _git(self, command: str, *flags: str, also: Mapping[int, int] | None = None) -> None:
        held = {**({} if self._lock < 0 else {_LOCK: self._lock}), **(also or {})}
        await run(
            self._path,
            command,
            *flags,
            config=_MODEST,
            timeout=_LONGEST,
            descriptors=held,
            background=True,
        )

    def _has_room(self, size: int) -> bool:
        """Whether a copy of everything fits beside it; else only what is new is packed."""
        with suppress(OSError):
            found = os.statvfs(self._path)
            return found.f_bavail * found.f_frsize > size * 1.1
        return True


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[int]:
    """Hold a directory; every git that is given the descriptor holds it too, until it ends.

    -1 where the file system knows no such locks; the database's claim has to do there.
    """
    try:
        descriptor = os.open(path / "objects", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise NotFound("the repository's directory is gone") from None
    try:
        yield descriptor if await _lock(descriptor) else -1
    finally:
        os.close(descriptor)


async def _lock(descriptor: int) -> bool:
    left = _TRIES
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # It may be a git that is just being started and has not closed what is not meant for
            # it, or one that is just being killed.
            left -= 1
            if not left:
                raise Conflict("another process is at it") from None
            await asyncio.sleep(_PAUSE)
        except OSError:
            return False
        else:
            return True


def _is_pushed_to(path: Path) -> bool:
    return any((path / "objects").glob("tmp_objdir-*"))


def _touch_packs(path: Path) -> None:
    at = time.time()
    for pack in (path / "objects" / "pack").glob("*.pack"):
        # What is in a cruft pack has a time of its own, and has aged since.
        if not pack.with_suffix(".mtimes").exists():
            with suppress(FileNotFoundError):
                os.utime(pack, (at, at))


def _largest_pack(path: Path) -> str:
    """From its pack git hands out objects as they lie there."""
    packs = [
        (pack.stat().st_size, pack.name)
        for pack in (path / "objects" / "pack").glob("pack-*.pack")
        if not pack.with_suffix(".mtimes").exists()
    ]
    return max(packs)[1] if packs else ""
