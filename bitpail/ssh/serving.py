"""One command of somebody who has proved a key: its origin, its line in the log, its exit status.

Exit status: 0 done, and for the greeting; 1 refused or failed, with the reason
on standard error.
"""

import asyncio
import secrets
import time

import structlog
from msgspec import Struct

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
from bitpail.ssh.pump import Gone, Incoming, Outgoing

log = structlog.get_logger()

_HOST_KEY_INFO = "host_key_info"


class Removed(BitpailError):
    """The key was taken away while its connection was open."""


class Command(Struct, frozen=True):
    """``fingerprint`` is of the key that was proved; ``line`` is None for who asked for a shell;
    ``protocol`` is what the client said in GIT_PROTOCOL.
    """

    fingerprint: str
    client: Client
    line: str | None
    protocol: str | None


async def serve(site: Site, command: Command, incoming: Incoming, outgoing: Outgoing) -> int:
    """Do what was asked; the exit status. Raises nothing but CancelledError."""
    return await _Serving(site, command, incoming, outgoing).run()


class _Serving:
    def __init__(self, site: Site, command: Command, incoming: Incoming, outgoing: Outgoing) -> None:
        self._site = site
        self._command = command
        self._incoming = incoming
        self._outgoing = outgoing

    async def run(self) -> int:
        began = time.perf_counter()
        request_id = secrets.token_hex(8)
        path = scrub(self._command.line or "")[:300]
        noted: dict[str, str] = {}
        status = 1
        with coming_from(Origin(request_id, self._command.client, "SSH", path, door="ssh")):
            try:
                status = await self._answer(request_id, noted)
                await self._outgoing.flush()
            except Gone:
                noted["client"] = "gone"
                self._outgoing.abort()
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
        return status

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
            address=self._command.client.address,
            agent=self._command.client.agent,
            **noted,
        )

    async def _answer(self, request_id: str, noted: dict[str, str]) -> int:
        actor = await self._actor()
        if actor.user is not None:
            noted["user"] = actor.user.username
        else:
            noted["access_key"] = f"SHA256:{actor.access_key}"
        line = self._command.line
        if line is None:
            how = errors.BY_KEY if actor.user else errors.BY_ACCESS_KEY
            await self._outgoing.send(errors.GREETING.format(how=how).encode())
            return 0
        if line.strip() == _HOST_KEY_INFO:
            for key in host_keys.public(self._site.settings.data_path):
                await self._outgoing.send(f"{key.text} SHA256:{key.fingerprint}\n".encode())
            return 0
        asked = find(line)
        call = Call(
            site=self._site,
            request_id=request_id,
            client=self._command.client,
            actor=actor,
            incoming=self._incoming,
            outgoing=self._outgoing,
            protocol=self._command.protocol,
            again=lambda: self._access(asked),
        )
        await asked.command.handler(call, await self._access(asked))
        return 0

    async def _actor(self) -> Actor:
        actor = await actor_of(self._site, self._command.fingerprint, self._command.client)
        if actor is None:
            raise Removed("this SSH key is no longer in force")
        return actor

    async def _access(self, asked: Asked) -> Access:
        need = asked.command.need
        return await to_repository(self._site, await self._actor(), need, asked.workspace, asked.repository)
