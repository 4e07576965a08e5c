"""Commits: the history a page at a time, and one by itself."""

from typing import Any

from starlette.responses import Response

from bitpail.api.needs import READ, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import described, json
from bitpail.errors import Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.services import approvals
from bitpail.services import commits as service
from bitpail.services.commits import Wanted
from bitpail.wire import commits as wire
from bitpail.wire import pages

PAGELEN = 30
_MOST_REVISIONS = 200


async def page(request: ApiRequest, access: Access) -> Response:
    """``GET`` and ``POST .../commits`` and ``.../commits/{revision}``: the same read.

    ``include`` and ``exclude`` may repeat, in the query or, with POST, in a form.
    """
    asked = request.page(PAGELEN)
    given: list[tuple[str, Any]] = [*request.query.multi_items()]
    if request.call.method == "POST":
        given += await request.fields()
    wanted = Wanted(
        revision=request.parameters.get("revision"),
        include=_all(given, "include"),
        exclude=_all(given, "exclude"),
        path=next(iter([*request.paths("path"), *_all(given, "path")]), None),
    )
    cursor = request.query.get("ctx")
    if cursor is None and asked.page > 1:
        raise Invalid("Invalid page: follow 'next' of the page before, this listing has no numbers")
    found = await service.page(request.site, access, wanted, asked.pagelen, cursor)
    values = await described(
        sum(len(commit.message) for commit in found.commits),
        lambda: wire.listed(request.links, access.workspace, access.repository, found.commits, found.people),
    )
    following = request.url(ctx=found.cursor, page=str(asked.page + 1)) if found.cursor else None
    return json(pages.iterated(values, pagelen=asked.pagelen, following=following))


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../commit/{commit}``."""
    commit = await service.one(request.site, access, request.parameters["commit"])
    people = await service.people(request.site, [commit])
    took_part = (
        await approvals.participants(request.site, access, commit.hash)
        if request.shows("participants")
        else []
    )
    return json(wire.single(request.links, access.workspace, access.repository, commit, people, took_part))


def _all(given: list[tuple[str, Any]], name: str) -> tuple[str, ...]:
    found: list[Any] = []
    for key, value in given:
        if key == name:
            found += value if isinstance(value, list) else [value]
    if not all(isinstance(value, str) for value in found) or len(found) > _MOST_REVISIONS:
        raise Invalid(f"{name}: must be text, at most {_MOST_REVISIONS} times")
    return tuple(found)


ROUTES = [
    Route("GET", f"{REPOSITORY}/commit/{{commit}}", Opens.REPOSITORY, READ, one),
    # POST reads too: include and exclude come as a form.
    Route("GET", f"{REPOSITORY}/commits", Opens.REPOSITORY, READ, page),
    Route("POST", f"{REPOSITORY}/commits", Opens.REPOSITORY, READ, page),
    Route("GET", f"{REPOSITORY}/commits/{{revision...}}", Opens.REPOSITORY, READ, page),
    Route("POST", f"{REPOSITORY}/commits/{{revision...}}", Opens.REPOSITORY, READ, page),
]
