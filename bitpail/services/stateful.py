"""Fetches and pushes of a client that stays on the line, as over SSH.

Each request is judged and answered as if it had come alone, over HTTP: the same
gates, the same cache. Only before protocol 2 git itself keeps up the conversation.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from bitpail.errors import Invalid, TooLarge
from bitpail.git import transport
from bitpail.git.directories import GitDirectory
from bitpail.model.access import Access
from bitpail.model.transfer import Service
from bitpail.services import transfer
from bitpail.services.git_slots import in_turn
from bitpail.services.repositories import directory
from bitpail.services.site import Site
from bitpail.wire import git_protocol
from bitpail.wire.packet_lines import FLUSH, Decoder, Packet, Special, encode

Again = Callable[[], Awaitable[Access]]

_CLAIM = re.compile(rb"(?:have|shallow) ([0-9a-f]{40}|[0-9a-f]{64})\n?")


async def fetch(
    site: Site, access: Access, again: Again, protocol: str | None, body: AsyncIterator[bytes]
) -> AsyncGenerator[bytes, None]:
    """A whole conversation. ``again`` gives the access anew for each request of protocol 2."""
    pieces = (
        _requests(site, access, again, protocol, body)
        if git_protocol.version(protocol) == 2
        else _old_fetch(site, access, protocol, body)
    )
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece


async def push(
    site: Site, access: Access, protocol: str | None, body: AsyncIterator[bytes]
) -> AsyncGenerator[bytes, None]:
    """The refs, and one push if the client has anything to push."""
    async with aclosing(_advertised(site, access, Service.RECEIVE_PACK, protocol)) as advertised:
        async for piece in advertised:
            yield piece
    first = b""
    async for piece in body:
        first += piece
        if len(first) >= len(FLUSH):
            break
    if first in {b"", FLUSH}:
        return  # everything is there already
    pieces = await transfer.receive_pack(site, access, protocol, _chained(first, body), is_large=False)
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece


async def _advertised(
    site: Site, access: Access, service: Service, protocol: str | None
) -> AsyncGenerator[bytes, None]:
    advertised = await transfer.advertise(site, access, service, protocol, stateless=False)
    if isinstance(advertised, bytes):
        yield advertised
        return
    async with aclosing(advertised):
        async for piece in advertised:
            yield piece


async def _requests(
    site: Site, access: Access, again: Again, protocol: str | None, body: AsyncIterator[bytes]
) -> AsyncGenerator[bytes, None]:
    async with aclosing(_advertised(site, access, Service.UPLOAD_PACK, protocol)) as advertised:
        async for piece in advertised:
            yield piece
    requests = _Requests(body, site.settings.git_request_limit)
    while True:
        request = await requests.next()
        # A lone flush says good-bye.
        if request in {b"", FLUSH}:
            return
        answer = await transfer.upload_pack(site, await again(), protocol, _chained(request))
        if isinstance(answer, bytes):
            yield answer
            continue
        async with aclosing(answer.pieces):
            async for piece in answer.pieces:
                yield piece


async def _old_fetch(
    site: Site, access: Access, protocol: str | None, body: AsyncIterator[bytes]
) -> AsyncGenerator[bytes, None]:
    git_directory = await directory(site, access)
    conversation = transport.serve(
        git_directory,
        Service.UPLOAD_PACK,
        protocol,
        _without_hidden(site, git_directory, body),
        transfer.limits(site),
        stateless=False,
    )
    served = in_turn(site.slots, access, conversation)
    async with aclosing(served):
        async for piece in served:
            yield piece


async def _without_hidden(
    site: Site, git_directory: GitDirectory, body: AsyncIterator[bytes]
) -> AsyncGenerator[bytes, None]:
    """What a client says, but for claims to have what no ref reaches. That it wants only tips git sees to itself."""
    decoder, held, size = Decoder(), list[Packet](), 0
    async for piece in body:
        size += len(piece)
        for packet in decoder.feed(piece):
            held.append(packet)
            if packet is Special.FLUSH or packet in {b"done", b"done\n"}:
                yield await _cleaned(site, git_directory, held)
                held, size = [], 0
        if size > site.settings.git_request_limit:
            raise TooLarge("the request is too long")
    if held:
        yield await _cleaned(site, git_directory, held)


async def _cleaned(site: Site, git_directory: GitDirectory, packets: list[Packet]) -> bytes:
    claims = {packet: _claimed(packet) for packet in packets if _claims(packet)}
    hidden = await site.fetches.hidden(git_directory, set(claims.values()), transfer.limits(site))
    return b"".join(_raw(packet) for packet in packets if claims.get(packet) not in hidden)


def _claims(packet: Packet) -> bool:
    return isinstance(packet, bytes) and packet.startswith((b"have", b"shallow"))


def _claimed(packet: Packet) -> str:
    match = _CLAIM.fullmatch(packet) if isinstance(packet, bytes) else None
    if match is None:
        raise Invalid("this is no line that git upload-pack understands")
    return match[1].decode()


def _raw(packet: Packet) -> bytes:
    return packet.value if isinstance(packet, Special) else encode(packet)


async def _chained(first: bytes, rest: AsyncIterator[bytes] | None = None) -> AsyncGenerator[bytes, None]:
    yield first
    if rest is not None:
        async for piece in rest:
            yield piece


class _Requests:
    """Requests of protocol 2, one after the other: each goes to its flush."""

    def __init__(self, body: AsyncIterator[bytes], limit: int) -> None:
        self._body = body
        self._limit = limit
        self._decoder = Decoder()
        self._waiting: list[bytes] = []

    async def next(self) -> bytes:
        """The next one as it came; nothing at the end. Raises Invalid, TooLarge."""
        while FLUSH not in self._waiting:
            if sum(map(len, self._waiting)) > self._limit:
                raise TooLarge("the request is too long")
            piece = await anext(self._body, b"")
            if not piece:
                self._decoder.finish()
                if self._waiting:
                    raise Invalid("the request ends before its flush")
                return b""
            self._waiting += [_raw(packet) for packet in self._decoder.feed(piece)]
        end = self._waiting.index(FLUSH) + 1
        request, self._waiting = self._waiting[:end], self._waiting[end:]
        return b"".join(request)
