"""One session of a connection: a command, its origin, its line in the log, its exit status.

Exit status: 0 done, and for the greeting; 1 refused or failed, with the reason
on standard error.
"""

import asyncio
import secrets
import time
from collections.abc import Callable

import structlog
from asyncssh import SSHServerChannel, SSHServerSession

from bitpail.errors import BitpailError, GitError
from bitpail.model.access import Access, Actor, Client
from bitpail.policy.secrets import scrub
from bitpail.services import denials, host_keys
from bitpail.services.access import to_repository
from bitpail.services.origin import Origin, coming_from
from bitpail.services.site import Site
from bitpail.services.ssh_authentication import actor_of
from bitpail.ssh import errors
from bitpail.ssh.call import Call
from bitpail.ssh.commands import Asked, find
from bitpail.ssh.pump import Gate, Gone, Incoming, Outgoing

log = structlog.get_logger()

START_WITHIN = 30
"""Seconds between the opening of a session and its command."""

_HOST_KEY_INFO = "host_key_info"


class Removed(BitpailError):
    """The key was taken away while its connection was open."""


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
        began = time.perf_counter()
        request_id = secrets.token_hex(8)
        path = scrub(self._line or "")[:300]
        noted: dict[str, str] = {}
        status = 1
        with coming_from(Origin(request_id, self._client, "SSH", path, door="ssh")):
            try:
                status = await self._answer(request_id, noted)
                await self._outgoing.flush()
            except Gone:
                noted["client"] = "gone"
                self._channel.abort()
            except asyncio.CancelledError:
                noted["client"] = "gone"
                raise
            except BitpailError as error:
                denials.note(self._site, error)
                if isinstance(error, GitError):
                    noted["error"] = repr(error)
                self._outgoing.say(errors.words(error, request_id))
            except Exception as error:
                log.exception("request.failed", request=request_id, exc_info=error)
                self._outgoing.say(errors.failure(request_id))
            finally:
                self._log(request_id, path, status, began, noted)
        self._channel.exit(status)

    def _log(self, request_id: str, path: str, status: int, began: float, noted: dict[str, str]) -> None:
        seconds = time.perf_counter() - began
        self._site.counts.request("ssh", "SSH", status, seconds)
        log.info(
            "request",
            request=request_id,
            method="SSH",
            path=path,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            address=self._client.address,
            agent=self._client.agent,
            **noted,
        )

    async def _answer(self, request_id: str, noted: dict[str, str]) -> int:
        actor = await self._actor()
        if actor.user is not None:
            noted["user"] = actor.user.username
        else:
            noted["access_key"] = f"SHA256:{actor.access_key}"
        if self._line is None:
            how = errors.BY_KEY if actor.user else errors.BY_ACCESS_KEY
            await self._outgoing.send(errors.GREETING.format(how=how).encode())
            return 0
        if self._line.strip() == _HOST_KEY_INFO:
            for key in host_keys.public(self._site.settings.data_path):
                await self._outgoing.send(f"{key.text} SHA256:{key.fingerprint}\n".encode())
            return 0
        asked = find(self._line)
        call = Call(
            site=self._site,
            request_id=request_id,
            client=self._client,
            actor=actor,
            incoming=self._incoming,
            outgoing=self._outgoing,
            protocol=self._protocol(),
            again=lambda: self._access(asked),
        )
        await asked.command.handler(call, await self._access(asked))
        return 0

    async def _actor(self) -> Actor:
        actor = await actor_of(self._site, self._fingerprint, self._client)
        if actor is None:
            raise Removed("this SSH key is no longer in force")
        return actor

    async def _access(self, asked: Asked) -> Access:
        need = asked.command.need
        return await to_repository(self._site, await self._actor(), need, asked.workspace, asked.repository)

    def _protocol(self) -> str | None:
        return (
            self._channel.get_environment_bytes().get(b"GIT_PROTOCOL", b"").decode("ascii", "replace") or None
        )
