"""The commits that touched a file."""

from typing import Any

from starlette.responses import Response

from bitpail.api.needs import READ, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import described, json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.services import file_history as service
from bitpail.services.file_history import Choose, People, Start, Version
from bitpail.wire import pages, query
from bitpail.wire import source as wire
from bitpail.wire.commits import Writer

_MEMBERS = frozenset({"type", "path", "commit", "links", "size", "attributes", "mimetype", "escaped_path"})


async def history(request: ApiRequest, access: Access) -> Response:
    """``GET .../filehistory/{commit}/{path}``."""
    start = Start(
        revision=request.parameters["commit"],
        path=request.parameters["path"],
        renames=request.query.get("renames", "true") != "false",
        cursor=request.cursor,
    )
    pagelen = request.pagelen()
    request.chosen([], members=_MEMBERS)
    if request.sort:
        return await _sorted(request, access, start, pagelen)
    found = await service.page(request.site, access, start, pagelen, _choose(request, access))
    values = await _values(request, access, found.versions, found.people)
    following = request.url(page=found.cursor) if found.cursor else None
    return json(pages.iterated(values, pagelen=pagelen, following=following))


async def _sorted(request: ApiRequest, access: Access, start: Start, pagelen: int) -> Response:
    found, skipped, cursor = await service.everything(request.site, access, start)
    chosen = request.chosen(await _values(request, access, found.versions, found.people), members=_MEMBERS)
    end = skipped + pagelen
    following = request.url(page=cursor(end)) if end < len(chosen) else None
    return json(pages.iterated(chosen[skipped:end], pagelen=pagelen, following=following))


def _choose(request: ApiRequest, access: Access) -> Choose | None:
    wanted = request.wanted
    if wanted is None:
        return None
    return lambda versions, people: [
        query.matches(wanted, one) for one in _described(request, access, versions, people)
    ]


async def _values(
    request: ApiRequest, access: Access, versions: list[Version], people: People
) -> list[dict[str, Any]]:
    length = sum(len(one.commit.message) for one in versions)
    return await described(length, lambda: _described(request, access, versions, people))


def _described(
    request: ApiRequest, access: Access, versions: list[Version], people: People
) -> list[dict[str, Any]]:
    writer = Writer(request.links, access.workspace, access.repository, people)
    return [wire.file(writer.at, one.commit.hash, one.file, writer.commit(one.commit)) for one in versions]


ROUTES = [
    Route("GET", f"{REPOSITORY}/filehistory/{{commit}}/{{path...}}", Opens.REPOSITORY, READ, history),
]
