"""Branches and tags."""

from starlette.responses import Response

from bitpail.api.request import ApiRequest
from bitpail.model.access import Access
from bitpail.services import refs as service
from bitpail.services.refs import BRANCHES, TAGS
from bitpail.wire import refs as wire
from bitpail.wire.commits import Writer


async def all_refs(request: ApiRequest, access: Access) -> Response:
    """``GET .../refs``: branches, then tags, in byte order of their names."""
    return await _page(request, access, (BRANCHES, TAGS))


async def branches(request: ApiRequest, access: Access) -> Response:
    """``GET .../refs/branches``."""
    return await _page(request, access, (BRANCHES,))


async def tags(request: ApiRequest, access: Access) -> Response:
    """``GET .../refs/tags``."""
    return await _page(request, access, (TAGS,))


async def _page(request: ApiRequest, access: Access, prefixes: tuple[str, ...]) -> Response:
    page = request.page()
    found = await service.page(request.site, access, prefixes, page.offset, page.pagelen)
    writer = Writer(request.links, access.workspace, access.repository, found.people)
    values = [
        wire.branch(writer, one.ref, one.commit)
        if one.ref.name.startswith(BRANCHES)
        else wire.tag(writer, one.ref, one.commit, one.tag)
        for one in found.refs
    ]
    return request.listed(values, page, size=found.size)
