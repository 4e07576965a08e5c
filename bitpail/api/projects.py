"""Projects of a workspace."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import ADMINISTER_PROJECT, CREATE_PROJECT, PROJECT, PROJECTS
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.errors import Conflict, Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.access import ProjectAccess, WorkspaceAccess
from bitpail.model.projects import Project
from bitpail.model.workspaces import Workspace
from bitpail.services import projects as service
from bitpail.services import workspaces
from bitpail.wire import projects as wire

_PROJECTS = "/2.0/workspaces/{workspace}/projects"


class _Body(Struct):
    """Other members are taken and left alone."""

    key: str | None = None
    name: str | None = None
    description: str | None = None
    is_private: bool | None = None


async def listed(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET .../projects``: those that the actor may see."""
    found = await service.visible(request.site, access)
    person = await workspaces.person(request.site, access.workspace)
    return request.collection([wire.full(request.links, access.workspace, one, person) for one in found])


async def one(request: ApiRequest, access: ProjectAccess) -> Response:
    """``GET .../projects/{project_key}``."""
    return await _shown(request, access.workspace, access.project)


async def create(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``POST .../projects``."""
    body = await request.body(_Body)
    if not body.key:
        raise Invalid("key: required key not provided", {"key": ["required key not provided"]})
    return await _create(request, access, body.key, body)


async def put(request: ApiRequest, access: ProjectAccess | WorkspaceAccess) -> Response:
    """``PUT .../projects/{project_key}``: change it, or make it if there is none."""
    body = await request.body(_Body)
    if isinstance(access, WorkspaceAccess):
        return await _create(request, access, body.key or request.parameters["project_key"].upper(), body)
    try:
        changed = await service.change(
            request.site,
            access.project,
            key=body.key,
            name=body.name,
            description=body.description,
            is_private=body.is_private,
        )
    except Conflict:
        raise _taken() from None
    answer = await _shown(request, access.workspace, changed)
    if changed.key != access.project.key:
        # Documented: a new key is a new place.
        answer.headers["Location"] = request.links.project(access.workspace, changed)["href"]
    return answer


async def delete(request: ApiRequest, access: ProjectAccess) -> Response:
    """``DELETE .../projects/{project_key}``: an empty one."""
    await service.delete(request.site, access.project)
    return empty()


async def _create(request: ApiRequest, access: WorkspaceAccess, key: str, body: _Body) -> Response:
    if not body.name:
        raise Invalid("name: required key not provided", {"name": ["required key not provided"]})
    try:
        made = await service.create(
            request.site,
            access.workspace,
            key,
            body.name,
            description=body.description or "",
            is_private=body.is_private,
        )
    except Conflict:
        raise _taken() from None
    answer = await _shown(request, access.workspace, made)
    answer.status_code = 201
    return answer


def _taken() -> Invalid:
    return Invalid("Project with this Owner and Key already exists.")


async def _shown(request: ApiRequest, workspace: Workspace, project: Project) -> Response:
    person = await workspaces.person(request.site, workspace)
    return json(wire.full(request.links, workspace, project, person))


ROUTES = [
    Route("GET", _PROJECTS, Opens.WORKSPACE, PROJECTS, listed),
    Route("POST", _PROJECTS, Opens.WORKSPACE, CREATE_PROJECT, create),
    Route("GET", PROJECT, Opens.PROJECT, PROJECTS, one),
    Route("PUT", PROJECT, Opens.PROJECT_OR_NEW, ADMINISTER_PROJECT, put),
    Route("DELETE", PROJECT, Opens.PROJECT, ADMINISTER_PROJECT, delete),
]
