"""Style, script and icon, under names that change with their content and may be kept for ever."""

from hashlib import blake2b
from pathlib import Path

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import NotFound
from bitpail.model.access import Actor
from bitpail.web.request import WebRequest

_DIRECTORY = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class _File(Struct, frozen=True):
    content: bytes
    media_type: str


_files: dict[str, _File] = {}
_addresses: dict[str, str] = {}

for _path in sorted(_DIRECTORY.iterdir()):
    _content = _path.read_bytes()
    _print = blake2b(_content, digest_size=6).hexdigest()
    _name = f"{_path.stem}.{_print}{_path.suffix}"
    _files[_name] = _File(_content, _TYPES[_path.suffix])
    _addresses[_path.name] = f"/static/{_name}"


def address(name: str) -> str:
    """Where a file is served at this version of its content."""
    return _addresses[name]


async def one(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /static/{name}``."""
    found = _files.get(request.parameters["name"])
    if found is None:
        raise NotFound("there is no such file")
    return Response(found.content, headers=_FOR_EVER, media_type=found.media_type)
