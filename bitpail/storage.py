"""The door of what lies beside Git: the content of downloads, at addresses that were given out for a moment.

The address is the credential: no other is looked at. What somebody has put here
is never run as a page of ours.
"""

from urllib.parse import unquote_to_bytes

from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp

from bitpail.errors import NotFound
from bitpail.http.call import Call
from bitpail.services import downloads

PREFIX = downloads.STORAGE.encode()

_RAW = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Who holds the address may read it, from whatever page.
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "private, no-cache",
}


def blotted(path: bytes) -> bytes:
    """The path as it may be logged: what opens it for a while is no longer in it."""
    if not path.startswith(PREFIX):
        return path
    return PREFIX + b"***/" + path.removeprefix(PREFIX).partition(b"/")[2]


class Storage:
    """Contents by signed address."""

    async def answer(self, call: Call) -> ASGIApp:
        """The content or a part of it, or 404."""
        if call.method not in {"GET", "HEAD"}:
            return PlainTextResponse(
                "the methods of this address are GET, HEAD\n", 405, {"Allow": "GET, HEAD"}
            )
        try:
            return await _content(call)
        except NotFound as error:
            call.refusal = error
            return PlainTextResponse(f"{error.message}\n", 404, {"Cache-Control": "no-store"})


async def _content(call: Call) -> Response:
    token, _, name = call.raw_path.removeprefix(PREFIX).partition(b"/")
    found = await downloads.content(
        call.site, token.decode("ascii", "replace"), unquote_to_bytes(name).decode("utf-8", "replace")
    )
    tag = f'"{found.download.file}"'
    if _is_known(call.request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers={**_RAW, "ETag": tag})
    try:
        status = found.path.stat()
    except OSError:
        raise NotFound("there is no such download") from None
    return FileResponse(
        found.path,
        headers={**_RAW, "ETag": tag},
        media_type="application/octet-stream",
        filename=found.download.name,
        stat_result=status,
    )


def _is_known(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in header.split(","))
