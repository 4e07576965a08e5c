"""One answer of git for everybody who asks for the same: while it is made, and from a file afterwards.

Knows nothing of rights: whoever asks here was just told that the reader may have
every wanted object. An answer that broke off is nobody's answer.
"""

import asyncio
import os
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from bitpail.errors import BitpailError, GitError, Unavailable
from bitpail.git.clone_files import CloneFiles, Found, OpenFile
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.pools import pool_of
from bitpail.git.transport import Limits, fetch_into

Turn = Callable[[], AbstractAsyncContextManager[None]]
"""Gives what is held while git runs; entering may raise."""

PIECE = 512 * 1024
"""Bytes that are read and sent at once."""

_REMEMBERED = 10_000
_SOON = 600.0


class Wanted(Struct, frozen=True):
    """One request of protocol 2, and under which ``key`` its answer is kept.

    ``repository`` is the id of a repository, or of its wiki. ``is_whole`` if the
    answer has about everything in it; ``is_likely`` if others will ask for the same.
    """

    repository: str
    key: str
    directory: GitDirectory
    request: bytes
    is_whole: bool
    is_likely: bool


class Answer(Struct, frozen=True):
    """``pieces`` are to be closed (``aclosing``) when they are not read to the end; ``length`` if it is known.

    ``has_haves``: the client said that it has something; None if it asked for no objects.
    """

    pieces: AsyncGenerator[bytes, None]
    length: int | None = None
    has_haves: bool | None = None


@dataclass(slots=True)
class Counts:
    """What the cache did since the start; ``bytes`` went out without git having made them for this reader."""

    hits: int = 0
    follows: int = 0
    misses: int = 0
    passed: int = 0
    bytes: int = 0


class CloneCache:
    """One for each server process; several may share the directory ``root``. A ``limit`` of 0 bytes: none."""

    def __init__(self, root: Path, limit: int) -> None:
        self.counts = Counts()
        self._files = CloneFiles(root, limit)
        self._flights: dict[tuple[str, str], _Flight] = {}
        # When something was asked for that was not likely to be asked for again.
        self._asked: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._evicting: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """End every git that writes; what it wrote goes."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._evicting is not None:
            await self._evicting

    def answer(self, wanted: Wanted, limits: Limits, turn: Turn = nullcontext) -> Answer | None:
        """The answer, from a file or while git writes it; None if it should be made for this reader alone.

        ``turn`` is taken by who has git write it, whoever follows.
        """
        if not self._files.limit:
            return None
        found = self._files.find(wanted.repository, wanted.key)
        if found is not None:
            self.counts.hits += 1
            return Answer(self._read(found), found.size)
        name = (wanted.repository, wanted.key)
        flight = self._flights.get(name)
        if flight is not None:
            self.counts.follows += 1
            return Answer(flight.pieces(self.counts))
        flight = self._depart(name, wanted, limits, turn)
        if flight is None:
            self.counts.passed += 1
            return None
        self.counts.misses += 1
        return Answer(flight.pieces(None))

    def forget(self, repository: str) -> None:
        """Remove every answer of a repository, or of a wiki."""
        self._files.forget(repository)

    def sweep(self) -> None:
        """Remove what crashes left, and what is beyond the limit. It looks at every file."""
        self._files.evict()

    def _depart(self, name: tuple[str, str], wanted: Wanted, limits: Limits, turn: Turn) -> "_Flight | None":
        if not wanted.is_likely and not self._is_asked_again(name):
            return None
        size = _size_of_packs(wanted.directory)
        if (wanted.is_whole and size > self._files.limit) or not self._files.has_room(size):
            return None
        try:
            file, path = self._files.begin(wanted.repository)
        except Unavailable:
            return None
        flight = self._flights[name] = _Flight(file)
        flight.task = asyncio.create_task(self._fly(flight, name, wanted, limits, turn, path))
        return flight

    def _is_asked_again(self, name: tuple[str, str]) -> bool:
        now = asyncio.get_running_loop().time()
        before = self._asked.pop(name, now - 2 * _SOON)
        self._asked[name] = now
        if len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        return now - before <= _SOON

    async def _fly(
        self,
        flight: "_Flight",
        name: tuple[str, str],
        wanted: Wanted,
        limits: Limits,
        turn: Turn,
        path: Path,
    ) -> None:
        try:
            growing = fetch_into(flight.file.fileno(), wanted.directory, wanted.request, limits)
            async with turn(), aclosing(growing):
                async for size in growing:
                    flight.grow(size)
            self._files.keep(flight.file, path, wanted.key)
        except BitpailError as error:
            flight.error = error
        except OSError as error:
            flight.error = GitError(f"git could not be started: {error.strerror}")
        except asyncio.CancelledError:
            flight.error = GitError("the server stops")
            raise
        finally:
            del self._flights[name]
            self._files.drop(path)
            flight.end()
        if self._files.wants_eviction and (self._evicting is None or self._evicting.done()):
            self._evicting = asyncio.create_task(asyncio.to_thread(self._files.evict))

    async def _read(self, found: Found) -> AsyncGenerator[bytes, None]:
        at = 0
        while at < found.size:
            piece = await _read_at(found.file, min(PIECE, found.size - at), at)
            at += len(piece)
            self.counts.bytes += len(piece)
            yield piece


class _Flight:
    """An answer that git is writing, and those who read it meanwhile. The last one to leave ends git."""

    task: asyncio.Task[None]

    def __init__(self, file: OpenFile) -> None:
        self.file = file
        self.error: BitpailError | None = None
        self._size = 0
        self._over = False
        self._readers = 0
        self._news = asyncio.Event()

    def grow(self, size: int) -> None:
        """There is so much of it now."""
        self._size = size
        self._tell()

    def end(self) -> None:
        """Nothing more comes."""
        self._over = True
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def pieces(self, counts: Counts | None) -> AsyncGenerator[bytes, None]:
        """All of it, as it comes; raises what went wrong."""
        self._readers += 1
        at = 0
        try:
            while True:
                if at < self._size:
                    piece = await _read_at(self.file, min(PIECE, self._size - at), at)
                    at += len(piece)
                    if counts is not None:
                        counts.bytes += len(piece)
                    yield piece
                elif not self._over:
                    await self._news.wait()
                elif self.error is not None:
                    raise self.error.with_traceback(None)
                else:
                    return
        finally:
            self._readers -= 1
            if not self._readers and not self._over:
                self.task.cancel()


async def _read_at(file: OpenFile, size: int, at: int) -> bytes:
    """Bytes of a file; what lies in memory without a thread."""
    descriptor = file.fileno()
    try:
        in_memory = os.preadv(descriptor, [bytearray(1)], at + size - 1, os.RWF_NOWAIT) == 1
    except OSError:  # it is not, or this file system can't say
        in_memory = False
    if in_memory:
        piece = os.pread(descriptor, size, at)
    else:
        piece = await asyncio.to_thread(os.pread, descriptor, size, at)
    if not piece:
        raise GitError("a file of the clone cache was cut short")
    return piece


def _size_of_packs(directory: GitDirectory) -> int:
    """What it has itself, and what it borrows: an answer may hold both."""
    pool = pool_of(directory.path)
    lenders = [common_directory(directory.path), *([pool] if pool else [])]
    return sum(_packs_in(f"{one}/objects/pack") for one in lenders)


def _packs_in(place: str) -> int:
    total = 0
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.endswith(".pack"):
                    total += entry.stat().st_size
    except OSError:
        return total
    return total
