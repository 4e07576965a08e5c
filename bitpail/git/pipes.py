"""The two ends of a pipe, read and written without stopping the event loop.

Each end owns its file descriptor and closes it once. Nothing is buffered here,
so whoever writes waits for whoever reads.
"""

import asyncio
import os
from collections.abc import Callable

PIECE = 65536
"""The most that is read at once: what a pipe holds."""


class _End:
    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None

    async def _ready(
        self, add: Callable[[int, Callable[[], None]], object], remove: Callable[[int], object]
    ) -> None:
        waiter = self._loop.create_future()
        self._waiter = waiter
        descriptor = self._descriptor
        add(descriptor, self._wake)
        try:
            await waiter
        finally:
            self._waiter = None
            if self._descriptor == descriptor:
                remove(descriptor)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @property
    def closed(self) -> bool:
        return self._descriptor < 0

    def close(self) -> None:
        """Give the descriptor back; a reader that waits sees the end, a writer a broken pipe."""
        if self.closed:
            return
        self._loop.remove_reader(self._descriptor)
        self._loop.remove_writer(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1
        self._wake()


class ReadEnd(_End):
    """Where the bytes come out."""

    async def read(self, size: int = PIECE) -> bytes:
        """At most ``size`` bytes as soon as there are some; nothing at the end."""
        while not self.closed:
            try:
                return os.read(self._descriptor, size)
            except BlockingIOError:
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
        return b""

    def read_now(self, size: int = PIECE) -> bytes | None:
        """What is there already; None when there is nothing yet."""
        try:
            return b"" if self.closed else os.read(self._descriptor, size)
        except BlockingIOError:
            return None

    def watch(self, callback: Callable[[], None]) -> None:
        """Call back whenever there is something, until the end is closed."""
        self._loop.add_reader(self._descriptor, callback)


class WriteEnd(_End):
    """Where the bytes go in."""

    async def write(self, data: bytes | memoryview) -> None:
        """Write all of it, waiting while the pipe is full; BrokenPipeError when nobody reads."""
        rest = memoryview(data)
        while rest:
            if self.closed:
                raise BrokenPipeError
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)
