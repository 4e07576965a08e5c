"""The large files that Git LFS keeps beside a repository: one file for each, by repository and SHA-256.

A file gets its name only when all of it is there, has that digest and is on the
disk. What one repository has is never looked for in another.
"""

import asyncio
import errno
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from bitpail.errors import Invalid, TooLarge, Unavailable
from bitpail.model.repositories import RepositoryId

_INCOMING = "incoming"
# Hashing and writing in another thread costs less than it saves only for more than a little.
_AT_ONCE = 1 << 20


class DiskFull(Unavailable):
    """There is no room for the file."""


def path_of(root: Path, repository_id: RepositoryId, oid: str) -> Path:
    """Where an object lies, if it is there; ``oid`` has been checked."""
    return root / repository_id / oid[:2] / oid[2:4] / oid


def size_of(root: Path, repository_id: RepositoryId, oid: str) -> int | None:
    """Its bytes; None if it is not there."""
    try:
        return path_of(root, repository_id, oid).stat().st_size
    except OSError:
        return None


async def receive(
    root: Path, repository_id: RepositoryId, oid: str, pieces: AsyncIterator[bytes], *, limit: int
) -> int:
    """Take an object; return its bytes. Nothing remains of one that breaks off.

    Raises Invalid if it is not what its name says, TooLarge beyond ``limit`` (0: none), DiskFull.
    """
    incoming = root / repository_id / _INCOMING
    try:
        incoming.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=incoming)
    except OSError as error:
        raise _told(error) from error
    temporary = Path(name)
    try:
        try:
            size, digest = await _write(descriptor, pieces, limit)
        finally:
            os.close(descriptor)
        if digest != oid:
            raise Invalid(f"what was sent is not {oid}: its SHA-256 is {digest}")
        target = path_of(root, repository_id, oid)
        await asyncio.to_thread(_name, temporary, target)
    except OSError as error:
        raise _told(error) from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
    return size


async def _write(descriptor: int, pieces: AsyncIterator[bytes], limit: int) -> tuple[int, str]:
    digest, size, waiting = sha256(), 0, bytearray()

    def take(content: bytes) -> None:
        digest.update(content)
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    async for piece in pieces:
        size += len(piece)
        if limit and size > limit:
            raise TooLarge(f"an object may have at most {limit} bytes")
        waiting += piece
        if len(waiting) >= _AT_ONCE:
            await asyncio.to_thread(take, bytes(waiting))
            waiting.clear()
    take(bytes(waiting))
    await asyncio.to_thread(os.fsync, descriptor)
    return size, digest.hexdigest()


def _name(temporary: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(error: OSError) -> Unavailable:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull("there is no room left on the disk of the server")
    return Unavailable("the server cannot keep this object")


async def share(root: Path, source: RepositoryId, target: RepositoryId) -> None:
    """Let another repository have what one has, under second names: a file never changes."""
    await asyncio.to_thread(_share, root / source, root / target)


def _share(source: Path, target: Path) -> None:
    for directory, below, files in os.walk(source):
        if _INCOMING in below:
            below.remove(_INCOMING)
        here = target / Path(directory).relative_to(source)
        for name in files:
            here.mkdir(parents=True, exist_ok=True)
            try:
                os.link(Path(directory) / name, here / name)
            except OSError:  # another file system, or too many names of one file
                shutil.copy2(Path(directory) / name, here / name)


async def sweep(root: Path, *, older_than: float) -> None:
    """Remove what uploads have left that nobody can be at any more; ``older_than`` is seconds."""
    await asyncio.to_thread(_sweep, root, time.time() - older_than)


def _sweep(root: Path, oldest: float) -> None:
    for left in root.glob(f"*/{_INCOMING}/*"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < oldest:
                left.unlink()


async def delete(root: Path, repository_id: RepositoryId) -> None:
    """Everything that a repository has."""
    await asyncio.to_thread(shutil.rmtree, root / repository_id, ignore_errors=True)
