"""Workspaces."""

from starlette.responses import Response

from bitpail.api.needs import PUBLIC
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import WorkspaceAccess
from bitpail.wire import workspaces as wire


async def one(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET /2.0/workspaces/{workspace}``."""
    return json(wire.full(request.links, access.workspace))


ROUTES = [
    Route("GET", "/2.0/workspaces/{workspace}", Opens.WORKSPACE, PUBLIC, one),
]
