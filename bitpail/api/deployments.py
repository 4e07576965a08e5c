"""What was deployed. No operation makes one."""

from starlette.responses import Response

from bitpail.api.needs import PIPELINES, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.policy import names
from bitpail.services import deployments as service
from bitpail.wire import deployments as wire
from bitpail.wire.query import Comparison

_DEPLOYMENTS = f"{REPOSITORY}/deployments"
_STATE = "state.name"


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../deployments``; ``environment`` and ``state.name`` pick those of one, as recorded clients ask."""
    page = request.page()
    asked = request.asked
    environment, state = request.query.get("environment"), request.query.get(_STATE)
    if environment is not None:
        wanted = f"{{{names.in_braces(environment) or environment.lower()}}}"
        asked = asked.also(Comparison(("environment", "uuid"), "=", (wanted,)))
    if state is not None:
        asked = asked.also(Comparison(("state", "name"), "=", (state,)))
    found = await service.page(request.site, access, asked, page.offset, page.pagelen)
    values = [wire.deployment(request.links, access, one) for one in found.deployments]
    return request.listed(values, page, size=found.size)


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../deployments/{deployment_uuid}``."""
    found = await service.one(request.site, access, request.parameters["deployment_uuid"])
    return json(wire.deployment(request.links, access, found))


ROUTES = [
    Route("GET", _DEPLOYMENTS, Opens.REPOSITORY, PIPELINES, listed),
    Route("GET", f"{_DEPLOYMENTS}/{{deployment_uuid}}", Opens.REPOSITORY, PIPELINES, one),
]
