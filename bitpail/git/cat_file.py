"""Kept ``git cat-file`` processes, one for each repository in use.

Asking one costs a fraction of starting git. A process is asked by one caller at
a time, ends when idle, and is thrown away when a caller left in mid-answer.
"""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from bitpail.errors import GitError, NotFound, TooLarge
from bitpail.git.command import Process, start
from bitpail.git.directories import GitDirectory, common_directory

KEPT = 8
IDLE = 5.0
ANSWER_TIMEOUT = 30.0

# What is asked at once fits a pipe, so writing never waits for reading.
BATCH = 400

LARGEST = 8 << 20
"""Commits and tags are small; a name that turns out to be a huge blob is not read to its end."""


class Answer(Struct, frozen=True, gc=False):
    """An object; ``data`` is empty when only its kind was asked for. ``size`` is bytes."""

    hash: str
    kind: str
    data: bytes
    size: int = 0


class Ambiguous(Struct, frozen=True, gc=False):
    """An abbreviation that means more than one object."""


class Asked(Struct):
    """How often a process was asked so far, and for how many objects; nothing but a measure."""

    questions: int = 0
    objects: int = 0


class _Kept:
    """One process with the directory of objects that it has opened."""

    def __init__(self, path: Path) -> None:
        self._objects = common_directory(path) / "objects"
        self._identity = self._look()
        self._process: Process = start(path, "cat-file", "--batch-command", "--buffer")
        self._rest = bytearray()
        self._position = 0
        self.lock = asyncio.Lock()
        self.waiting = 0
        self.closed = False
        self.last_used = 0.0

    def _look(self) -> tuple[int, int]:
        try:
            stat = os.stat(self._objects)  # noqa: PTH116 quicker, and on the way of each request
        except OSError:
            raise NotFound("the repository's directory is gone") from None
        return stat.st_dev, stat.st_ino

    def usable(self) -> bool:
        return not self.closed and self._process.running and self._look() == self._identity

    def close(self) -> None:
        self.closed = True
        self._process.close()

    async def ended(self) -> None:
        await self._process.wait()

    async def ask(self, command: str, names: Sequence[str]) -> list[Answer | Ambiguous | None]:
        """One answer for each name, in order."""
        request = "".join([f"{command} {name}\n" for name in names]) + "flush\n"
        await self._process.write(request.encode())
        with_data = command == "contents"
        answers = [await self._answer(with_data=with_data) for _ in names]
        del self._rest[: self._position]
        self._position = 0
        return answers

    async def _answer(self, *, with_data: bool) -> Answer | Ambiguous | None:
        while (end := self._rest.find(b"\n", self._position)) < 0:
            await self._more()
        header = self._rest[self._position : end].decode("utf-8", "replace")
        self._position = end + 1
        words = header.rsplit(" ", 2)
        if words[-1] == "missing":
            return None
        if words[-1] == "ambiguous":
            return Ambiguous()
        if len(words) != 3:
            raise GitError("git cat-file gave an answer that was not understood", stderr=header)
        size = int(words[2])
        if not with_data:
            return Answer(words[0], words[1], b"", size)
        if size > LARGEST:
            raise TooLarge(f"the object {words[0]} has {size} bytes")
        end = self._position + size
        while len(self._rest) <= end:
            await self._more()
        data = bytes(self._rest[self._position : end])
        self._position = end + 1
        return Answer(words[0], words[1], data, size)

    async def _more(self) -> None:
        piece = await self._process.read()
        if not piece:
            raise GitError("git cat-file ended", await self._process.wait(), self._process.stderr)
        self._rest += piece


class CatFiles:
    """The kept processes of one server process."""

    def __init__(self, kept: int = KEPT, idle: float = IDLE) -> None:
        self._limit = kept
        self._idle = idle
        self._kept: OrderedDict[Path, _Kept] = OrderedDict()
        self._sweep: asyncio.TimerHandle | None = None
        self.asked = Asked()

    async def ask(
        self, directory: GitDirectory, command: str, names: Sequence[str]
    ) -> list[Answer | Ambiguous | None]:
        """Ask ``info`` or ``contents`` for each name; a name must hold no newline."""
        answers: list[Answer | Ambiguous | None] = []
        for first in range(0, len(names), BATCH):
            answers += await self._ask(directory.path, command, names[first : first + BATCH])
        return answers

    async def _ask(self, path: Path, command: str, names: Sequence[str]) -> list[Answer | Ambiguous | None]:
        kept = await self._acquire(path)
        self.asked.questions += 1
        self.asked.objects += len(names)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                return await kept.ask(command, names)
        except BaseException as error:
            # Half of an answer may still be in the pipe: nobody may read on from there.
            kept.close()
            if isinstance(error, TimeoutError | BrokenPipeError):
                raise GitError("git cat-file does not answer") from None
            raise
        finally:
            kept.last_used = asyncio.get_running_loop().time()
            kept.lock.release()

    async def _acquire(self, path: Path) -> _Kept:
        while True:
            kept = self._find(path)
            kept.waiting += 1
            try:
                await kept.lock.acquire()
            finally:
                kept.waiting -= 1
            if kept.usable():
                return kept
            kept.lock.release()

    def _find(self, path: Path) -> _Kept:
        kept = self._kept.get(path)
        if kept is not None and kept.usable():
            self._kept.move_to_end(path)
            return kept
        if kept is not None:
            self._kept.pop(path).close()
        kept = self._kept[path] = _Kept(path)
        self._shrink(self._limit)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(self._idle, self._end_idle)
        return kept

    def _shrink(self, size: int) -> None:
        newest = next(reversed(self._kept))
        for path, kept in list(self._kept.items()):
            if len(self._kept) <= size:
                return
            if path != newest and not _busy(kept):
                del self._kept[path]
                kept.close()

    def _end_idle(self) -> None:
        loop = asyncio.get_running_loop()
        for path, kept in list(self._kept.items()):
            if not _busy(kept) and kept.last_used + self._idle <= loop.time():
                del self._kept[path]
                kept.close()
        self._sweep = loop.call_later(self._idle, self._end_idle) if self._kept else None

    async def close(self) -> None:
        """End all of them and wait until they are gone."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        all_kept = list(self._kept.values())
        self._kept.clear()
        for kept in all_kept:
            kept.close()
        for kept in all_kept:
            await kept.ended()


def _busy(kept: _Kept) -> bool:
    return kept.lock.locked() or kept.waiting > 0
