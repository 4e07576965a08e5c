"""Explicit permissions of users and groups on repositories and projects: ``permissions-config``.

Bitbucket's texts say that these listings are neither narrowed nor ordered by ``q`` and ``sort``.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import GRANT, GRANT_ON_PROJECT, PROJECT, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.errors import Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access, ProjectAccess
from bitpail.model.grants import Grant, Place
from bitpail.model.groups import Group
from bitpail.model.users import User
from bitpail.services import grants as service
from bitpail.services import groups, users
from bitpail.wire import grants as wire

Opened = Access | ProjectAccess


class _Body(Struct):
    """Other members are taken and left alone."""

    permission: str | None = None


async def to_users(request: ApiRequest, access: Opened) -> Response:
    """``GET .../permissions-config/users``."""
    return await _listed(request, access, to_groups=False)


async def to_groups(request: ApiRequest, access: Opened) -> Response:
    """``GET .../permissions-config/groups``."""
    return await _listed(request, access, to_groups=True)


async def _listed(request: ApiRequest, access: Opened, *, to_groups: bool) -> Response:
    page = request.page()
    found, size = await service.page(
        request.site, _place(access), to_groups=to_groups, offset=page.offset, limit=page.pagelen
    )
    return request.listed([_shown(request, access, one) for one in found], page, size=size)


async def one(request: ApiRequest, access: Opened) -> Response:
    """``GET`` of one: ``none`` if nothing was given explicitly."""
    found = await service.one(request.site, _place(access), await _whom(request, access))
    return json(_shown(request, access, found))


async def put(request: ApiRequest, access: Opened) -> Response:
    """``PUT`` of one: given, or changed."""
    body = await request.body(_Body)
    if body.permission is None:
        raise Invalid("permission: required key not provided", {"permission": ["required key not provided"]})
    place = _place(access)
    grant = service.named(place, await _whom(request, access), body.permission)
    await service.put(request.site, place, grant)
    shown = _shown(request, access, grant)
    return json(shown, headers={"Location": shown["links"]["self"]["href"]})


async def delete(request: ApiRequest, access: Opened) -> Response:
    """``DELETE`` of one, if there is one."""
    await service.delete(request.site, _place(access), await _whom(request, access))
    return empty()


def _place(access: Opened) -> Place:
    return access.repository if isinstance(access, Access) else access.project


async def _whom(request: ApiRequest, access: Opened) -> User | Group:
    """Who stands in the path; raises NotFound."""
    if "group_slug" in request.parameters:
        return await groups.named(request.site, access.workspace, request.parameters["group_slug"])
    return await users.identified(request.site, request.parameters["selected_user_id"])


def _shown(request: ApiRequest, access: Opened, grant: Grant) -> dict[str, Any]:
    if isinstance(access, Access):
        return wire.on_repository(request.links, access.workspace, access.repository, grant)
    return wire.on_project(request.links, access.workspace, access.project, grant)


def _routes() -> list[Route]:
    found = []
    for root, opens, need in (
        (REPOSITORY, Opens.REPOSITORY, GRANT),
        (PROJECT, Opens.PROJECT, GRANT_ON_PROJECT),
    ):
        of_users, of_groups = f"{root}/permissions-config/users", f"{root}/permissions-config/groups"
        rows: list[tuple[str, str, Callable[..., Awaitable[Response]]]] = [
            ("GET", of_groups, to_groups),
            ("GET", of_users, to_users),
        ]
        for single in (f"{of_groups}/{{group_slug}}", f"{of_users}/{{selected_user_id}}"):
            rows += [("GET", single, one), ("PUT", single, put), ("DELETE", single, delete)]
        found += [Route(method, template, opens, need, handler) for method, template, handler in rows]
    return found


ROUTES = _routes()
