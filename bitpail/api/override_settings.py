"""What a repository says for itself instead of taking it from its project."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import ADMINISTER, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.services import override_settings as service
from bitpail.wire import override_settings as wire

_SETTINGS = f"{REPOSITORY}/override-settings"


class _Flags(Struct):
    default_merge_strategy: bool | None = None
    branching_model: bool | None = None


class _Body(_Flags):
    """What is shown holds the two inside another object; clients are known that send them bare."""

    override_settings: _Flags | None = None


async def shown(request: ApiRequest, access: Access) -> Response:
    """``GET .../override-settings``."""
    return json(wire.state(await service.overrides(request.site, access.repository)))


async def change(request: ApiRequest, access: Access) -> Response:
    """``PUT .../override-settings``: what is not sent stays."""
    body = await request.body(_Body)
    flags = body.override_settings or body
    await service.change(
        request.site,
        access,
        default_merge_strategy=flags.default_merge_strategy,
        branching_model=flags.branching_model,
    )
    return empty()


ROUTES = [
    Route("GET", _SETTINGS, Opens.REPOSITORY, ADMINISTER, shown),
    Route("PUT", _SETTINGS, Opens.REPOSITORY, ADMINISTER, change),
]
