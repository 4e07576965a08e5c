"""``/{workspace}/{repo_slug}/get/{ref}.zip``: one commit's files, for programs that have no git."""

from collections.abc import AsyncGenerator

from starlette.responses import Response
from starlette.types import ASGIApp

from bitpail.http.bodies import Body
from bitpail.http.call import Call
from bitpail.http.streams import Stream, started
from bitpail.model.access import Access
from bitpail.services import archives as service


async def _nothing() -> AsyncGenerator[bytes, None]:
    for piece in list[bytes]():
        yield piece


async def get(call: Call, access: Access) -> ASGIApp:
    """The archive, as git makes it; whoever goes ends git."""
    found = await service.find(call.site, access, call.parameters["name"])
    headers = {
        "ETag": found.tag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'attachment; filename="{found.file}"',
        "Content-Type": service.KINDS[found.kind],
        "X-Content-Type-Options": "nosniff",
    }
    known = call.request.headers.get("if-none-match", "")
    bare = found.tag.removeprefix("W/")
    if known.strip() == "*" or bare in (part.strip().removeprefix("W/") for part in known.split(",")):
        return Response(status_code=304, headers={name: headers[name] for name in ("ETag", "Cache-Control")})
    settings = call.site.settings
    body = Body(call.receive, call.request.headers, settings.api_body_limit, settings.idle_timeout)
    # There is none, but only after its end the client can be heard to go.
    await body.whole()
    is_head = call.method == "HEAD"
    pieces = _nothing() if is_head else await started(await service.content(call.site, access, found))
    return Stream(
        200,
        [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        pieces,
        body,
        settings.idle_timeout,
    )
