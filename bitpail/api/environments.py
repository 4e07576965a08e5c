"""Where a repository is deployed to."""

from typing import Any

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import PIPELINES, REPOSITORY, RUN_PIPELINES
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.model.environments import RANKS, EnvironmentDetail, EnvironmentType
from bitpail.services import environments as service
from bitpail.wire import environments as wire

_ENVIRONMENTS = f"{REPOSITORY}/environments"
_ONE = f"{_ENVIRONMENTS}/{{environment_uuid}}"


class _Type(Struct):
    name: EnvironmentType


class _Restrictions(Struct):
    admin_only: bool = False


class _Body(Struct):
    """Of a type that is left out it is a test; ``lock`` and ``category`` are the server's to say."""

    type: str | None = None
    name: str | None = None
    environment_type: _Type | None = None
    rank: int | None = None
    hidden: bool | None = None
    environment_lock_enabled: bool | None = None
    deployment_gate_enabled: bool | None = None
    restrictions: _Restrictions | None = None

    @property
    def detail(self) -> EnvironmentDetail:
        """What it says besides the name."""
        kind = self.environment_type.name if self.environment_type else EnvironmentType.TEST
        return EnvironmentDetail(
            environment_type=kind,
            rank=RANKS[kind] if self.rank is None else self.rank,
            admin_only=self.restrictions.admin_only if self.restrictions else False,
            hidden=self.hidden or False,
            environment_lock_enabled=self.environment_lock_enabled is not False,
            deployment_gate_enabled=self.deployment_gate_enabled or False,
        )


class _Change(Struct):
    change: Any = None


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../environments``."""
    page = request.page()
    found = await service.page(request.site, access, request.asked, page.offset, page.pagelen)
    values = [wire.environment(one) for one in found.environments]
    return request.listed(values, page, size=found.size)


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../environments/{environment_uuid}``."""
    found = await service.one(request.site, access, request.parameters["environment_uuid"])
    return json(wire.environment(found))


async def create(request: ApiRequest, access: Access) -> Response:
    """``POST .../environments``."""
    body = await request.body(_Body)
    request.must_be_a("deployment_environment", body.type or "deployment_environment")
    made = await service.create(request.site, access.repository, body.name or "", body.detail)
    at = request.links.repository(access.workspace, access.repository)
    return json(wire.environment(made), 201, {"Location": at.environment(made.id)["href"]})


async def change(request: ApiRequest, access: Access) -> Response:
    """``POST .../environments/{environment_uuid}/changes``: 202 and nothing else, though it is done by then."""
    body = await request.body(_Change)
    await service.change(request.site, access, request.parameters["environment_uuid"], body.change)
    return empty(202)


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../environments/{environment_uuid}``."""
    await service.remove(request.site, access, request.parameters["environment_uuid"])
    return empty()


ROUTES = [
    Route("GET", _ENVIRONMENTS, Opens.REPOSITORY, PIPELINES, listed),
    Route("POST", _ENVIRONMENTS, Opens.REPOSITORY, RUN_PIPELINES, create),
    Route("GET", _ONE, Opens.REPOSITORY, PIPELINES, one),
    Route("DELETE", _ONE, Opens.REPOSITORY, RUN_PIPELINES, delete),
    Route("POST", f"{_ONE}/changes", Opens.REPOSITORY, RUN_PIPELINES, change),
]
