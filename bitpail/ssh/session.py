"""One session of a connection: what the client sends and reads, and the command that it asks for."""

import asyncio
from collections.abc import Callable

from asyncssh import SSHServerChannel, SSHServerSession

from bitpail.model.access import Client
from bitpail.services.site import Site
from bitpail.ssh.pump import Gate, Incoming, Outgoing
from bitpail.ssh.serving import Command, serve

START_WITHIN = 30
"""Seconds between the opening of a session and its command."""


class Session(SSHServerSession[bytes]):
    """``fingerprint`` is of the key that was proved; ``ended`` is called at the end."""

    def __init__(
        self, site: Site, fingerprint: str, client: Client, connection: Gate, ended: Callable[[], None]
    ) -> None:
        self._site = site
        self._fingerprint = fingerprint
        self._client = client
        self._connection = connection
        self._ended = ended
        self._line: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._channel: SSHServerChannel[bytes]
        self._incoming: Incoming
        self._outgoing: Outgoing
        self._patience: asyncio.TimerHandle

    def connection_made(self, chan: SSHServerChannel[bytes]) -> None:
        """The channel is open, and nothing was asked yet."""
        idle = self._site.settings.idle_timeout
        self._channel = chan
        self._incoming = Incoming(chan, idle)
        self._outgoing = Outgoing(chan, self._connection, idle)
        self._patience = asyncio.get_running_loop().call_later(START_WITHIN, chan.abort)

    def pty_requested(self, *_: object) -> bool:
        """There are no terminals here."""
        return False

    def shell_requested(self) -> bool:
        """Granted for the greeting alone."""
        return True

    def exec_requested(self, command: str) -> bool:
        """The command line is looked at once the session has started."""
        self._line = command
        return True

    def session_started(self) -> None:
        """Do what was asked."""
        self._patience.cancel()
        self._task = asyncio.create_task(self._run())

    def data_received(self, data: bytes, datatype: object) -> None:  # noqa: ARG002 - asyncssh calls it so
        """A piece from the client."""
        self._incoming.put(data)

    def eof_received(self) -> bool:
        """The client sends no more; it still reads."""
        self._incoming.end()
        return True

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        self._outgoing.window.close()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._outgoing.window.open()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh calls it so
        """The channel is gone, with whatever runs for it."""
        self._patience.cancel()
        self._incoming.lose()
        self._outgoing.window.lose()
        if self._task is not None:
            self._task.cancel()
        self._ended()

    async def _run(self) -> None:
        command = Command(self._fingerprint, self._client, self._line, self._protocol())
        self._channel.exit(await serve(self._site, command, self._incoming, self._outgoing))

    def _protocol(self) -> str | None:
        return (
            self._channel.get_environment_bytes().get(b"GIT_PROTOCOL", b"").decode("ascii", "replace") or None
        )
