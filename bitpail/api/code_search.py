"""Searching the code of a workspace."""

from typing import Any

from starlette.responses import Response

from bitpail.api.needs import SEARCH
from bitpail.api.repositories import several
from bitpail.api.request import ApiRequest
from bitpail.errors import Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.access import WorkspaceAccess
from bitpail.services import code_search as service
from bitpail.wire import code_search as wire


async def find(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET .../search/code``: the files that a query finds in what the actor may see."""
    text = request.query.get("search_query", "")
    if not text.strip():
        message = "required parameter not provided"
        raise Invalid(f"search_query: {message}", {"search_query": [message]})
    page = request.page()
    found = await service.find(request.site, access, text, page.offset, page.pagelen)
    located = await service.located(request.site, access, found.files)
    repositories: dict[str, dict[str, Any]] = {}
    if request.asks_for("values", "file", "commit", "repository"):
        shown = await several(request, list(located.values()))
        repositories = dict(zip(located, shown, strict=True))
    values = [
        wire.result(
            request.links.repository(
                located[one.repository_id].workspace, located[one.repository_id].repository
            ),
            one,
            repositories.get(one.repository_id),
        )
        for one in found.files
        if one.repository_id in located
    ]
    return request.listed(values, page, size=found.size, more={"query_substituted": False})


ROUTES = [
    Route("GET", "/2.0/workspaces/{workspace}/search/code", Opens.WORKSPACE, SEARCH, find),
    Route("GET", "/2.0/teams/{username}/search/code", Opens.TEAM, SEARCH, find),
    Route("GET", "/2.0/users/{selected_user}/search/code", Opens.PERSONAL_WORKSPACE, SEARCH, find),
]
