"""The door for an sshd of this machine: a socket in the data directory, for processes of our own user only.

sshd has proved the key. ``bitpail ssh authorized-keys`` asks here whether a key opens anything, and
``bitpail ssh command`` hands over the descriptors of the client, so that no byte of a clone passes
through it. See sshd_config(5), AuthorizedKeysCommand.
"""

import asyncio
import os
import socket
import struct
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from bitpail.errors import BitpailError
from bitpail.model.access import Client
from bitpail.services.site import Site
from bitpail.services.ssh_authentication import actor_of, note_use
from bitpail.ssh.pipes import Pipes
from bitpail.ssh.serving import Command, serve

log = structlog.get_logger()

_LONGEST = 64 * 1024
_DESCRIPTORS = 3
_ASK_WITHIN = 10.0
_CREDENTIALS = struct.Struct("3i")


class Asked(msgspec.Struct, frozen=True):
    """What comes over the socket, as JSON. With ``line`` or a shell wanted there are three descriptors beside it."""

    fingerprint: str
    does: str
    """``look-up`` or ``command``."""
    line: str | None = None
    protocol: str | None = None
    address: str = ""


class LocalDoor:
    """Opened on a socket that listens (SOCK_SEQPACKET), and closed again."""

    def __init__(self, site: Site, listening: socket.socket) -> None:
        self._site = site
        self._listening = listening
        self._tasks = set[asyncio.Task[None]]()

    async def open(self) -> None:
        """Serve whoever connects."""
        self._listening.setblocking(False)  # noqa: FBT003 - socket has it so
        asyncio.get_running_loop().add_reader(self._listening, self._arrived)

    async def close(self, patience: float) -> None:
        """Take nobody in any more, let those there finish for so many seconds, then end them."""
        asyncio.get_running_loop().remove_reader(self._listening)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _arrived(self) -> None:
        with suppress(BlockingIOError, ConnectionError):
            client, _ = self._listening.accept()
            client.setblocking(False)  # noqa: FBT003 - socket has it so
            if not _is_ours(client) or len(self._tasks) >= self._site.settings.ssh_connections:
                client.close()
                return
            task = asyncio.create_task(self._serve(client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: socket.socket) -> None:
        descriptors: list[int] = []
        try:
            async with asyncio.timeout(_ASK_WITHIN):
                text, descriptors = await _received(client)
            asked = msgspec.json.decode(text, type=Asked)
            if asked.does == "look-up":
                _answer(client, {"opens": await self._opens(asked)})
            elif len(descriptors) == _DESCRIPTORS:
                given, descriptors = descriptors, []
                _answer(client, {"status": await self._command(client, asked, given)})
        except (TimeoutError, OSError, ValueError, BitpailError) as error:
            log.warning("ssh.local", reason=str(error))
        finally:
            for one in descriptors:
                os.close(one)
            client.close()

    async def _opens(self, asked: Asked) -> bool:
        # An offer: whoever makes it has proved nothing yet.
        return await actor_of(self._site, asked.fingerprint, Client(asked.address, "")) is not None

    async def _command(self, client: socket.socket, asked: Asked, descriptors: list[int]) -> int:
        who = Client(asked.address, "sshd")
        task: asyncio.Task[int] | None = None

        def lost() -> None:
            if task is not None:
                task.cancel()

        zero, one, two = descriptors
        pipes = Pipes((zero, one, two), lost)
        loop = asyncio.get_running_loop()
        try:
            await pipes.open(self._site.settings.idle_timeout)
            await note_use(self._site, asked.fingerprint, who)
            command = Command(asked.fingerprint, who, asked.line, asked.protocol)
            task = asyncio.create_task(serve(self._site, command, pipes.incoming, pipes.outgoing))
            # It sends nothing more: what can be read is its end.
            loop.add_reader(client, lost)
            await asyncio.wait({task})
            return 1 if task.cancelled() else task.result()
        finally:
            loop.remove_reader(client)
            if task is not None and not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            pipes.close()


def _is_ours(client: socket.socket) -> bool:
    """Whether it is our own user, or root, at the other end. Source: unix(7), SO_PEERCRED."""
    read = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return _CREDENTIALS.unpack(read)[1] in {os.geteuid(), 0}


async def _received(client: socket.socket) -> tuple[bytes, list[int]]:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(client, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(client)
    text, descriptors, _, _ = socket.recv_fds(client, _LONGEST, _DESCRIPTORS)
    for one in descriptors:
        os.set_inheritable(one, False)  # noqa: FBT003 - os has it so
    return text, descriptors


def _answer(client: socket.socket, answer: dict[str, Any]) -> None:
    with suppress(OSError):  # it is gone
        client.send(msgspec.json.encode(answer))
