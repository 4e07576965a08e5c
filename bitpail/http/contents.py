"""The content of a file as an answer: whole or a part, or that the client has it already. RFC 9110, 13 and 14."""

from collections.abc import AsyncGenerator, Awaitable, Callable

from starlette.responses import Response, StreamingResponse

from bitpail.http import conditions, ranges
from bitpail.http.call import Call
from bitpail.http.streams import started

Opened = bytes | AsyncGenerator[bytes, None]

RAW = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
"""What somebody has put into a repository is never run as a page of ours."""


async def answer(
    call: Call,
    *,
    size: int,
    headers: dict[str, str],
    opened: Callable[[int, int], Awaitable[Opened]],
    none: Callable[[dict[str, str]], Response],
) -> Response:
    """``headers`` has the ``ETag``; ``opened`` gives the bytes from one place to before another.

    ``none`` is the answer where there are no such bytes, with the headers that it has.
    """
    asked, tag = call.request.headers, headers["ETag"]
    if conditions.has(asked, tag):
        kept = {name: value for name, value in headers.items() if not name.startswith("Content-")}
        return conditions.unchanged(tag, {**kept, **RAW})
    part = ranges.wanted(asked, size, tag) if call.method == "GET" else None
    if part is not None and part.is_empty:
        return none({"Content-Range": f"bytes */{size}"})
    start, end = (part.start, part.end) if part else (0, size)
    headers = {**headers, **RAW, "Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    if call.method == "HEAD":
        return Response(headers=headers)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    content = await opened(start, end)
    if isinstance(content, bytes):
        return Response(content, 206 if part else 200, headers)
    return StreamingResponse(await started(content), 206 if part else 200, headers)
