"""An answer in pieces, with back-pressure, that ends its source when the client goes.

After a client has gone, ASGI's ``send`` does nothing and says nothing, so this
waits for the disconnect beside the sending; otherwise git would compute a pack
for nobody to its end.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.types import Receive, Scope, Send

from bitpail.http.bodies import Body, ClientGone

Headers = list[tuple[bytes, bytes]]


async def started(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same pieces, the first of them already there: what fails early still gets a status."""
    try:
        first = await anext(pieces)
    except StopAsyncIteration:
        first = b""

    async def all_of_them() -> AsyncGenerator[bytes, None]:
        async with aclosing(pieces):
            if first:
                yield first
            async for piece in pieces:
                yield piece

    return all_of_them()


class Stream:
    """The ASGI response."""

    def __init__(
        self,
        status: int,
        headers: Headers,
        pieces: AsyncGenerator[bytes, None],
        body: Body,
        idle_timeout: float,
    ) -> None:
        self.status = status
        self._headers = headers
        self._pieces = pieces
        self._body = body
        self._idle_timeout = idle_timeout

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send everything; raises ClientGone if nobody is there to read it."""
        sending = asyncio.ensure_future(self._send(send))
        watching = asyncio.ensure_future(self._body.gone())
        try:
            await asyncio.wait({sending, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise ClientGone("the client has gone")
            await sending
        finally:
            for task in (sending, watching):
                task.cancel()
            await asyncio.gather(sending, watching, return_exceptions=True)
            await self._pieces.aclose()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self._headers})
        async for piece in self._pieces:
            try:
                async with asyncio.timeout(self._idle_timeout):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except TimeoutError:
                raise ClientGone("the client stopped reading") from None
        await self._body.drain()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
