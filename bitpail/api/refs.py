"""Branches and tags."""

from typing import Any

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import READ, REPOSITORY, WRITE
from bitpail.api.request import ApiRequest
from bitpail.api.responses import described, empty, json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.model.refs import Ref
from bitpail.services import override_settings
from bitpail.services import refs as service
from bitpail.services.refs import BRANCHES, TAGS, RefsPage
from bitpail.wire import query
from bitpail.wire import refs as wire
from bitpail.wire.commits import Writer
from bitpail.wire.text import clean

_NATURAL = frozenset({"name"})
_MEMBERS = frozenset(
    {
        *("name", "type", "target", "links", "message", "date", "tagger"),
        *("merge_strategies", "sync_strategies", "default_merge_strategy"),
    }
)


class _Target(Struct):
    hash: str


class _NewRef(Struct):
    name: str
    target: _Target
    message: str | None = None


async def all_refs(request: ApiRequest, access: Access) -> Response:
    """``GET .../refs``: branches, then tags, in byte order of their names."""
    return await _page(request, access, (BRANCHES, TAGS))


async def branches(request: ApiRequest, access: Access) -> Response:
    """``GET .../refs/branches``."""
    return await _page(request, access, (BRANCHES,))


async def tags(request: ApiRequest, access: Access) -> Response:
    """``GET .../refs/tags``."""
    return await _page(request, access, (TAGS,))


async def branch(request: ApiRequest, access: Access) -> Response:
    """``GET .../refs/branches/{name}``."""
    found = await service.one(request.site, access, BRANCHES, request.parameters["name"])
    return json((await shown(request, access, found))[0])


async def tag(request: ApiRequest, access: Access) -> Response:
    """``GET .../refs/tags/{name}``."""
    found = await service.one(request.site, access, TAGS, request.parameters["name"])
    return json((await shown(request, access, found))[0])


async def create_branch(request: ApiRequest, access: Access) -> Response:
    """``POST .../refs/branches``."""
    body = await request.body(_NewRef)
    found = await service.create_branch(request.site, access, body.name, body.target.hash)
    return _created((await shown(request, access, found))[0])


async def create_tag(request: ApiRequest, access: Access) -> Response:
    """``POST .../refs/tags``: an annotated one."""
    body = await request.body(_NewRef)
    found = await service.create_tag(request.site, access, body.name, body.target.hash, body.message)
    return _created((await shown(request, access, found))[0])


async def delete_branch(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../refs/branches/{name}``."""
    await service.delete(request.site, access, BRANCHES, request.parameters["name"])
    return empty()


async def delete_tag(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../refs/tags/{name}``."""
    await service.delete(request.site, access, TAGS, request.parameters["name"])
    return empty()


def _created(made: dict[str, Any]) -> Response:
    return json(made, 201, {"Location": made["links"]["self"]["href"]})


async def _page(request: ApiRequest, access: Access, prefixes: tuple[str, ...]) -> Response:
    page = request.page()
    wanted, sort = request.wanted, request.sort
    if wanted is None and sort is None:
        found = await service.page(request.site, access, prefixes, page.offset, page.pagelen)
        return request.listed(await shown(request, access, found), page, size=found.size)
    asked = (query.fields(wanted) if wanted else set()) | ({sort.lstrip("-")} if sort else set())
    if asked <= {"name", "type"}:
        # What a name tells can be asked before any commit is read.
        found = await service.page(
            request.site, access, prefixes, page.offset, page.pagelen, lambda refs: _named(request, refs)
        )
        return request.listed(await shown(request, access, found), page, size=found.size)
    found = await service.page(request.site, access, prefixes, 0, None)
    chosen = request.chosen(await shown(request, access, found), natural=_NATURAL, members=_MEMBERS)
    return request.listed(chosen[page.offset : page.offset + page.pagelen], page, size=len(chosen))


def _named(request: ApiRequest, refs: list[Ref]) -> list[Ref]:
    described = [
        {"name": clean(ref.short), "type": "branch" if ref.name.startswith(BRANCHES) else "tag", "ref": ref}
        for ref in refs
    ]
    return [one["ref"] for one in request.chosen(described, natural=_NATURAL, members=_MEMBERS)]


async def shown(request: ApiRequest, access: Access, found: RefsPage) -> list[dict[str, Any]]:
    """Branches and tags as objects, wherever they occur."""
    strategy = await override_settings.default_merge_strategy(request.site, access)
    length = sum(len(one.commit.message) for one in found.refs if one.commit)
    return await described(length, lambda: _described(request, access, found, strategy))


def _described(request: ApiRequest, access: Access, found: RefsPage, strategy: str) -> list[dict[str, Any]]:
    writer = Writer(request.links, access.workspace, access.repository, found.people)
    return [
        wire.branch(writer, one.ref, one.commit, strategy)
        if one.ref.name.startswith(BRANCHES)
        else wire.tag(writer, one.ref, one.commit, one.tag)
        for one in found.refs
    ]


ROUTES = [
    Route("GET", f"{REPOSITORY}/refs", Opens.REPOSITORY, READ, all_refs),
    Route("GET", f"{REPOSITORY}/refs/branches", Opens.REPOSITORY, READ, branches),
    Route("POST", f"{REPOSITORY}/refs/branches", Opens.REPOSITORY, WRITE, create_branch),
    Route("GET", f"{REPOSITORY}/refs/branches/{{name...}}", Opens.REPOSITORY, READ, branch),
    Route("DELETE", f"{REPOSITORY}/refs/branches/{{name...}}", Opens.REPOSITORY, WRITE, delete_branch),
    Route("GET", f"{REPOSITORY}/refs/tags", Opens.REPOSITORY, READ, tags),
    Route("POST", f"{REPOSITORY}/refs/tags", Opens.REPOSITORY, WRITE, create_tag),
    Route("GET", f"{REPOSITORY}/refs/tags/{{name...}}", Opens.REPOSITORY, READ, tag),
    Route("DELETE", f"{REPOSITORY}/refs/tags/{{name...}}", Opens.REPOSITORY, WRITE, delete_tag),
]
