"""What programs keep at repositories, commits and people."""

from typing import Any

from starlette.responses import Response

from bitpail.api.needs import ANYBODY, KEEP, KEEP_OWN, PUBLIC, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access, Actor
from bitpail.model.users import User
from bitpail.services import properties as service
from bitpail.services import users
from bitpail.services.properties import Place

_NAMED = "properties/{app_key}/{property_name}"
_REPOSITORY = f"{REPOSITORY}/{_NAMED}"
_COMMIT = f"{REPOSITORY}/commit/{{commit}}/{_NAMED}"
_USER = f"/2.0/users/{{selected_user}}/{_NAMED}"


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../properties/{app_key}/{property_name}``, of a repository or a commit."""
    return await _one(request, await _at_repository(request, access))


async def put(request: ApiRequest, access: Access) -> Response:
    """``PUT`` there: an object of the client's own making."""
    return await _put(request, await _at_repository(request, access))


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE`` there."""
    await service.remove(request.site, await _at_repository(request, access))
    return empty()


async def one_of_user(request: ApiRequest, actor: Actor) -> Response:
    """``GET /2.0/users/{selected_user}/properties/{app_key}/{property_name}``."""
    user = await users.identified(request.site, request.parameters["selected_user"])
    return await _one(request, _at_user(request, user, actor))


async def put_of_user(request: ApiRequest, user: User) -> Response:
    """``PUT`` there: one's own."""
    await request.must_be(user)
    return await _put(request, _at_user(request, user, request.call.actor))


async def delete_of_user(request: ApiRequest, user: User) -> Response:
    """``DELETE`` there."""
    await request.must_be(user)
    await service.remove(request.site, _at_user(request, user, request.call.actor))
    return empty()


async def _one(request: ApiRequest, place: Place) -> Response:
    return json((await service.read(request.site, place)).value)


async def _put(request: ApiRequest, place: Place) -> Response:
    value: dict[str, Any] = dict(await request.fields())
    await service.write(request.site, place, value, value.get("_attributes", []))
    return empty()


async def _at_repository(request: ApiRequest, access: Access) -> Place:
    given = request.parameters
    commit = given.get("commit")
    return await service.at_repository(request.site, access, commit, given["app_key"], given["property_name"])


def _at_user(request: ApiRequest, user: User, actor: Actor) -> Place:
    given = request.parameters
    return service.at_user(user, actor, request.need, given["app_key"], given["property_name"])


ROUTES = [
    Route("GET", _REPOSITORY, Opens.REPOSITORY, ANYBODY, one),
    Route("PUT", _REPOSITORY, Opens.REPOSITORY, KEEP, put),
    Route("DELETE", _REPOSITORY, Opens.REPOSITORY, KEEP, delete),
    Route("GET", _COMMIT, Opens.REPOSITORY, ANYBODY, one),
    Route("PUT", _COMMIT, Opens.REPOSITORY, KEEP, put),
    Route("DELETE", _COMMIT, Opens.REPOSITORY, KEEP, delete),
    Route("GET", _USER, Opens.SITE, PUBLIC, one_of_user),
    Route("PUT", _USER, Opens.OWN_ACCOUNT, KEEP_OWN, put_of_user),
    Route("DELETE", _USER, Opens.OWN_ACCOUNT, KEEP_OWN, delete_of_user),
]
