"""Who approves of a commit."""

from starlette.responses import Response

from bitpail.api.needs import APPROVE, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.services import approvals as service
from bitpail.wire import approvals as wire

_APPROVE = f"{REPOSITORY}/commit/{{commit}}/approve"


async def approve(request: ApiRequest, access: Access) -> Response:
    """``POST .../commit/{commit}/approve``."""
    made = await service.approve(request.site, access, request.parameters["commit"])
    return json(wire.participant(request.links, made))


async def withdraw(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../commit/{commit}/approve``."""
    await service.withdraw(request.site, access, request.parameters["commit"])
    return empty()


ROUTES = [
    Route("POST", _APPROVE, Opens.REPOSITORY, APPROVE, approve),
    Route("DELETE", _APPROVE, Opens.REPOSITORY, APPROVE, withdraw),
]
