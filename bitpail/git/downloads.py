"""Files that are offered beside the code: one directory for each repository, names of our own.

A file is somebody's as long as its uploader lives, which the kernel says, or the
database names it. Anything else is what was left by somebody who was killed.
"""

import asyncio
import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from bitpail.errors import Unavailable
from bitpail.model.repositories import RepositoryId

# Written at once, in a thread: a thread for each little piece would cost more than it writes.
_AT_ONCE = 1 << 20
_TRIES = 5
# Where the kernel can't say who is at a file, only its age tells.
_OLD = 86_400.0


class DiskFull(Unavailable):
    """There is no room for the file."""


def path_of(root: Path, repository_id: RepositoryId, file: str) -> Path:
    """Where a file lies; ``file`` is a name of ours."""
    return root / repository_id / file


class Incoming:
    """A file that is being received. ``file`` is the name that it keeps; ``is_kept``: also if something breaks off."""

    def __init__(self, root: Path, repository_id: RepositoryId) -> None:
        self.file = uuid4().hex
        self.size = 0
        self.is_kept = False
        self._path = path_of(root, repository_id, self.file)
        self._waiting = bytearray()
        try:
            self._descriptor = _create(self._path)
        except OSError as error:
            raise _told(error) from error

    async def write(self, piece: bytes) -> None:
        """Take some more; raises DiskFull."""
        self.size += len(piece)
        self._waiting += piece
        if len(self._waiting) >= _AT_ONCE:
            await self._flush()

    async def finish(self) -> None:
        """Have it on the disk; raises DiskFull."""
        await self._flush()
        try:
            await asyncio.to_thread(_sync, self._descriptor, self._path.parent)
        except OSError as error:
            raise _told(error) from error

    async def _flush(self) -> None:
        content, self._waiting = bytes(self._waiting), bytearray()
        try:
            await asyncio.to_thread(_write, self._descriptor, content)
        except OSError as error:
            raise _told(error) from error

    def close(self) -> None:
        """It is the database's from now on, or was removed."""
        os.close(self._descriptor)


@contextmanager
def incoming(root: Path, repository_id: RepositoryId) -> Iterator[Incoming]:
    """Receive one file. Whatever breaks off leaves nothing."""
    made = Incoming(root, repository_id)
    try:
        yield made
    except BaseException:
        if not made.is_kept:
            remove(root, repository_id, made.file)
        raise
    finally:
        made.close()


def _create(path: Path) -> int:
    for _ in range(_TRIES):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            continue  # an empty directory was just swept away
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync(descriptor: int, directory: Path) -> None:
    os.fsync(descriptor)
    above = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(above)
    finally:
        os.close(above)


def _told(error: OSError) -> Unavailable:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return DiskFull("there is no room left on the disk of the server")
    return Unavailable("the server cannot keep this file")


def remove(root: Path, repository_id: RepositoryId, file: str) -> None:
    """Remove one; that it is not there is no error."""
    with suppress(FileNotFoundError):
        path_of(root, repository_id, file).unlink()


async def abandoned(root: Path) -> dict[RepositoryId, list[str]]:
    """Files at which nobody is, by repository. Whether they are wanted only the database knows: ask it afterwards."""
    return await asyncio.to_thread(_abandoned, root)


def _abandoned(root: Path) -> dict[RepositoryId, list[str]]:
    found: dict[RepositoryId, list[str]] = {}
    with suppress(FileNotFoundError):
        for directory in root.iterdir():
            with suppress(FileNotFoundError, NotADirectoryError):
                files = [file.name for file in directory.iterdir() if _is_abandoned(file)]
                found[RepositoryId(directory.name)] = files
    return found


def _is_abandoned(file: Path) -> bool:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return os.fstat(descriptor).st_mtime < time.time() - _OLD
    finally:
        os.close(descriptor)
    return True


def tidy(root: Path, repository_id: RepositoryId) -> None:
    """Remove a directory in which nothing is left."""
    with suppress(OSError):
        (root / repository_id).rmdir()


async def delete(root: Path, repository_id: RepositoryId) -> None:
    """Everything that a repository has."""
    await asyncio.to_thread(shutil.rmtree, root / repository_id, ignore_errors=True)
