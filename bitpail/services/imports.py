"""Importing a repository from another server, beside the request that asked for it.

Whoever was asked runs it, since the credential is nowhere else; the database knows how far it
is, for every worker. A repository appears when all of it is there, or not at all: what a
killed server leaves is a row that says so, and a directory that nobody sees.
"""

import asyncio
import socket
import uuid
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import structlog
from msgspec import Struct

from bitpail.errors import BitpailError, GitError, Invalid, NotFound, TookTooLong, TooLarge
from bitpail.git import directories
from bitpail.git import imports as git
from bitpail.model.access import WorkspaceAccess
from bitpail.model.audit import Kind
from bitpail.model.imports import Import, ImportId, State
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.policy import destinations
from bitpail.policy.decide import Decision
from bitpail.policy.destinations import Credential, Destination
from bitpail.policy.secrets import Secret, scrub
from bitpail.services import repositories
from bitpail.services.access import Refused
from bitpail.services.clock import now
from bitpail.services.git_slots import Busy
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site
from bitpail.store import imports as store
from bitpail.store import repositories as repository_store

log = structlog.get_logger()

_SECOND = 1_000_000
_LOOK_UP = 10.0
_TOLD_EVERY = 1.0
# Of one that was silent for so long nobody is left who runs it.
_LOST = 120 * _SECOND
_KEPT = 7 * 24 * 3600 * _SECOND
_MOST_RUNNING = 3
_MOST_SHOWN = 10
_LONGEST_SAID = 300


class Request(Struct, frozen=True):
    """What somebody asks for. The credential lives as long as this does."""

    destination: Destination
    credential: Credential | None
    slug: str
    wanted: Wanted


def request(  # what a form has
    address: str, username: str, password: Secret, slug: str, wanted: Wanted
) -> Request:
    """From what was typed; a credential of its own goes before one in the address. Raises Invalid."""
    destination, inside = destinations.parse(address)
    credential = destinations.credential(username.strip(), password) or inside
    return Request(destination, credential, slug, wanted)


def suggested_name(address: str) -> str:
    """What a repository is called where it is; empty for what is no address."""
    try:
        return destinations.name_in(destinations.parse(address)[0])
    except Invalid:
        return ""


async def start(site: Site, into: WorkspaceAccess, asked: Request) -> Import:
    """Begin; raises Invalid, NotFound (project), Conflict (the slug) or Busy."""
    user = into.actor.user
    if user is None:
        raise Refused(Decision.SIGN_IN, into.actor, into.need)
    addresses = await _addresses(site, asked)
    repository = await repositories.new(site, into.workspace, asked.slug, asked.wanted)
    if await repository_store.find(site.db, into.workspace.slug, repository.slug, None) is not None:
        raise repositories.taken(repository)
    running = [one for one in await of_user(site, user) if one.state is State.RUNNING]
    if len(running) >= _MOST_RUNNING:
        raise Busy(f"{len(running)} of your own imports are running", 60, full=False)
    at = now()
    begun = Import(
        id=ImportId(str(uuid.uuid4())),
        user_id=user.id,
        workspace_id=into.workspace.id,
        project_id=repository.project_id,
        repository_id=repository.id,
        slug=repository.slug,
        name=repository.name,
        source=asked.destination.url,
        state=State.RUNNING,
        said="",
        started_on=at,
        seen_on=at,
    )
    await store.create(site.db, begun)
    site.jobs.start(begun.id, _run(site, begun, asked, repository, addresses, user))
    return begun


async def _addresses(site: Site, asked: Request) -> list[str]:
    """Where the host is, all of it allowed: looked up once, for git goes there and nowhere else. Raises Invalid."""
    host, port = asked.destination.host, asked.destination.port
    allowed = site.settings.import_networks
    try:
        async with asyncio.timeout(_LOOK_UP):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        raise Invalid(f"there is no host {host!r}: look at the address") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    refusals = [reason for one in addresses if (reason := destinations.refuse(one, allowed))]
    if refusals or not addresses:
        # Which address a name inside of our network has is nobody's business.
        raise Invalid(
            f"{host!r} is not on the public internet: from there the administrators have to allow imports (import_networks)"
        )
    is_safe = asked.destination.is_encrypted or all(destinations.is_in(one, allowed) for one in addresses)
    if asked.credential is not None and not is_safe:
        raise Invalid("a password is sent over https only: give the address with https://")
    return addresses


async def _run(
    site: Site, begun: Import, asked: Request, repository: Repository, addresses: Sequence[str], user: User
) -> None:
    """The whole of it; whatever happens is written down."""
    teller = _Teller(site, begun)
    try:
        await teller.during(_copy(site, asked, repository, addresses, teller))
        made = await _appear(site, repository, asked.destination.url, user)
        if not await store.finish(site.db, begun.id, State.DONE, ""):
            # Cancelled at the last moment.
            await repositories.delete(site, made)
    except _Cancelled:
        pass
    except asyncio.CancelledError:
        await _fail(site, begun, "the server was stopped meanwhile: begin again")
        raise
    except BitpailError as error:
        await _fail(site, begun, reason(error, has_credential=asked.credential is not None))
    except Exception as error:
        log.exception("import.failed", exc_info=error)
        await _fail(site, begun, "something went wrong on the server; its log has it")


async def _copy(
    site: Site, asked: Request, repository: Repository, addresses: Sequence[str], teller: "_Teller"
) -> None:
    path = directories.repository_path(site.repositories, repository.id)

    async def copy(destination: Destination) -> None:
        teller.hear("")
        limits = {"limit": site.settings.import_limit, "timeout": site.settings.import_timeout}
        await git.from_url(destination, addresses, asked.credential, path, teller.hear, **limits)

    teller.hear("Waiting for a turn")
    async with site.imports.slot(repository.workspace_id, repository.id):
        try:
            await copy(asked.destination)
        except GitError as error:
            # Some servers lead whoever leaves the ending out to the address with it.
            longer = asked.destination.with_ending
            if longer is None or not any(sign in error.stderr for sign in _LEADS_ON):
                raise
            await copy(longer)


async def _appear(site: Site, repository: Repository, source: str, user: User) -> Repository:
    path = directories.repository_path(site.repositories, repository.id)
    try:
        size = await directories.disk_size(path)
        there = msgspec.structs.replace(repository, size=size)
        told = {"source": repositories.without_credential(source)}
        made = await repositories.record(site, there, user, kind=Kind.REPOSITORY_IMPORTED, told=told)
    except BaseException:
        await directories.delete(path)
        raise
    return made


async def _fail(site: Site, begun: Import, reason: str) -> None:
    with suppress(BitpailError):
        await store.finish(site.db, begun.id, State.FAILED, reason)


class _Cancelled(Exception):
    """Somebody pressed the button."""


class _Teller:
    """Writes down how far it is, and hears whether to go on."""

    def __init__(self, site: Site, begun: Import) -> None:
        self._site = site
        self._id = begun.id
        self._said = ""

    def hear(self, line: str) -> None:
        """One line of git's."""
        self._said = scrub(line)[:_LONGEST_SAID]

    async def during(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work; raises _Cancelled, and what it raises."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=_TOLD_EVERY)
                if not await store.note(self._site.db, self._id, self._said, now()):
                    raise _Cancelled
            await task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, BitpailError):
                await task


async def of_user(site: Site, user: User) -> list[Import]:
    """A user's newest."""
    return await store.recent(site.db, user.id, _MOST_SHOWN)


async def one(site: Site, user: User, import_id: str) -> Import:
    """One of a user's own; raises NotFound."""
    found = await store.one(site.db, import_id, user.id)
    if found is None:
        raise NotFound("there is no such import")
    return found


async def cancel(site: Site, user: User, import_id: str) -> None:
    """End one that runs, on whichever worker; raises NotFound."""
    found = await one(site, user, import_id)
    await store.finish(site.db, found.id, State.CANCELLED, "")


async def end_lost(site: Site) -> None:
    """Say of those whose server was killed what came of them, and forget old ones."""
    at = now()
    for found in await store.lost(site.db, at - _LOST):
        located = await repository_store.find(site.db, "{}", f"{{{found.repository_id}}}", None)
        if located is not None:
            await store.finish(site.db, found.id, State.DONE, "")
        else:
            await _fail(site, found, "the server was stopped meanwhile: begin again")
    await store.forget(site.db, at - _KEPT)


def reason(error: BitpailError, *, has_credential: bool) -> str:
    """Why an import failed, and what to do, for who asked."""
    if isinstance(error, TooLarge):
        return f"{error.message}, more than is imported here: push it instead"
    if isinstance(error, TookTooLong):
        return "it took longer than an import may take: push it instead"
    if isinstance(error, GitError):
        return _words(error.stderr, has_credential=has_credential)
    return error.message


_WHO = "the server there wants to know who you are: give a user name and a password, or a token"
_NOT_THEY = (
    "the server there does not accept this user name and password, or has no such repository for them to see"
)


def wants_password(one: Import) -> bool:
    """Whether one failed that another user name or password may help."""
    return one.state is State.FAILED and one.said in {_WHO, _NOT_THEY}


_LEADS_ON = tuple(f"error: {status}" for status in (301, 302, 303, 307, 308))
_SAYINGS = (
    (
        ("could not read Username", "could not read Password", "terminal prompts disabled"),
        _WHO,
    ),
    (("Authentication failed", "error: 403"), _NOT_THEY),
    (
        _LEADS_ON,
        "the address leads on to another one: open it in a browser, and give the one where you arrive",
    ),
    (
        ("not found", "error: 404", "error: 410"),
        "there is no repository at this address, or none without a user name and a password",
    ),
    (("SSL", "certificate", "gnutls"), "the certificate of the server there is not in order"),
    (
        ("Failed to connect", "Couldn't connect", "Connection refused", "Connection timed out", "No route"),
        "nobody answers at this address",
    ),
    (("Operation too slow", "timed out"), "the server there stopped sending: try again later"),
    (
        ("not valid: is this a git repository", "not a git repository"),
        "at this address there is no Git repository",
    ),
    (("No space left",), "the disk of this server is full: tell its administrators"),
)


def _words(stderr: str, *, has_credential: bool) -> str:
    for signs, saying in _SAYINGS:
        if any(sign in stderr for sign in signs):
            return _NOT_THEY if has_credential and saying == _WHO else saying
    lines = [
        line for line in stderr.replace("\r", "\n").splitlines() if line.startswith(("fatal:", "error:"))
    ]
    last = scrub(lines[-1].partition(": ")[2])[:_LONGEST_SAID] if lines else "it gave no reason"
    return f"git could not read it: {last}"
