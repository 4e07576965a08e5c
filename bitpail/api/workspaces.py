"""Workspaces, who belongs to them, and their projects."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import (
    ACCOUNT,
    CREATE_PROJECT,
    PROJECTS,
    PUBLIC,
    WORKSPACE_MEMBERS,
)
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.http.routing import Opens, Route
from bitpail.model.access import WorkspaceAccess
from bitpail.model.permissions import Role
from bitpail.model.projects import Project
from bitpail.model.users import User
from bitpail.model.workspaces import Member
from bitpail.policy.decide import Decision
from bitpail.services import projects
from bitpail.services import workspaces as service
from bitpail.services.access import Refused
from bitpail.wire import projects as wire_projects
from bitpail.wire import workspaces as wire

_WORKSPACE = "/2.0/workspaces/{workspace}"
_ROLES = {"owner": {Role.OWNER}, "collaborator": {Role.OWNER, Role.COLLABORATOR}, "member": set(Role)}


class _Project(Struct):
    """Other members are taken and left alone."""

    key: str | None = None
    name: str | None = None
    description: str | None = None
    is_private: bool | None = None


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
    """``GET .../members`` and ``.../permissions``."""
    found = await _members(request, access)
    return request.collection(
        [wire.membership(request.links, access.workspace, one.user, one.role) for one in found]
    )


async def member(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET .../members/{member}``: by account ID or UUID in braces."""
    wanted = request.parameters["member"]
    for one in await _members(request, access):
        if wanted.lower() == f"{{{one.user.id}}}" or wanted == one.user.account_id:
            return json(wire.membership(request.links, access.workspace, one.user, one.role))
    raise NotFound(f"{wanted} is no member of {access.workspace.slug}")


async def _members(request: ApiRequest, access: WorkspaceAccess) -> list[Member]:
    """Who belongs to a workspace is told to those who do (choice). Raises Refused."""
    found = await service.members(request.site, access.workspace)
    user = access.actor.user
    if user is None or all(one.user.id != user.id for one in found):
        raise Refused(Decision.PERMISSION, access.actor, request.need)
    return found


async def projects_of(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET .../projects``: those that the actor may see."""
    found = await projects.visible(request.site, access)
    person = await service.person(request.site, access.workspace)
    return request.collection(
        [wire_projects.full(request.links, access.workspace, one, person) for one in found]
    )


async def project(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET .../projects/{project_key}``."""
    return await _project(request, access, await projects.one(request.site, access, _key(request)))


async def create_project(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``POST .../projects``."""
    body = await request.body(_Project)
    if not body.key:
        raise Invalid("key: required key not provided", {"key": ["required key not provided"]})
    return await _create(request, access, body.key, body)


async def put_project(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``PUT .../projects/{project_key}``: change it, or make it if there is none."""
    body = await request.body(_Project)
    try:
        found = await projects.one(request.site, access, _key(request))
    except NotFound:
        return await _create(request, access, body.key or _key(request), body)
    try:
        changed = await projects.change(
            request.site,
            found,
            key=body.key,
            name=body.name,
            description=body.description,
            is_private=body.is_private,
        )
    except Conflict:
        raise _taken() from None
    return await _project(request, access, changed)


async def delete_project(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``DELETE .../projects/{project_key}``: an empty one."""
    await projects.delete(request.site, await projects.one(request.site, access, _key(request)))
    return empty()


async def _create(request: ApiRequest, access: WorkspaceAccess, key: str, body: _Project) -> Response:
    if not body.name:
        raise Invalid("name: required key not provided", {"name": ["required key not provided"]})
    try:
        made = await projects.create(
            request.site,
            access.workspace,
            key,
            body.name,
            description=body.description or "",
            is_private=body.is_private,
        )
    except Conflict:
        raise _taken() from None
    answer = await _project(request, access, made)
    answer.status_code = 201
    return answer


def _taken() -> Invalid:
    return Invalid("Project with this Owner and Key already exists.")


def _key(request: ApiRequest) -> str:
    return request.parameters["project_key"].upper()


async def _project(request: ApiRequest, access: WorkspaceAccess, one: Project) -> Response:
    person = await service.person(request.site, access.workspace)
    return json(wire_projects.full(request.links, access.workspace, one, person))


ROUTES = [
    Route("GET", "/2.0/workspaces", Opens.OWN_ACCOUNT, ACCOUNT, own),
    Route("GET", "/2.0/user/workspaces", Opens.OWN_ACCOUNT, ACCOUNT, accesses),
    Route("GET", "/2.0/user/workspaces/{workspace}/permission", Opens.OWN_ACCOUNT, ACCOUNT, own_membership),
    Route("GET", "/2.0/user/permissions/workspaces", Opens.OWN_ACCOUNT, ACCOUNT, own_memberships),
    Route("GET", _WORKSPACE, Opens.WORKSPACE, PUBLIC, one),
    Route("GET", f"{_WORKSPACE}/members", Opens.WORKSPACE, WORKSPACE_MEMBERS, members),
    Route("GET", f"{_WORKSPACE}/members/{{member}}", Opens.WORKSPACE, WORKSPACE_MEMBERS, member),
    Route("GET", f"{_WORKSPACE}/permissions", Opens.WORKSPACE, WORKSPACE_MEMBERS, members),
    Route("GET", f"{_WORKSPACE}/projects", Opens.WORKSPACE, PROJECTS, projects_of),
    Route("POST", f"{_WORKSPACE}/projects", Opens.WORKSPACE, CREATE_PROJECT, create_project),
    Route("GET", f"{_WORKSPACE}/projects/{{project_key}}", Opens.WORKSPACE, PROJECTS, project),
    Route("PUT", f"{_WORKSPACE}/projects/{{project_key}}", Opens.WORKSPACE, CREATE_PROJECT, put_project),
    Route(
        "DELETE", f"{_WORKSPACE}/projects/{{project_key}}", Opens.WORKSPACE, CREATE_PROJECT, delete_project
    ),
]
