"""Answers of ``upload-pack`` as files: found, kept, dropped, and never more of them than a limit.

A file gets its name when git has ended well, and ends with its own length; whatever
a crash leaves is neither found nor kept. Anybody may delete any of them at any time:
who reads one holds it open.
"""

import os
import re
import shutil
import struct
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from bitpail.errors import Unavailable

_TRAILER = struct.Struct(">8sQ")
_MAGIC = b"bitpail1"
_END = b"0000"
_UNFINISHED = re.compile(r"\.([0-9]+)-([0-9]+)-[0-9]+")

# What other programs find free on the disk whatever the cache does.
_LEFT_FREE = 256 << 20


class OpenFile:
    """A file that is closed when nobody holds it any more: an answer may be dropped before it was begun."""

    def __init__(self, path: str, flags: int) -> None:
        self._descriptor = -1
        self._descriptor = os.open(path, flags, 0o600)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def fileno(self) -> int:
        """Its number, as long as this object is held."""
        return self._descriptor


class Found(Struct, frozen=True):
    """An open file and the length of the answer in it."""

    file: OpenFile
    size: int


class CloneFiles:
    """The directory ``root``: one below it for each repository, and in that one file for each answer.

    ``limit`` is bytes of all of them. Several processes may share it.
    """

    def __init__(self, root: Path, limit: int) -> None:
        self.root = root
        self.limit = limit
        self._made = 0
        # The first one looks at what is there.
        self._unseen = limit
        self._process = f"{os.getpid()}-{_began(os.getpid())}"

    def find(self, repository: str, key: str) -> Found | None:
        """The answer, and that it was used now; None if there is no whole one."""
        path = f"{self.root}/{repository}/{key}"
        with suppress(OSError):
            file = OpenFile(path, os.O_RDONLY)
            length = os.fstat(file.fileno()).st_size - _TRAILER.size
            if length > 0 and os.pread(file.fileno(), _TRAILER.size, length) == _trailer(length):
                os.utime(file.fileno())
                return Found(file, length)
            os.unlink(path)  # noqa: PTH108 - on the way of each clone
        return None

    def has_room(self, wanted: int) -> bool:
        """Whether the disk has so many bytes, and some more."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            disk = os.statvfs(self.root)
        except OSError:
            return False
        return disk.f_bavail * disk.f_frsize > wanted + min(_LEFT_FREE, disk.f_blocks * disk.f_frsize // 20)

    def begin(self, repository: str) -> tuple[OpenFile, Path]:
        """A new file to write to, which nobody finds; raises Unavailable."""
        self._made += 1
        path = self.root / repository / f".{self._process}-{self._made}"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = OpenFile(str(path), os.O_RDWR | os.O_CREAT | os.O_EXCL)
        except OSError as error:
            raise Unavailable(f"nothing can be written to the cache: {error.strerror}") from None
        return file, path

    def keep(self, file: OpenFile, path: Path, key: str) -> bool:
        """Let the finished answer be found, if it is whole; otherwise nothing stays of it."""
        descriptor = file.fileno()
        try:
            size = os.fstat(descriptor).st_size
            if size <= self.limit and os.pread(descriptor, len(_END), max(0, size - len(_END))) == _END:
                os.pwrite(descriptor, _trailer(size), size)
                path.rename(path.parent / key)
                self._unseen += size
                return True
        except OSError:
            pass
        self.drop(path)
        return False

    def drop(self, path: Path) -> None:
        """Remove what was begun."""
        with suppress(OSError):
            path.unlink()

    def forget(self, repository: str) -> None:
        """Remove every answer of a repository."""
        shutil.rmtree(self.root / repository, ignore_errors=True)

    @property
    def wants_eviction(self) -> bool:
        """Whether so much was written that the limit may be passed."""
        return self._unseen > self.limit // 32

    def evict(self) -> None:
        """Remove what was not used for longest until the rest is within the limit; and what crashes left."""
        self._unseen = 0
        found = []
        for path in self.root.glob("*/*"):
            with suppress(OSError):
                if (match := _UNFINISHED.fullmatch(path.name)) and _began(int(match[1])) != int(match[2]):
                    path.unlink()
                    continue
                status = path.stat()
                if match is None:
                    found.append((status.st_mtime_ns, status.st_blocks * 512, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found, key=lambda entry: entry[0]):
            if total <= self.limit:
                break
            self.drop(path)
            total -= size
        for directory in self.root.glob("*"):
            with suppress(OSError):
                directory.rmdir()  # only an empty one goes


def _trailer(length: int) -> bytes:
    return _TRAILER.pack(_MAGIC, length)


def _began(pid: int) -> int:
    """When a process began, in ticks; with its number it is one that no other process has. 0: there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return 0
    return int(status.rpartition(")")[2].split()[19])
