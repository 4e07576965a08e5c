"""Reading request bodies: piece by piece with an end, or whole with a limit. Unpacks gzip.

What a client sends is never trusted to end, to be small, or to come at all.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import Receive

from bitpail.errors import BitpailError, Invalid, TooLarge

_PIECE = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS
# Beyond these a client that sends on is cut off.
_DRAINED = 256 << 20
_DRAINED_WITHIN = 20.0


class ClientGone(BitpailError):
    """The client has ended the connection; nobody hears an answer any more."""


class Silent(Invalid):
    """Nothing came for so long that nothing more is waited for: the connection is to be closed."""


class Body:
    """The body of one request as an iterator of unpacked pieces of at most 64 KiB.

    Raises ClientGone, TooLarge (more than ``limit`` bytes, packed or unpacked, 0: no limit), Invalid
    (broken gzip, or nothing came for ``idle_timeout`` seconds). ``finished`` is
    set when all of it was read.
    """

    def __init__(self, receive: Receive, headers: Headers, limit: int, idle_timeout: float) -> None:
        self._receive = receive
        self._encoding = headers.get("content-encoding", "identity").lower()
        self._limit = limit
        self._idle_timeout = idle_timeout
        self.finished = asyncio.Event()
        if self._encoding not in {"identity", "gzip", "x-gzip"}:
            raise Invalid(f"content encoding {self._encoding[:50]!r} is not supported: use gzip or none")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = self._received() if self._encoding == "identity" else self._unpacked()
        total = 0
        async for piece in pieces:
            total += len(piece)
            self._check(total)
            yield piece

    async def whole(self) -> bytes:
        """All of it at once; only with a limit."""
        return b"".join([piece async for piece in self])

    async def drain(self) -> None:
        """Take what still comes, for a while, and forget it.

        A connection that is closed with something unread is reset, and a client that is
        still sending would lose the answer.
        """
        left = _DRAINED
        with suppress(TimeoutError, BitpailError):
            async with asyncio.timeout(_DRAINED_WITHIN):
                async for piece in self._received():
                    left -= len(piece)
                    if left < 0:
                        return

    async def gone(self) -> None:
        """Return when the client has gone, once the body was read."""
        await self.finished.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _check(self, size: int) -> None:
        if self._limit and size > self._limit:
            raise TooLarge(f"the request is larger than {self._limit} bytes")

    async def _received(self) -> AsyncIterator[bytes]:
        total = 0
        while not self.finished.is_set():
            try:
                async with asyncio.timeout(self._idle_timeout):
                    message = await self._receive()
            except TimeoutError:
                raise Silent(f"nothing came for {self._idle_timeout} seconds") from None
            if message["type"] == "http.disconnect":
                raise ClientGone("the client has gone")
            if not message.get("more_body", False):
                self.finished.set()
            if message.get("body"):
                # Packed, too: gzip without end may unpack to nothing.
                total += len(message["body"])
                self._check(total)
                yield message["body"]

    async def _unpacked(self) -> AsyncIterator[bytes]:
        inflate = zlib.decompressobj(_GZIP)
        async for packed in self._received():
            rest = packed
            while rest:
                try:
                    piece = inflate.decompress(rest, _PIECE)
                except zlib.error:
                    raise Invalid("the body is not gzip, though its header says so") from None
                if piece:
                    yield piece
                if inflate.eof:
                    if inflate.unused_data:
                        raise Invalid("there is something after the end of the gzip body")
                    break
                rest = inflate.unconsumed_tail
        # What is left inside after the input has ended: highly packed bodies.
        while not inflate.eof:
            piece = inflate.decompress(inflate.unconsumed_tail, _PIECE)
            if not piece:
                raise Invalid("the gzip body is cut short")
            yield piece
