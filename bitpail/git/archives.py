"""One commit's files as an archive, in pieces, by ``git archive``.

git writes zip and tar; tar is packed here, so that no other program is started
and the same commit makes the same bytes.
"""

import asyncio
import bz2
import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from bitpail.errors import GitError
from bitpail.git.command import start
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import Revision
from bitpail.git.transport import Limits

_GZIP = 16 + zlib.MAX_WBITS
_AT_ONCE = 256 * 1024


class _Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


async def of_commit(
    directory: GitDirectory, commit: str, kind: str, top: str, limits: Limits
) -> AsyncGenerator[bytes, None]:
    """The archive; ``kind`` is zip, tar.gz or tar.bz2, ``top`` the directory in which everything lies.

    Close the iterator (``aclosing``) when it is not read to the end. Raises GitError.
    """
    if kind == "zip":
        async for piece in _archive(directory, commit, "zip", top, limits):
            yield piece
        return
    packer: _Packer = zlib.compressobj(6, wbits=_GZIP) if kind == "tar.gz" else bz2.BZ2Compressor()
    waiting = bytearray()
    async with aclosing(_archive(directory, commit, "tar", top, limits)) as pieces:
        async for piece in pieces:
            waiting += piece
            if len(waiting) >= _AT_ONCE:
                packed = await asyncio.to_thread(packer.compress, bytes(waiting))
                waiting.clear()
                if packed:
                    yield packed
    packed = await asyncio.to_thread(packer.compress, bytes(waiting))
    yield packed + await asyncio.to_thread(packer.flush)


async def _archive(
    directory: GitDirectory, commit: str, kind: str, top: str, limits: Limits
) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limits.timeout
    flags = (f"--format={kind}", f"--prefix={top}/")
    async with start(directory.path, "archive", *flags, revisions=[Revision(commit)], stdin=False) as process:
        while True:
            try:
                async with asyncio.timeout_at(min(deadline, loop.time() + limits.idle)):
                    piece = await process.read()
            except TimeoutError:
                raise GitError("git did not go on in time", stderr=process.stderr) from None
            if not piece:
                break
            yield piece
        status = await process.wait()
        if status:
            raise GitError("git archive failed", status, process.stderr)
