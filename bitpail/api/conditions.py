"""Conditional requests: a tag for each JSON answer, and what clients ask of it. RFC 9110, section 13.

Bitbucket documents the tags of files only (7.11); everywhere else they are ours (choice).
"""

from starlette.datastructures import Headers
from starlette.responses import Response

from bitpail.api.responses import JSON
from bitpail.errors import BitpailError
from bitpail.http.conditions import has, names, tag_of, unchanged

_READS = frozenset({"GET", "HEAD"})
_CHANGES = frozenset({"PUT", "DELETE"})


class PreconditionFailed(BitpailError):
    """What the client would change is not what it has seen."""

    def __init__(self) -> None:
        super().__init__("What is here now is not what the request's condition says.")


def tagged(method: str, headers: Headers, response: Response) -> Response:
    """The answer to a read with its tag, or 304 if the client has it already."""
    if method not in _READS or response.status_code != 200 or not _is_json(response):
        return response
    tag = response.headers["ETag"] = tag_of(response)
    return unchanged(tag) if has(headers, tag) else response


def are_set(method: str, headers: Headers) -> bool:
    """Whether a change is to happen only if what is there now is as the client thinks."""
    return method in _CHANGES and ("if-match" in headers or "if-none-match" in headers)


def judge(headers: Headers, current: Response | None) -> None:
    """Raise PreconditionFailed unless what is there, None for nothing, is as the client thinks."""
    tag = tag_of(current) if current is not None else None
    if "if-match" in headers and not (tag and names(headers["if-match"], tag)):
        raise PreconditionFailed
    if tag and names(headers.get("if-none-match", ""), tag):
        raise PreconditionFailed


def _is_json(response: Response) -> bool:
    return response.headers.get("content-type") == JSON
