"""SSH keys of machines on a repository: read-only."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import KEYS, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.model.access_keys import AccessKey
from bitpail.services import access_keys as service
from bitpail.wire import keys as wire

_KEYS = f"{REPOSITORY}/deploy-keys"


class _Body(Struct):
    key: str | None = None
    label: str = ""
    comment: str = ""


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../deploy-keys``."""
    found = await service.of_place(request.site, access.repository)
    return request.collection(
        [wire.of_repository(request.links, access.workspace, access.repository, key) for key in found]
    )


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../deploy-keys/{key_id}``."""
    return _shown(request, access, await _named(request, access))


async def create(request: ApiRequest, access: Access) -> Response:
    """``POST .../deploy-keys``."""
    body = await request.body(_Body)
    if not body.key:
        raise Invalid("key: required key not provided", {"key": ["required key not provided"]})
    try:
        made = await service.add(request.site, access.repository, body.key, label=body.label)
    except (Invalid, Conflict) as error:
        raise Invalid(f"key: {error.message}", {"key": [error.message]}) from None
    return _shown(request, access, made)


async def change(request: ApiRequest, access: Access) -> Response:
    """``PUT .../deploy-keys/{key_id}``: another label; the key stays what it is."""
    body = await request.body(_Body)
    key = await _named(request, access)
    return _shown(request, access, await service.relabel(request.site, access.repository, key.id, body.label))


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../deploy-keys/{key_id}``."""
    await service.remove(request.site, access.repository, (await _named(request, access)).id)
    return empty()


async def _named(request: ApiRequest, access: Access) -> AccessKey:
    for key in await service.of_place(request.site, access.repository):
        if str(wire.number(key)) == request.parameters["key_id"]:
            return key
    raise NotFound("there is no such deploy key")


def _shown(request: ApiRequest, access: Access, key: AccessKey) -> Response:
    return json(wire.of_repository(request.links, access.workspace, access.repository, key))


ROUTES = [
    Route("GET", _KEYS, Opens.REPOSITORY, KEYS, listed),
    Route("POST", _KEYS, Opens.REPOSITORY, KEYS, create),
    Route("GET", f"{_KEYS}/{{key_id}}", Opens.REPOSITORY, KEYS, one),
    Route("PUT", f"{_KEYS}/{{key_id}}", Opens.REPOSITORY, KEYS, change),
    Route("DELETE", f"{_KEYS}/{{key_id}}", Opens.REPOSITORY, KEYS, delete),
]
