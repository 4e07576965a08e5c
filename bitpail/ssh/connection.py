"""One SSH connection: which key was proved, and what may be asked for through it.

A key offered is not a key proved: an offer is answered and forgotten; what a
connection acts as is the key whose signature held.
"""

import asyncio
import base64
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import asyncssh
import structlog
from asyncssh import DisconnectError, SSHKey, SSHServer, SSHServerChannel, SSHServerConnection

from bitpail.errors import BitpailError
from bitpail.model.access import Client
from bitpail.policy.names import printable
from bitpail.services.site import Site
from bitpail.services.ssh_authentication import actor_of, note_use
from bitpail.ssh.pump import Gate
from bitpail.ssh.session import Session

log = structlog.get_logger()

USERNAME = "git"

_MOST_OFFERS = 30
"""Of one connection: an agent may hold many keys."""
_MOST_SESSIONS = 10
_NETWORK_HIGH, _NETWORK_LOW = 512 * 1024, 128 * 1024
_SHA_1 = b"ssh-rsa"


class Connection(SSHServerConnection):
    """``lost`` is called once, at the end."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: asyncssh.SSHServerConnectionOptions,
        lost: Callable[["Connection"], None],
    ) -> None:
        super().__init__(loop, options)
        self.proved: str | None = None
        self.network = Gate()
        self._lost = lost
        self._offers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncssh's own, and the network's pace is heeded."""
        super().connection_made(transport)
        if isinstance(transport, asyncio.WriteTransport):
            transport.set_write_buffer_limits(_NETWORK_HIGH, _NETWORK_LOW)

    def connection_lost(self, exc: Exception | None = None) -> None:
        """Asyncssh's own, and nobody waits for the network any more."""
        super().connection_lost(exc)
        self.network.lose()
        self._lost(self)

    def pause_writing(self) -> None:
        """Asyncssh leaves this out: one that doesn't read would fill our memory."""
        self.network.close()

    def resume_writing(self) -> None:
        """There is room again."""
        self.network.open()

    async def reload_config(self) -> None:
        """There are no files of configuration; asyncssh would start a thread to read none."""

    async def validate_public_key(self, username: str, key_data: bytes, msg: bytes, signature: bytes) -> bool:
        """Whether an offer is worth a proof, or with ``msg`` whether the proof holds."""
        self._offers += 1
        if self._offers > _MOST_OFFERS:
            raise DisconnectError(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "too many keys were offered")
        if msg and _algorithm(signature) == _SHA_1:
            return False
        holds = await super().validate_public_key(username, key_data, msg, signature)
        if holds and msg:
            self.proved = base64.b64encode(sha256(key_data).digest()).decode().rstrip("=")
        return holds

    def create_server_channel(self, *arguments: Any, **options: Any) -> "SSHServerChannel[bytes]":
        """Asyncssh's own, which keeps one variable of the environment and no other."""
        channel = super().create_server_channel(*arguments, **options)
        channel._env = _Environment()  # noqa: SLF001 - there is no other way to bound it
        return channel

    @property
    def client(self) -> Client:
        """Where it comes from, and what the client calls itself."""
        address = self.get_extra_info("peername")
        version = str(self.get_extra_info("client_version") or "")
        return Client(str(address[0]) if address else "", printable(version.removeprefix("SSH-2.0-")[:200]))


class _Environment(dict[bytes, bytes]):
    """A client may send as many variables as it likes."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        if name == b"GIT_PROTOCOL" and len(value) <= 1024:
            super().__setitem__(name, value)


def _algorithm(signature: bytes) -> bytes:
    length = int.from_bytes(signature[:4], "big")
    return signature[4 : 4 + length]


class Owner(SSHServer):
    """Whom asyncssh asks about one connection."""

    def __init__(self, site: Site, welcome: Callable[[Connection], None]) -> None:
        self._site = site
        self._welcome = welcome
        self._sessions = 0
        self._idle: asyncio.TimerHandle | None = None
        self._connection: Connection

    def connection_made(self, conn: SSHServerConnection) -> None:
        """A client has come."""
        if isinstance(conn, Connection):
            self._connection = conn

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh calls it so
        """It has gone."""
        if self._idle is not None:
            self._idle.cancel()

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - asyncssh calls it so
        """Everybody has to prove a key."""
        return True

    def public_key_auth_supported(self) -> bool:
        """The one way there is."""
        return True

    async def validate_public_key(self, username: str, key: SSHKey) -> bool:
        """Whether this key would open anything."""
        if username != USERNAME:
            return False
        try:
            fingerprint = key.get_fingerprint().removeprefix("SHA256:")
            return await actor_of(self._site, fingerprint, self._connection.client) is not None
        except BitpailError as error:
            log.warning("ssh.not_looked_up", reason=error.message)
            return False

    async def auth_completed(self) -> None:
        """The key was proved: from here on it was used."""
        self._welcome(self._connection)
        self._wait_for_sessions()
        if self._connection.proved is not None:
            await note_use(self._site, self._connection.proved, self._connection.client)

    def session_requested(self) -> Session | bool:
        """A session, or False if there are too many."""
        connection = self._connection
        if connection.proved is None or self._sessions >= _MOST_SESSIONS:
            return False
        self._sessions += 1
        if self._idle is not None:
            self._idle.cancel()
        return Session(self._site, connection.proved, connection.client, connection.network, self._ended)

    def _ended(self) -> None:
        self._sessions -= 1
        if not self._sessions:
            self._wait_for_sessions()

    def _wait_for_sessions(self) -> None:
        """A connection that is open for nothing is closed after a while."""
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(self._site.settings.idle_timeout, self._connection.close)
