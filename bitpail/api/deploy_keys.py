"""SSH keys of machines on a repository or a project: read-only."""

from typing import Any

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import KEYS, PROJECT, PROJECT_KEYS, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access, ProjectAccess
from bitpail.model.access_keys import AccessKey
from bitpail.policy import members
from bitpail.services import access_keys as service
from bitpail.services.access_keys import Place
from bitpail.wire import keys as wire

_KEYS = f"{REPOSITORY}/deploy-keys"
_OF_PROJECT = f"{PROJECT}/deploy-keys"


class _Body(Struct):
    key: str | None = None
    label: str | None = None
    comment: str | None = None


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../deploy-keys``."""
    found = await service.of_place(request.site, access.repository)
    return request.collection(
        [wire.of_repository(request.links, access.workspace, access.repository, key) for key in found]
    )


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../deploy-keys/{key_id}``."""
    return _shown(request, access, await _named(request, access.repository))


async def create(request: ApiRequest, access: Access) -> Response:
    """``POST .../deploy-keys``."""
    return _shown(request, access, await _added(request, access, access.repository))


async def change(request: ApiRequest, access: Access) -> Response:
    """``PUT .../deploy-keys/{key_id}``: another label or comment; the key, if it is sent, has to be the same."""
    body = await request.body(_Body)
    key = await _named(request, access.repository)
    changes = service.Changes(body.label or "", body.comment or "", body.key or "")
    return _shown(request, access, await service.change(request.site, access.repository, key.id, changes))


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../deploy-keys/{key_id}``."""
    await service.remove(request.site, access.repository, (await _named(request, access.repository)).id)
    return empty()


async def listed_of_project(request: ApiRequest, access: ProjectAccess) -> Response:
    """``GET .../projects/{project_key}/deploy-keys``: those on the project itself."""
    return request.collection(
        await _of_project(request, access, await service.of_place(request.site, access.project))
    )


async def one_of_project(request: ApiRequest, access: ProjectAccess) -> Response:
    """``GET .../projects/{project_key}/deploy-keys/{key_id}``."""
    (shown,) = await _of_project(request, access, [await _named(request, access.project)])
    return json(shown)


async def create_on_project(request: ApiRequest, access: ProjectAccess) -> Response:
    """``POST .../projects/{project_key}/deploy-keys``: it opens what is in the project, now and later."""
    (shown,) = await _of_project(request, access, [await _added(request, access, access.project)])
    return json(shown)


async def delete_from_project(request: ApiRequest, access: ProjectAccess) -> Response:
    """``DELETE .../projects/{project_key}/deploy-keys/{key_id}``."""
    await service.remove(request.site, access.project, (await _named(request, access.project)).id)
    return empty()


async def _added(request: ApiRequest, access: Access | ProjectAccess, place: Place) -> AccessKey:
    body = await request.body(_Body)
    if not body.key:
        raise members.missing("key")
    label, comment = body.label or "", body.comment or ""
    try:
        return await service.add(
            request.site, place, body.key, label=label, comment=comment, by=access.actor.user
        )
    except (Invalid, Conflict) as error:
        raise members.invalid("key", error.message) from None


async def _of_project(
    request: ApiRequest, access: ProjectAccess, keys: list[AccessKey]
) -> list[dict[str, Any]]:
    makers = await service.makers(request.site, keys)
    return [
        wire.of_project(
            request.links,
            access.workspace,
            access.project,
            key,
            makers.get(key.created_by) if key.created_by else None,
        )
        for key in keys
    ]


async def _named(request: ApiRequest, place: Place) -> AccessKey:
    for key in await service.of_place(request.site, place):
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
    Route("GET", _OF_PROJECT, Opens.PROJECT, PROJECT_KEYS, listed_of_project),
    Route("POST", _OF_PROJECT, Opens.PROJECT, PROJECT_KEYS, create_on_project),
    Route("GET", f"{_OF_PROJECT}/{{key_id}}", Opens.PROJECT, PROJECT_KEYS, one_of_project),
    Route("DELETE", f"{_OF_PROJECT}/{{key_id}}", Opens.PROJECT, PROJECT_KEYS, delete_from_project),
]
