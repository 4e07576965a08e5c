"""What people say of a commit, of its files and of their lines."""

from typing import Any

from msgspec import Struct, field
from starlette.responses import Response

from bitpail.api.needs import COMMENT, READ, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import described, empty, json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.model.commit_comments import CommitComment, Inline
from bitpail.services import commit_comments as service
from bitpail.wire import commit_comments as wire

_COMMENTS = f"{REPOSITORY}/commit/{{commit}}/comments"


class _Content(Struct):
    """Its ``markup`` is always Markdown."""

    raw: str | None = None


class _Inline(Struct):
    path: str
    from_line: int | None = field(default=None, name="from")
    to_line: int | None = field(default=None, name="to")
    start_from: int | None = None
    start_to: int | None = None


class _Parent(Struct):
    id: int


class _Body(Struct):
    content: _Content | None = None
    inline: _Inline | None = None
    parent: _Parent | None = None

    @property
    def raw(self) -> str:
        """What is said, empty for nothing."""
        return (self.content and self.content.raw) or ""

    @property
    def place(self) -> Inline | None:
        """Where in the commit."""
        given = self.inline
        if given is None:
            return None
        return Inline(given.path, given.from_line, given.to_line, given.start_from, given.start_to)


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../commit/{commit}/comments``: ``q`` and ``sort``; the oldest first."""
    page = request.page()
    found = await service.page(
        request.site, access, request.parameters["commit"], request.asked, page.offset, page.pagelen
    )
    values = await described(
        sum(len(one.content) for one in found.comments),
        lambda: [_shown(request, access, one) for one in found.comments],
    )
    return request.listed(values, page, size=found.size)


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../comments/{comment_id}``."""
    return json(_shown(request, access, await service.one(request.site, access, *_names(request))))


async def create(request: ApiRequest, access: Access) -> Response:
    """``POST .../commit/{commit}/comments``: with ``parent.id`` an answer."""
    body = await request.body(_Body)
    parent = body.parent.id if body.parent else None
    commit = request.parameters["commit"]
    return _said(
        request, access, await service.create(request.site, access, commit, body.raw, body.place, parent)
    )


async def change(request: ApiRequest, access: Access) -> Response:
    """``PUT .../comments/{comment_id}``: other words; nothing else of it can be changed."""
    body = await request.body(_Body)
    return _said(request, access, await service.change(request.site, access, *_names(request), body.raw))


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../comments/{comment_id}``."""
    await service.delete(request.site, access, *_names(request))
    return empty()


def _names(request: ApiRequest) -> tuple[str, str]:
    return request.parameters["commit"], request.parameters["comment_id"]


def _shown(request: ApiRequest, access: Access, one: CommitComment) -> dict[str, Any]:
    return wire.comment(request.links, access, one)


def _said(request: ApiRequest, access: Access, one: CommitComment) -> Response:
    """The contract has 201 for a changed one too."""
    shown = _shown(request, access, one)
    return json(shown, 201, {"Location": shown["links"]["self"]["href"]})


ROUTES = [
    Route("GET", _COMMENTS, Opens.REPOSITORY, READ, listed),
    Route("POST", _COMMENTS, Opens.REPOSITORY, COMMENT, create),
    Route("GET", f"{_COMMENTS}/{{comment_id}}", Opens.REPOSITORY, READ, one),
    Route("PUT", f"{_COMMENTS}/{{comment_id}}", Opens.REPOSITORY, COMMENT, change),
    Route("DELETE", f"{_COMMENTS}/{{comment_id}}", Opens.REPOSITORY, COMMENT, delete),
]
