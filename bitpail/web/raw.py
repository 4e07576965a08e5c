"""A file as it is, for scripts and for pictures on our pages. No browser runs any of it."""

from urllib.parse import quote

from starlette.responses import FileResponse, PlainTextResponse, Response

from bitpail.errors import NotFound
from bitpail.http import conditions, contents
from bitpail.model.access import Access
from bitpail.model.trees import File
from bitpail.services import lfs, source
from bitpail.web.request import WebRequest
from bitpail.wire.source import PICTURES, media_type

DRAWING = "image/svg+xml"
"""Drawn by ``<img>`` too, where it can't script; opened by itself it is a document, so it is only kept then."""

_KNOWN_SIZE = 1 << 20
_TEXTS = ("text/", "application/json", "application/xml", "application/javascript", "application/x-sh")


async def one(request: WebRequest, access: Access) -> Response:
    """``GET .../raw/{commit}/{path}``."""
    site, path = request.site, request.parameters["path"]
    found = await source.find(site, access, request.parameters["commit"], path)
    file = found.file
    if file is None:
        raise NotFound(f"{path} is a directory")
    if file.size is None:
        raise NotFound(f"{path} is a submodule")
    if file.lfs is not None and lfs.size_of(site, access, file.lfs[0]) is not None:
        return _large(request, access, file, file.lfs[0])
    headers = {"ETag": f'"{file.entry.hash}"', **_described(file)}

    async def opened(start: int, end: int) -> contents.Opened:
        return await source.content(site, access, file, start, end)

    return await contents.answer(
        request.call, size=file.size, headers=headers, opened=opened, none=_no_such_bytes
    )


def is_picture(path: str) -> bool:
    """Whether a page may show it by ``<img>``."""
    return media_type(path) in PICTURES


def is_drawing(path: str) -> bool:
    """Whether it is a picture that is text, too."""
    return media_type(path) == DRAWING


def _large(request: WebRequest, access: Access, file: File, oid: str) -> Response:
    """What a pointer of Git LFS stands for."""
    headers = {"ETag": f'"{oid}"', **_described(file, is_text=False), **contents.RAW}
    if conditions.has(request.call.request.headers, headers["ETag"]):
        return Response(status_code=304, headers={"ETag": headers["ETag"], **contents.RAW})
    return FileResponse(
        lfs.file_of(request.site, access, oid), headers=headers, media_type=headers["Content-Type"]
    )


def _described(file: File, *, is_text: bool | None = None) -> dict[str, str]:
    """What it is and whether it is shown: nothing that a browser would run, whatever its name says."""
    path = file.entry.path
    kind = media_type(path)
    name = path.rpartition("/")[2].encode("utf-8", "surrogateescape")
    kept = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    shared = {"Cache-Control": "private, no-cache"}
    if kind == DRAWING:
        return {"Content-Type": DRAWING, "Content-Disposition": kept, **shared}
    if kind in PICTURES:
        return {"Content-Type": str(kind), "Content-Disposition": "inline", **shared}
    if is_text is None:
        is_text = _is_text(file, kind)
    if is_text:
        return {"Content-Type": "text/plain; charset=utf-8", "Content-Disposition": "inline", **shared}
    return {"Content-Type": "application/octet-stream", "Content-Disposition": kept, **shared}


def _is_text(file: File, kind: str | None) -> bool:
    if "binary" in file.attributes:
        return False
    # Nobody has looked into a longer one.
    return (file.size or 0) <= _KNOWN_SIZE or kind is None or kind.startswith(_TEXTS)


def _no_such_bytes(headers: dict[str, str]) -> Response:
    return PlainTextResponse("there are no such bytes in this file\n", 416, headers)
