"""The SSH server of one process: its options, who is connected, the start and the end.

It runs in a process of its own: encryption of a large clone would make every
request over HTTP wait.
"""

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from socket import socket

import asyncssh
import structlog
import uvloop

from bitpail.http import logs
from bitpail.services import host_keys
from bitpail.services.metrics import Publisher
from bitpail.services.site import Site, open_site
from bitpail.settings import Settings
from bitpail.ssh.connection import Connection, Owner
from bitpail.ssh.local import LocalDoor

log = structlog.get_logger()

LOGIN_WITHIN = 30
"""Seconds that a client has to prove a key."""
_MOST_UNPROVED = 100
_KEEP_ALIVE = 60

# What costs least at the same strength comes first; the client has the last word.
_ENCRYPTION = [
    *("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"),
    *("aes256-ctr", "aes192-ctr", "aes128-ctr"),
]
_MACS = [
    *("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512"),
]


class Door:
    """Opened on a socket that listens, and closed again."""

    def __init__(self, site: Site, listening: socket) -> None:
        self._site = site
        self._listening = listening
        self._connections: set[Connection] = set()
        # In the order of their arrival.
        self._unproved: dict[Connection, None] = {}
        self._server: asyncio.Server
        self._empty = asyncio.Event()
        self._options: asyncssh.SSHServerConnectionOptions

    async def open(self) -> None:
        """Serve whoever connects."""
        self._options = await self._make_options()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: self._arrived(loop), sock=self._listening)

    async def close(self, patience: float) -> None:
        """Take nobody in any more, let those there finish for so many seconds, then end them."""
        self._server.close()
        self._empty.clear()
        for connection in list(self._unproved):
            connection.abort()
        if self._connections:
            try:
                async with asyncio.timeout(patience):
                    await self._empty.wait()
            except TimeoutError:
                log.info("ssh.cut", connections=len(self._connections))
        left = list(self._connections)
        for connection in left:
            connection.abort()
        await asyncio.gather(*(connection.wait_closed() for connection in left), return_exceptions=True)

    async def _make_options(self) -> asyncssh.SSHServerConnectionOptions:
        options: asyncssh.SSHServerConnectionOptions = await asyncssh.SSHServerConnectionOptions.construct(
            server_factory=lambda: Owner(self._site, self._proved),
            server_host_keys=[str(path) for path in host_keys.paths(self._site.settings.data_path)],
            send_server_host_keys=True,
            server_version="Bitpail",
            public_key_auth=True,
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
            allow_pty=False,
            line_editor=False,
            x11_forwarding=False,
            agent_forwarding=False,
            allow_scp=False,
            encoding=None,
            encryption_algs=_ENCRYPTION,
            mac_algs=_MACS,
            compression_algs=["none"],
            login_timeout=LOGIN_WITHIN,
            keepalive_interval=_KEEP_ALIVE,
            keepalive_count_max=3,
        )
        return options

    def _arrived(self, loop: asyncio.AbstractEventLoop) -> Connection:
        connection = Connection(loop, self._options, self._left)
        self._connections.add(connection)
        self._unproved[connection] = None
        if (
            len(self._unproved) > _MOST_UNPROVED
            or len(self._connections) > self._site.settings.ssh_connections
        ):
            # The one that has taken longest to prove a key: a client that means it is done in a moment.
            next(iter(self._unproved)).abort()
        return connection

    def _proved(self, connection: Connection) -> None:
        self._unproved.pop(connection, None)

    def _left(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if self._unproved.pop(connection, connection) is None:
            client = connection.client
            log.info("ssh.not_authenticated", address=client.address, agent=client.agent)
        if not self._connections:
            self._empty.set()


def run(settings: Settings, listening: socket | None, local: socket | None) -> None:
    """Serve until SIGTERM or until the process that started this one is gone; ``local`` is for an sshd."""
    logs.configure(settings.log_level)
    # Ctrl-C reaches all processes of a terminal; the first one tells us when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for one in filter(None, (listening, local)):
        one.set_inheritable(False)
    uvloop.run(_serve(settings, listening, local))


async def _serve(settings: Settings, listening: socket | None, local: socket | None) -> None:
    stopped: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    _watch(lambda patience: None if stopped.done() else stopped.set_result(patience), settings.graceful_stop)
    site = await open_site(settings)
    publishing = asyncio.create_task(Publisher(site).run())
    try:
        doors: list[Door | LocalDoor] = []
        if listening is not None:
            doors.append(Door(site, listening))
        if local is not None:
            doors.append(LocalDoor(site, local))
        for door in doors:
            await door.open()
        patience = await stopped
        await asyncio.gather(*(door.close(patience) for door in doors))
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        await site.close()


def _watch(stop: Callable[[float], None], graceful: float) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop, graceful)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def orphaned() -> None:
            loop.remove_reader(parent.sentinel)
            stop(0)

        loop.add_reader(parent.sentinel, orphaned)
