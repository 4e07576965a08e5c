"""Fetches and pushes: what git does for whoever holds an Access, and what is judged meanwhile.

Gate one was the Access. Gate two is here: every ref of a push is judged while
its objects are in quarantine, before anything can be seen.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, closing

import structlog
from msgspec.structs import replace

from bitpail.errors import BitpailError
from bitpail.git import main_branch, transport
from bitpail.git.ancestry import is_ancestor
from bitpail.git.clone_cache import Answer
from bitpail.git.directories import GitDirectory
from bitpail.git.gate import PushedRefs
from bitpail.git.sent_pack import SentPack
from bitpail.git.transport import Limits
from bitpail.model.access import Access
from bitpail.model.limits import NO_LIMITS
from bitpail.model.transfer import Service
from bitpail.policy import names
from bitpail.policy.limits import refuse_push
from bitpail.services import (
    denials,
    discovery,
    origin,
    place_events,
    push_guard,
    push_reach,
    push_restrictions,
    search_marks,
    upkeep,
)
from bitpail.services.clock import now
from bitpail.services.git_slots import in_turn
from bitpail.services.repositories import directory
from bitpail.services.site import Site
from bitpail.store import repositories
from bitpail.wire import git_protocol
from bitpail.wire.v2_request import parse_request

log = structlog.get_logger()

# Taking apart what is longer would keep everybody else waiting.
_LARGE = 64 * 1024

# A line of the report on a push: its length, and "no good".
_NOT_GOOD = re.compile(rb"[0-9a-f]{4}ng refs/")


def limits(site: Site) -> Limits:
    """The limits of one git process, from the settings."""
    settings = site.settings
    return Limits(
        timeout=settings.git_timeout,
        idle=settings.idle_timeout,
        push_limit=settings.push_limit or None,
        pack_threads=settings.git_pack_threads or None,
    )


async def advertise(
    site: Site, access: Access, service: Service, protocol: str | None, *, stateless: bool = True
) -> bytes | AsyncGenerator[bytes, None]:
    """What refs there are, or with protocol v2 what git can do; in pieces when git itself says it."""
    git_directory = await directory(site, access)
    version = git_protocol.version(protocol)
    known = await discovery.advertisement(
        site, git_directory, service, version, limits(site), stateless=stateless
    )
    if known is not None:
        return known
    said = transport.advertise(git_directory, service, protocol, limits(site), stateless=stateless)
    return in_turn(site.slots, access, said)


async def upload_pack(
    site: Site, access: Access, protocol: str | None, body: AsyncIterator[bytes]
) -> Answer | bytes:
    """Answer one request of a fetch or clone; a list of refs is there at once."""
    git_directory = await directory(site, access)
    # One command, and small: lists of names, prefixes or hashes.
    content = b"".join([piece async for piece in body])
    version = git_protocol.version(protocol)
    if version != 2:
        answer = await site.fetches.answer_old(access, git_directory, version, content, limits(site))
        return replace(answer, pieces=_given_out(site, access, answer))
    if len(content) > _LARGE:
        request = await asyncio.to_thread(parse_request, content)
    else:
        request = parse_request(content)
    if request is not None and request.command == b"ls-refs":
        listed = await discovery.ls_refs(site, git_directory, request)
        if listed is not None:
            return listed
        served = transport.serve(
            git_directory, Service.UPLOAD_PACK, "version=2", _pieces(content), limits(site)
        )
        return Answer(in_turn(site.slots, access, served))
    answer = await site.fetches.answer(access, git_directory, request, limits(site))
    return replace(answer, pieces=_given_out(site, access, answer))


async def _given_out(site: Site, access: Access, answer: Answer) -> AsyncGenerator[bytes, None]:
    """The same pieces, counted."""
    began, counts = time.perf_counter(), site.counts
    service, kind = Service.UPLOAD_PACK.value, "fetch" if answer.has_haves else "clone"
    undecided = answer.has_haves is not None
    try:
        async with aclosing(answer.pieces) as pieces:
            async for piece in pieces:
                counts.add("git_bytes", service, by=len(piece))
                if undecided and _brings_a_pack(piece):
                    counts.add("fetches", origin.current().door, access.need.of, kind)
                    undecided = False
                yield piece
    finally:
        counts.took("git_duration_seconds", service, seconds=time.perf_counter() - began)


def _brings_a_pack(piece: bytes) -> bool:
    # What comes before it are lines, and few unless thousands of commits are shallow.
    head = piece[:_LARGE]
    return b"packfile\n" in head or b"PACK\0\0\0\2" in head


async def _pieces(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


async def receive_pack(
    site: Site, access: Access, protocol: str | None, body: AsyncIterator[bytes], *, is_large: bool
) -> AsyncGenerator[bytes, None]:
    """Take one push, and note it once git has said that it is on disk."""
    git_directory = await directory(site, access)
    service = Service.RECEIVE_PACK

    async def pieces() -> AsyncGenerator[bytes, None]:
        landed, refused, outcome, answered = False, False, "failed", False
        sent = SentPack(site.hooks, site.settings.git_request_limit, is_large=is_large)
        began, counts = time.perf_counter(), site.counts

        async def judge(pushed: PushedRefs) -> list[str]:
            nonlocal landed
            limited = await _limited(git_directory, access, pushed)
            if limited:
                denials.note_push(site, access, limited)
            restricted = await push_restrictions.refusals(site, access, git_directory, pushed)
            refusals = [*_refusals(pushed), *limited, *restricted]
            refusals = refusals or await push_reach.refusals(site, git_directory, pushed, sent, limits(site))
            # Last, and only for what would land: it reads the whole push.
            refusals = refusals or await push_guard.refusals(site, access, git_directory, pushed)
            landed = not refusals
            return refusals

        served = transport.serve(
            git_directory,
            service,
            protocol,
            sent.passing(_taken_in(site, body)),
            limits(site),
            judge=judge,
            hooks=site.hooks,
            is_large=is_large,
        )
        # Closed when the client goes, or git would run on until the garbage is collected.
        try:
            with closing(sent):
                async with aclosing(in_turn(site.slots, access, served)) as answer:
                    async for piece in answer:
                        # What our rules let pass, git may still refuse.
                        answered = True
                        refused = refused or _NOT_GOOD.search(piece) is not None
                        yield piece
            outcome = "landed" if landed and not refused else "refused"
        finally:
            # Before a large push git asks once with nothing in it, and hears nothing.
            if answered or outcome == "failed":
                counts.add("pushes", origin.current().door, access.need.of, outcome)
            counts.took("git_duration_seconds", service.value, seconds=time.perf_counter() - began)
        if landed:
            upkeep.note_push(site, access, is_large=is_large)
            await _landed(site, access, sent.size)

    return pieces()


async def _taken_in(site: Site, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in body:
        site.counts.add("git_bytes", Service.RECEIVE_PACK.value, by=len(piece))
        yield piece


def _refusals(pushed: PushedRefs) -> list[str]:
    """One line for each ref that may not be moved; a deletion frees a bad name."""
    refusals = []
    for update in pushed.updates:
        reason = names.refuse_ref(update.name)
        is_deletion = not update.new.strip("0")
        name = update.name.decode(errors="replace")
        if reason and (not is_deletion or name.startswith(names.HIDDEN_REFS)):
            refusals.append(f"{name}: {reason}")
    return refusals


async def _limited(git_directory: GitDirectory, access: Access, pushed: PushedRefs) -> list[str]:
    """One line for each ref that a limit of the app password keeps from moving."""
    app_password = access.actor.app_password
    if app_password is None or app_password.limits == NO_LIMITS:
        return []
    refusals = []
    for update in pushed.updates:
        name = update.name.decode(errors="replace")
        creates, deletes = not update.old.strip("0"), not update.new.strip("0")
        forces = False
        if any(one.no_force for one in app_password.limits.each) and not creates and not deletes:
            # A tag that moves drops what it named, whatever the history says.
            forces = not name.startswith("refs/heads/") or not await is_ancestor(
                git_directory, update.old, update.new, pushed.quarantine
            )
        reason = refuse_push(app_password.limits, name, deletes=deletes, forces=forces)
        if reason:
            refusals.append(f"{name}: {reason}")
    return refusals


async def _landed(site: Site, access: Access, size: int) -> None:
    git_directory = await directory(site, access)
    branch = await main_branch.after_push(site.objects, git_directory)
    if access.need.of == "wiki":
        return
    search_marks.note(site, access.workspace.id, access.repository.id)
    try:
        # To look at every file would cost more the more pushes there were; upkeep does it.
        await repositories.note_push(site.db, access.repository.id, size, now())
        if branch is not None:
            async with site.db.transaction() as db:
                await place_events.main_branch_changed(db, access.repository, branch, None, pushed=True)
    except BitpailError as error:
        # The push is on disk and was acknowledged; a size that is a push old harms nobody.
        log.warning("push.not_noted", repository=access.repository.id, reason=error.message)
