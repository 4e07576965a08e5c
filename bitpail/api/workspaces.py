"""Workspaces, and who belongs to them."""

from starlette.responses import Response

from bitpail.api.needs import ACCOUNT, PUBLIC, WORKSPACE_MEMBERS, WORKSPACE_PERMISSIONS
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.errors import Invalid, NotFound
from bitpail.http.routing import Opens, Route
from bitpail.model.access import WorkspaceAccess
from bitpail.model.permissions import Role
from bitpail.model.users import User
from bitpail.services import members as member_service
from bitpail.services import workspaces as service
from bitpail.wire import workspaces as wire

_WORKSPACE = "/2.0/workspaces/{workspace}"
_ROLES = {"owner": {Role.OWNER}, "collaborator": {Role.OWNER, Role.COLLABORATOR}, "member": set(Role)}


async def one(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET /2.0/workspaces/{workspace}``."""
    return json(wire.full(request.links, access.workspace))


async def own(request: ApiRequest, user: User) -> Response:
    """``GET /2.0/workspaces``: those that one belongs to; ``role`` asks for at least that one."""
    wanted = _ROLES.get(request.query.get("role", "member"))
    if wanted is None:
        raise Invalid(f"role: must be one of {', '.join(_ROLES)}")
    found = await service.of_user(request.site, user)
    return request.collection([wire.full(request.links, one) for one, role in found if role in wanted])


async def accesses(request: ApiRequest, user: User) -> Response:
    """``GET /2.0/user/workspaces``."""
    found = await service.of_user(request.site, user)
    wanted = request.query.get("administrator")
    if wanted not in {None, "true", "false"}:
        raise Invalid("administrator: must be true or false")
    return request.collection(
        [
            wire.access(request.links, one, is_administrator=role is Role.OWNER)
            for one, role in found
            if wanted is None or (wanted == "true") == (role is Role.OWNER)
        ]
    )


async def own_memberships(request: ApiRequest, user: User) -> Response:
    """``GET /2.0/user/permissions/workspaces``."""
    found = await service.of_user(request.site, user)
    return request.collection([wire.membership(request.links, one, user, role) for one, role in found])


async def own_membership(request: ApiRequest, user: User) -> Response:
    """``GET /2.0/user/workspaces/{workspace}/permission``."""
    name = request.parameters["workspace"].lower()
    for one, role in await service.of_user(request.site, user):
        if name in {one.slug, f"{{{one.id}}}"}:
            return json(wire.membership(request.links, one, user, role))
    raise NotFound(f"No workspace with identifier '{request.parameters['workspace']}'.")


async def members(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET .../members`` and ``.../permissions``.

    Owners may ask by ``user.email``, and with ``fields=+values.user.email`` are shown which it was.
    """
    page = request.page()
    found = await member_service.page(request.site, access, request.asked, page.offset, page.pagelen)
    shown = found.addresses if "user.email" in request.query.get("fields", "") else {}
    values = [
        wire.membership(request.links, access.workspace, one.user, one.role, shown.get(one.user.id))
        for one in found.members
    ]
    return request.listed(values, page, size=found.size)


async def member(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET .../members/{member}``: by account ID or UUID in braces."""
    user, role = await member_service.one(request.site, access, request.parameters["member"])
    return json(wire.membership(request.links, access.workspace, user, role))


ROUTES = [
    Route("GET", "/2.0/workspaces", Opens.OWN_ACCOUNT, ACCOUNT, own),
    Route("GET", "/2.0/user/workspaces", Opens.OWN_ACCOUNT, ACCOUNT, accesses),
    Route("GET", "/2.0/user/workspaces/{workspace}/permission", Opens.OWN_ACCOUNT, ACCOUNT, own_membership),
    Route("GET", "/2.0/user/permissions/workspaces", Opens.OWN_ACCOUNT, ACCOUNT, own_memberships),
    Route("GET", _WORKSPACE, Opens.WORKSPACE, PUBLIC, one),
    Route("GET", f"{_WORKSPACE}/members", Opens.WORKSPACE, WORKSPACE_MEMBERS, members),
    Route("GET", f"{_WORKSPACE}/members/{{member}}", Opens.WORKSPACE, WORKSPACE_MEMBERS, member),
    Route("GET", f"{_WORKSPACE}/permissions", Opens.WORKSPACE, WORKSPACE_PERMISSIONS, members),
]
