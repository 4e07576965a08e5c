"""The objects that a push really sent, as against those that it only names.

Git does not write down what it has already, and completes a thin pack with objects
that the client may never have seen. So the pack is counted, and while it is small
copied, as it passes by.
"""

import bisect
import heapq
import mmap
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from struct import unpack_from

from bitpail.errors import GitError, Invalid, TooLarge
from bitpail.git.command import start
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.hooks import PER_PUSH
from bitpail.wire import packet_lines

# git's own receive.unpackLimit: packs of fewer objects are taken apart.
_UNPACKED_BELOW = 100
_HEADER = 12
_IN_MEMORY = 1 << 20
_NAMES = 8 + 256 * 4
_FLUSH = 0


_Copy = tempfile.SpooledTemporaryFile[bytes]


class SentPack:
    """What passes from one client to ``receive-pack``. ``place`` takes a copy too large for memory; close it.

    ``limit`` is the most bytes that may come before the pack: names of refs, which git holds in memory.
    """

    def __init__(self, place: Path, limit: int, *, is_large: bool) -> None:
        self._place = place
        self._limit = limit
        self._before = 0
        self._is_broken = False
        self._head = bytearray()
        self._flushes = 1
        self._copy = None if is_large else _Copy(max_size=_IN_MEMORY, dir=str(place))
        self._has_begun = False
        self._number: int | None = None
        self.size = 0
        """Bytes of the pack so far."""

    def close(self) -> None:
        """Forget the copy."""
        if self._copy is not None:
            self._copy.close()

    async def passing(self, body: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The same bytes; raises TooLarge."""
        async for piece in body:
            self._see(piece)
            yield piece

    def names(self, quarantine: Path, size: int) -> "SentNames":
        """What was sent and is new; of a pack that stays one also what is not. A name has ``size`` bytes."""
        return SentNames([*quarantine.glob("pack/*.idx")], size, self._number, _loose(quarantine))

    async def names_of_copy(self, directory: GitDirectory, size: int) -> "SentNames":
        """All that was sent in a pack that git has taken apart; raises GitError."""
        if self._copy is None or not self._number:
            return SentNames([], size, self._number)
        with tempfile.TemporaryDirectory(prefix=PER_PUSH, dir=self._place) as made:
            await _index(directory, self._copy, Path(made))
            return SentNames([*Path(made).glob("pack/*.idx")], size, self._number)

    def _see(self, piece: bytes) -> None:
        if self._has_begun:
            self._keep(piece)
            return
        self._before += len(piece)
        if self._before > self._limit + len(piece):
            raise TooLarge(f"what comes before the pack is longer than {self._limit} bytes")
        if self._is_broken:
            return
        self._head += piece
        if not self._pass_commands() or len(self._head) < _HEADER:
            return
        self._has_begun = True
        pack = bytes(self._head)
        if pack.startswith(b"PACK"):
            self._number = int.from_bytes(pack[8:_HEADER], "big")
        if self._number is None or self._number >= _UNPACKED_BELOW:
            self._drop()
        self._keep(pack)
        self._head.clear()

    def _keep(self, piece: bytes) -> None:
        self.size += len(piece)
        if self._copy is not None:
            try:
                self._copy.write(piece)
            except OSError:  # a full disk: git will say so, or needs less room than this
                self._drop()

    def _drop(self) -> None:
        with suppress(OSError):
            self.close()
        self._copy = None

    def _pass_commands(self) -> bool:
        """Whether all of the lines before the pack are here. Lines that git will not understand are never over."""
        while self._flushes and len(self._head) >= 4:
            try:
                length = packet_lines.length(bytes(self._head[:4]))
            except Invalid:
                self._is_broken = True
                return False
            if length == _FLUSH:
                self._flushes -= 1
                del self._head[:4]
                continue
            if len(self._head) < length:
                return False
            _, _, capabilities = self._head[4:length].partition(b"\0")
            # Its values follow in lines of their own.
            self._flushes += b"push-options" in capabilities.split()
            del self._head[: max(length, 4)]
        return not self._flushes


class SentNames:
    """Holds as much of them as is asked for: an index of a million names stays a file."""

    def __init__(
        self, indexes: Sequence[Path], size: int, number: int | None, loose: frozenset[bytes] = frozenset()
    ) -> None:
        self._size = size
        self._loose = loose
        self._maps = [_mapped(path) for path in indexes]
        self._added = set[bytes]()
        for index in self._maps:
            self._added |= self._not_sent(index, number)

    def without(self, names: Sequence[bytes]) -> list[bytes]:
        """Those that were not sent."""
        return [name for name in names if name in self._added or not self._has(name)]

    def _has(self, name: bytes) -> bool:
        return name in self._loose or any(self._is_in(index, name) for index in self._maps)

    def _is_in(self, index: mmap.mmap, name: bytes) -> bool:
        low = unpack_from(">I", index, 8 + 4 * (name[0] - 1))[0] if name[0] else 0
        high = unpack_from(">I", index, 8 + 4 * name[0])[0]
        at = bisect.bisect_left(range(high), name, low, key=lambda number: self._name(index, number))
        return at < high and self._name(index, at) == name

    def _name(self, index: mmap.mmap, number: int) -> bytes:
        return index[_NAMES + number * self._size : _NAMES + (number + 1) * self._size]

    def _not_sent(self, index: mmap.mmap, number: int | None) -> set[bytes]:
        """What git added: it stands behind everything else."""
        count = unpack_from(">I", index, _NAMES - 4)[0]
        if number is None:
            return {self._name(index, at) for at in range(count)}
        if count <= number:
            return set()
        offsets = _NAMES + count * (self._size + 4)
        last = heapq.nlargest(
            count - number, ((_offset(index, offsets, count, at), at) for at in range(count))
        )
        return {self._name(index, at) for _, at in last}


async def _index(directory: GitDirectory, pack: _Copy, place: Path) -> None:
    pack.seek(0)
    env = {
        "GIT_OBJECT_DIRECTORY": str(place),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(common_directory(directory.path) / "objects"),
    }
    async with start(directory.path, "index-pack", "--stdin", "--fix-thin", env=env) as process:
        with suppress(BrokenPipeError):  # its status tells why
            while piece := pack.read(_IN_MEMORY):
                await process.write(piece)
        process.close_stdin()
        while await process.read():
            pass
        if status := await process.wait():
            raise GitError("git index-pack failed", status, process.stderr)


def _offset(index: mmap.mmap, offsets: int, count: int, at: int) -> int:
    offset: int = unpack_from(">I", index, offsets + 4 * at)[0]
    if offset < 1 << 31:
        return offset
    large: int = unpack_from(">Q", index, offsets + 4 * count + 8 * (offset & 0x7FFFFFFF))[0]
    return large


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _loose(quarantine: Path) -> frozenset[bytes]:
    return frozenset(
        bytes.fromhex(path.parent.name + path.name) for path in quarantine.glob("[0-9a-f][0-9a-f]/*")
    )
