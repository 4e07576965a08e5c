"""A session whose two ways and whose screen are descriptors that somebody else has opened: those of an sshd."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from io import FileIO

from bitpail.ssh.pump import Gate, Incoming, Outgoing


class Pipes:
    """What ``pump.Channel`` asks for, on descriptors 0, 1 and 2 of a command. They are closed at the end."""

    incoming: Incoming
    outgoing: Outgoing

    def __init__(self, descriptors: tuple[int, int, int], lost: Callable[[], None]) -> None:
        self._files = [FileIO(one, mode) for one, mode in zip(descriptors, ("r", "w", "w"), strict=True)]
        self._lost = lost
        self._reading: asyncio.ReadTransport | None = None
        self._writing: asyncio.WriteTransport | None = None

    async def open(self, patience: float) -> None:
        """Begin to read; raises ValueError or OSError for what is neither a pipe nor a socket."""
        loop = asyncio.get_running_loop()
        stdin, stdout, stderr = self._files
        os.set_blocking(stderr.fileno(), False)
        self._writing, writer = await loop.connect_write_pipe(_Writer, stdout)
        self.outgoing = Outgoing(self, Gate(), patience)
        self.incoming = Incoming(self, patience)
        writer.outgoing, writer.lost = self.outgoing, self._lost
        self._reading, _ = await loop.connect_read_pipe(lambda: _Reader(self.incoming), stdin)

    def close(self) -> None:
        """Whatever was written goes out first."""
        # A transport closes its file itself.
        for owner, file in zip((self._reading, self._writing, None), self._files, strict=True):
            if owner is None:
                file.close()
            else:
                owner.close()

    def pause_reading(self) -> None:
        """Take no more from the client for now."""
        if self._reading is not None and not self._reading.is_closing():
            self._reading.pause_reading()

    def resume_reading(self) -> None:
        """Go on."""
        if self._reading is not None and not self._reading.is_closing():
            self._reading.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None) -> None:
        """Beyond so many bytes whoever writes is told to wait."""
        if self._writing is not None:
            self._writing.set_write_buffer_limits(high)

    def write(self, data: bytes) -> None:
        """Send, or keep until it can be sent."""
        if self._writing is not None:
            self._writing.write(data)

    def write_stderr(self, data: bytes) -> None:
        """Lines for the client's screen; dropped if it does not take them."""
        with suppress(OSError):
            os.write(self._files[2].fileno(), data)

    def is_closing(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._writing is None or self._writing.is_closing()

    def abort(self) -> None:
        """End it, whatever was not sent yet."""
        if self._writing is not None:
            self._writing.abort()


class _Reader(asyncio.Protocol):
    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    def data_received(self, data: bytes) -> None:
        self._incoming.put(data)

    def eof_received(self) -> None:
        self._incoming.end()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None:
            self._incoming.end()
        else:
            self._incoming.lose()


class _Writer(asyncio.BaseProtocol):
    outgoing: Outgoing
    lost: Callable[[], None]

    def pause_writing(self) -> None:
        self.outgoing.window.close()

    def resume_writing(self) -> None:
        self.outgoing.window.open()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio calls it so
        self.outgoing.window.lose()
        self.lost()
