"""The files in which refs lie, and whether they are still what was read.

A ref that git moves is a rename in its directory, which moves the directory's
time; one that is edited by hand moves its own. So a reading holds while nothing
of directory, loose file, packed-refs and HEAD has another time, size or inode.
What was written just before it was read may be written again without a trace: it
is read again until it is old enough, as git does with its index.
"""

import os
import re
import time
from pathlib import Path

from msgspec import Struct

Stamp = tuple[int, int, int, int]
"""Times of content and inode in nanoseconds, size, inode."""

# What the clocks of file systems and nodes may be off, or tick in.
_WINDOW = 2_000_000_000
_LARGEST_PACKED = 16 << 20
_LARGEST_LOOSE = 4096
# A link is git's affair, and a pipe would never end.
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK

_BAD_NAME = re.compile(rb"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|/\.|\.lock(/|$)|\.$")


class Packed(Struct, frozen=True):
    """Lines of packed-refs as (target, name, what is behind its tags or nothing)."""

    lines: list[tuple[bytes, bytes, bytes]]
    fully_peeled: bool


class _Read(Struct, frozen=True):
    """``stamp`` was taken before the content was read, ``at`` (nanoseconds) before the stamp."""

    stamp: Stamp
    at: int
    content: bytes

    @property
    def settled(self) -> bool:
        """Whether it was old enough when it was read to show every later change."""
        return max(self.stamp[0], self.stamp[1]) < self.at - _WINDOW


class _Directory(Struct, frozen=True):
    read: _Read
    directories: list[bytes]
    files: list[bytes]


class RefFiles(Struct, frozen=True):
    """One reading of all of them. ``broken``: there is what only git should judge.

    ``loose`` maps full names of refs to the content of their files.
    """

    path: Path
    head: bytes
    loose: dict[bytes, bytes]
    packed: Packed
    broken: bool
    directories: dict[bytes, _Directory]
    files: dict[bytes, _Read]
    packed_read: _Read | None
    settled: bool

    def unchanged(self) -> bool:
        """Whether all of it still holds; False also when only another reading could tell."""
        if not self.settled:
            return False
        try:
            for place, directory in self.directories.items():
                if _stamp(place) != directory.read.stamp:
                    return False
            for place, file in self.files.items():
                if _stamp(place) != file.stamp:
                    return False
        except OSError:
            return False
        # Last, as in reading: what leaves the loose files goes there.
        return _stamp_of_packed(self.path) == (self.packed_read.stamp if self.packed_read else None)

    def same(self, other: "RefFiles") -> bool:
        """Whether both say the same."""
        return (
            self.packed is other.packed
            and self.head == other.head
            and self.broken == other.broken
            and self.loose == other.loose
        )


def read(path: Path, width: int, before: RefFiles | None = None) -> RefFiles:
    """Everything, from an earlier reading what has not changed since. ``width``: digits of a hash."""
    reading = _Reading(path, before)
    head = reading.content(os.fsencode(path / "HEAD"))
    loose = reading.loose()
    # Loose refs first: one that is packed meanwhile is then still found in
    # packed-refs, while the other order could miss it.
    packed_read = reading.packed()
    packed: Packed | None
    if before is not None and _content(packed_read) == _content(before.packed_read):
        packed = before.packed
    else:
        packed = _parse(_content(packed_read), width)
    broken = reading.broken or head is None or packed is None or not reading.directories
    return RefFiles(
        path=path,
        head=head or b"",
        loose=loose,
        packed=packed or Packed([], fully_peeled=True),
        broken=broken,
        directories=reading.directories,
        files=reading.files,
        packed_read=packed_read,
        settled=reading.settled and not broken,
    )


def _content(read: _Read | None) -> bytes:
    return read.content if read else b""


class _Reading:
    def __init__(self, path: Path, before: RefFiles | None) -> None:
        self._path = path
        self._before = before
        self.directories: dict[bytes, _Directory] = {}
        self.files: dict[bytes, _Read] = {}
        self.settled = True
        self.broken = False

    def content(self, place: bytes, largest: int = _LARGEST_LOOSE) -> bytes | None:
        """Of HEAD or a loose ref; None when it is not there."""
        before = self._before.files.get(place) if self._before else None
        try:
            found = _read_file(place, before, largest)
        except OSError:
            self.broken = True
            return None
        if found is None:
            self.settled = False
            return None
        self._note(found)
        self.files[place] = found
        return found.content

    def packed(self) -> _Read | None:
        """The content of packed-refs; None when there is none."""
        place = os.fsencode(self._path / "packed-refs")
        try:
            found = _read_file(place, self._before.packed_read if self._before else None, _LARGEST_PACKED)
        except OSError:
            self.broken = True
            return None
        if found is not None:
            self._note(found)
        return found

    def loose(self) -> dict[bytes, bytes]:
        """The content of every loose ref, by its name."""
        contents = {}
        waiting = [(os.fsencode(self._path / "refs"), b"refs/")]
        while waiting:
            place, prefix = waiting.pop()
            directory = self._directory(place)
            if directory is None:
                continue
            self._note(directory.read)
            self.directories[place] = directory
            waiting += [
                (b"%b/%b" % (place, name), b"%b%b/" % (prefix, name)) for name in directory.directories
            ]
            for name in directory.files:
                content = self.content(b"%b/%b" % (place, name))
                if content is not None:
                    contents[prefix + name] = content
        return contents

    def _directory(self, place: bytes) -> _Directory | None:
        before = self._before.directories.get(place) if self._before else None
        at = time.time_ns()
        try:
            stamp = _stamp(place)
            if before is not None and before.read.settled and before.read.stamp == stamp:
                return before
            directories, files = self._entries(place)
        except (FileNotFoundError, NotADirectoryError):
            # Gone while it was read: the directory above has another time now.
            self.settled = False
            return None
        except OSError:
            self.broken = True
            return None
        return _Directory(_Read(stamp, at, b""), directories, files)

    def _entries(self, place: bytes) -> tuple[list[bytes], list[bytes]]:
        directories, files = [], []
        with os.scandir(place) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith(b".") or name.endswith(b".lock"):
                    continue  # git does not see these either
                if entry.is_symlink() or _BAD_NAME.search(name):
                    self.broken = True
                elif entry.is_dir():
                    directories.append(name)
                else:
                    files.append(name)
        return directories, files

    def _note(self, read: _Read) -> None:
        self.settled = self.settled and read.settled


def _stamp(place: bytes | str) -> Stamp:
    found = os.stat(place)  # noqa: PTH116 - once for each loose ref and request
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def _stamp_of_packed(path: Path) -> Stamp | None:
    try:
        return _stamp(f"{path}/packed-refs")
    except FileNotFoundError:
        return None
    except OSError:
        return (0, 0, 0, 0)


def _read_file(place: bytes, before: _Read | None, largest: int) -> _Read | None:
    at = time.time_ns()
    try:
        if before is not None and before.settled and _stamp(place) == before.stamp:
            return before
        descriptor = os.open(place, _FLAGS)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb", buffering=0) as stream:  # noqa: PTH123 - a descriptor is no path
        found = os.fstat(descriptor)
        if found.st_size > largest:
            raise OSError(f"{found.st_size} bytes are more than refs should take")
        content = stream.readall()
    return _Read((found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino), at, content)


_TRAITS = re.compile(rb"# pack-refs with:([^\n]*)\n")
_BAD_IN_PACKED = re.compile(rb"\.\.|@\{|//|/\.|\.lock[/\n]|[./]\n")
_LINES = {
    width: re.compile(
        rb"([0-9a-f]{%d}) (refs/[^\x00-\x20\x7f~^:?*\[\\]+)\n(?:\^([0-9a-f]{%d})\n)?" % (width, width)
    )
    for width in (40, 64)
}


def _parse(content: bytes, width: int) -> Packed | None:
    """None for what git would complain about."""
    traits = _TRAITS.match(content)
    begin = traits.end() if traits else 0
    lines = _LINES[width].findall(content, begin)
    length = sum(len(name) for _, name, _ in lines) + (width + 2) * len(lines)
    length += (width + 2) * sum(1 for _, _, behind in lines if behind)
    if begin + length != len(content) or _BAD_IN_PACKED.search(content, begin):
        return None
    return Packed(lines, fully_peeled=bool(traits and b" fully-peeled " in traits[1] + b" "))
