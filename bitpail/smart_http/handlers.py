"""What each row of the table does once access was granted."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from bitpail.errors import Invalid
from bitpail.http.bodies import Body
from bitpail.http.call import Call
from bitpail.http.streams import Stream, started
from bitpail.model.access import Access
from bitpail.model.transfer import Service
from bitpail.services import transfer
from bitpail.services.git_slots import Busy
from bitpail.wire import git_protocol
from bitpail.wire.packet_lines import FLUSH, encode

Handler = Callable[[Call, Access], Awaitable[ASGIApp]]

_LARGE = 1024 * 1024

# Of git's own HTTP front end: what a proxy must not keep.
NO_CACHE = {
    "Expires": "Fri, 01 Jan 1980 00:00:00 GMT",
    "Pragma": "no-cache",
    "Cache-Control": "no-cache, max-age=0, must-revalidate",
}

_RESULT = "application/x-git-upload-pack-result"


async def upload_pack_refs(call: Call, access: Access) -> ASGIApp:
    """The refs before a fetch, or what git can do (protocol v2)."""
    return await _refs(call, access, Service.UPLOAD_PACK)


async def receive_pack_refs(call: Call, access: Access) -> ASGIApp:
    """The refs before a push."""
    return await _refs(call, access, Service.RECEIVE_PACK)


async def upload_pack(call: Call, access: Access) -> ASGIApp:
    """One round of a fetch or clone."""
    body = _body(call, Service.UPLOAD_PACK, call.site.settings.git_request_limit)
    answer = await transfer.upload_pack(call.site, access, _protocol(call), aiter(body))
    if isinstance(answer, bytes):
        return Response(answer, headers={"Content-Type": _RESULT, **NO_CACHE})
    try:
        return await _stream(call, Service.UPLOAD_PACK, body, answer.pieces, answer.length)
    except Busy as busy:
        # Of a status git shows its user the number alone; this it shows whole.
        call.refusal = busy
        line = f"ERR {busy.message}; try again in {busy.wait} seconds"
        headers = {"Content-Type": _RESULT, "Retry-After": str(busy.wait), **NO_CACHE}
        return Response(encode(line.encode()), headers=headers)


async def receive_pack(call: Call, access: Access) -> ASGIApp:
    """One push. The limit on its size is git's to keep: it counts the pack, not the request."""
    body = _body(call, Service.RECEIVE_PACK, 0)
    pieces = await transfer.receive_pack(
        call.site, access, _protocol(call), aiter(body), is_large=_is_large(call)
    )
    return await _stream(call, Service.RECEIVE_PACK, body, pieces)


async def dumb_protocol(call: Call, access: Access) -> ASGIApp:  # noqa: ARG001 - the shape of a handler
    """Nothing is served file by file."""
    text = "The dumb HTTP protocol is not supported: use git 1.6.6 or newer, over the smart protocol.\n"
    return PlainTextResponse(text, 403)


async def _refs(call: Call, access: Access, service: Service) -> ASGIApp:
    protocol = _protocol(call)
    advertised = await transfer.advertise(call.site, access, service, protocol)
    # git's own front end leaves the header out for v2, which only fetches speak.
    is_v2 = service is Service.UPLOAD_PACK and git_protocol.version(protocol) == 2
    header = b"" if is_v2 else encode(f"# service=git-{service.value}\n".encode()) + FLUSH
    if not isinstance(advertised, bytes):
        async with aclosing(advertised):
            advertised = b"".join([piece async for piece in advertised])
    return Response(
        header + advertised,
        headers={"Content-Type": f"application/x-git-{service.value}-advertisement", **NO_CACHE},
    )


def _is_large(call: Call) -> bool:
    # git sends what is longer than its buffer, 1 MiB by default, in chunks of unknown number.
    length = call.request.headers.get("content-length", "")
    return not length.isdigit() or int(length[:20]) > _LARGE


def _protocol(call: Call) -> str | None:
    return call.request.headers.get("git-protocol")


def _body(call: Call, service: Service, limit: int) -> Body:
    expected = f"application/x-git-{service.value}-request"
    given = call.request.headers.get("content-type", "").partition(";")[0].strip()
    if given != expected:
        raise Invalid(f"the content type must be {expected}")
    return Body(call.receive, call.request.headers, limit, call.site.settings.idle_timeout)


async def _stream(
    call: Call, service: Service, body: Body, pieces: AsyncGenerator[bytes, None], length: int | None = None
) -> ASGIApp:
    headers = [(name.lower().encode(), value.encode()) for name, value in NO_CACHE.items()]
    headers.append((b"content-type", f"application/x-git-{service.value}-result".encode()))
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    first = await started(pieces)
    if not body.finished.is_set():
        # Git wants no more of it, and the rest may never come.
        headers.append((b"connection", b"close"))
    return Stream(200, headers, first, body, call.site.settings.idle_timeout)
