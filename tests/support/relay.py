"""A wire between client and server that holds still after so many bytes, so that "half-way" is a moment."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self
from urllib.parse import urlsplit

_PIECE = 64 * 1024


class Relay:
    """Passes everything on until ``limit`` bytes of one connection went one way; then waits for ``let_go``."""

    def __init__(self, server: str, *, up: int | None, down: int | None) -> None:
        parts = urlsplit(server)
        self._target = (parts.hostname, parts.port)
        self._limits = {"up": up, "down": down}
        self._loop = asyncio.new_event_loop()
        self._go = asyncio.Event()
        self.holds = threading.Event()
        self.port = 0

    @classmethod
    @contextmanager
    def to(cls, server: str, *, up: int | None = None, down: int | None = None) -> Iterator[Self]:
        """Run one in front of a server's address; limits are bytes per connection and direction."""
        relay = cls(server, up=up, down=down)
        ready = threading.Event()
        thread = threading.Thread(target=relay._run, args=(ready,))
        thread.start()
        try:
            assert ready.wait(60)
            yield relay
        finally:
            relay._loop.call_soon_threadsafe(relay._loop.stop)
            thread.join()

    def instead_of(self, url: str) -> str:
        """The same address with this wire in between."""
        parts = urlsplit(url)
        return url.replace(f":{parts.port}/", f":{self.port}/", 1)

    def let_go(self) -> None:
        """Pass on what was held, and everything after it."""
        self._loop.call_soon_threadsafe(self._go.set)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._loop.call_soon(ready.set)
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = socket.socket()
        try:
            # Small, so that the server soon has to wait when nothing is taken from here.
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * _PIECE)
            wire.setblocking(False)
            await self._loop.sock_connect(wire, self._target)
            far_reader, far_writer = await asyncio.open_connection(sock=wire)
        except OSError:
            wire.close()
            writer.close()
            return
        try:
            ways = [
                asyncio.ensure_future(self._pass_on(reader, far_writer, "up")),
                asyncio.ensure_future(self._pass_on(far_reader, writer, "down")),
            ]
            # asyncio's streams complain loudly of a connection that is cancelled.
            with suppress(asyncio.CancelledError):
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for task in ways:
                task.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            for end in (writer, far_writer):
                end.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        passed, limit = 0, self._limits[way]
        with suppress(ConnectionError):
            while piece := await reader.read(_PIECE):
                passed += len(piece)
                if limit is not None and passed > limit and not self._go.is_set():
                    self.holds.set()
                    piece += await self._hold(reader, way)
                writer.write(piece)
                await writer.drain()

    async def _hold(self, reader: asyncio.StreamReader, way: str) -> bytes:
        if way == "down":
            # Not a byte more is taken, so the server has to wait.
            await self._go.wait()
            return b""
        kept = b""
        while not self._go.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(0.02):
                    piece = await reader.read(_PIECE)
                    if not piece:
                        raise ConnectionAbortedError("the client has gone")
                    kept += piece
        return kept
