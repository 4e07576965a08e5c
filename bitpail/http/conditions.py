"""Tags of answers, and whether a client has one already. RFC 9110, sections 8.8.3, 13.1.2 and 15.4.5."""

from hashlib import blake2b

from starlette.datastructures import Headers
from starlette.responses import Response


def tag_of(response: Response) -> str:
    """The same for the same bytes, unless the answer has a tag already."""
    return response.headers.get("etag") or f'"{blake2b(response.body, digest_size=16).hexdigest()}"'


def has(headers: Headers, tag: str) -> bool:
    """Whether the client says that it has what is tagged so."""
    return names(headers.get("if-none-match", ""), tag)


def unchanged(tag: str, more: dict[str, str] | None = None) -> Response:
    """304: what the client has will do."""
    return Response(status_code=304, headers={"ETag": tag, **(more or {})})


def names(header: str, tag: str) -> bool:
    """Whether ``If-Match`` or ``If-None-Match`` names the tag; weak or not makes no difference."""
    return header.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in header.split(",")}
