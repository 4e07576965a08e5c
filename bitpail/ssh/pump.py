"""Bytes of one SSH session, both ways, with flat memory.

Whoever reads waits for the client and whoever writes waits for it too; neither
waits longer than the idle limit. Nothing here knows what the bytes mean.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

_HELD = 512 * 1024
"""Bytes that are taken from a client before somebody has read them."""
_LOW = _HELD // 2
_SENT_AHEAD = 512 * 1024


class Channel(Protocol):
    """What asyncssh has for one session, as far as it is used: both ways to a client, and its screen."""

    def pause_reading(self) -> None:
        """Take no more from the client for now."""

    def resume_reading(self) -> None:
        """Go on."""

    def set_write_buffer_limits(self, high: int | None = None) -> None:
        """Beyond so many bytes that the client hasn't taken, whoever writes is told to wait."""

    def write(self, data: bytes) -> None:
        """Send, or keep until it can be sent."""

    def write_stderr(self, data: bytes) -> None:
        """Lines for the client's screen."""

    def is_closing(self) -> bool:
        """Whether nothing can be sent any more."""

    def abort(self) -> None:
        """End it, whatever was not sent yet."""


class Gone(Exception):
    """The client has left, or it neither sends nor reads for too long."""


class Gate:
    """Open, or closed until somebody opens it again; for good when the client is gone."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._gone = False

    def close(self) -> None:
        """Nobody passes for now."""
        if not self._gone:
            self._open.clear()

    def open(self) -> None:
        """Everybody passes."""
        self._open.set()

    def lose(self) -> None:
        """Nobody ever passes again."""
        self._gone = True
        self._open.set()

    async def passed(self, patience: float) -> None:
        """Wait until it is open; raises Gone."""
        if not self._open.is_set():
            try:
                async with asyncio.timeout(patience):
                    await self._open.wait()
            except TimeoutError:
                raise Gone from None
        if self._gone:
            raise Gone


class Incoming:
    """What a client sends, as an iterator of pieces; it ends when the client says so."""

    def __init__(self, channel: Channel, patience: float) -> None:
        self._channel = channel
        self._patience = patience
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._paused = False
        self._ended = False
        self._something = Gate()
        self._something.close()

    def put(self, piece: bytes) -> None:
        """The next piece has come."""
        self._pieces.append(piece)
        self._size += len(piece)
        self._something.open()
        if self._size > _HELD and not self._paused:
            self._paused = True
            self._channel.pause_reading()

    def end(self) -> None:
        """Nothing more comes."""
        self._ended = True
        self._something.open()

    def lose(self) -> None:
        """The client is gone."""
        self._something.lose()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        await self._something.passed(self._patience)
        if not self._pieces:
            raise StopAsyncIteration
        piece = self._pieces.popleft()
        self._size -= len(piece)
        if not self._pieces and not self._ended:
            self._something.close()
        if self._paused and self._size <= _LOW:
            self._paused = False
            self._channel.resume_reading()
        return piece


class Outgoing:
    """What goes to a client. ``window`` closes while it reads too slowly, ``connection`` while its network does."""

    def __init__(self, channel: Channel, connection: Gate, patience: float) -> None:
        self.window = Gate()
        self._channel = channel
        self._connection = connection
        self._patience = patience
        channel.set_write_buffer_limits(_SENT_AHEAD)

    async def send(self, piece: bytes) -> None:
        """Wait until there is room, and send; raises Gone."""
        await self.window.passed(self._patience)
        await self._connection.passed(self._patience)
        self._channel.write(piece)

    def say(self, text: str) -> None:
        """Lines for whoever sits before the client's screen."""
        if not self._channel.is_closing():
            self._channel.write_stderr(text.encode())

    def abort(self) -> None:
        """There is nobody to send to."""
        self._channel.abort()

    async def flush(self) -> None:
        """Wait until everything has been sent; raises Gone."""
        self._channel.set_write_buffer_limits(0)
        await self.window.passed(self._patience)
