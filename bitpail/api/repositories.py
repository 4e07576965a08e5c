"""Repositories: listed, read, made, changed, deleted."""

from typing import Any

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import ADMINISTER, CREATE_REPOSITORY, DELETE, READ, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.errors import Conflict, Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access, WorkspaceAccess
from bitpail.model.override_settings import Overrides
from bitpail.model.permissions import Permission
from bitpail.model.projects import Project
from bitpail.model.repositories import ForkPolicy, Repository
from bitpail.model.workspaces import Workspace
from bitpail.services import override_settings, workspaces
from bitpail.services import repositories as service
from bitpail.services.repositories import Wanted
from bitpail.wire import repositories as wire

_ROLES = {
    None: Permission.READ,
    "member": Permission.READ,
    "contributor": Permission.WRITE,
    "admin": Permission.ADMIN,
    "owner": Permission.ADMIN,
}


class _ProjectName(Struct):
    key: str | None = None
    uuid: str | None = None


class _Branch(Struct):
    name: str | None = None


class _Body(Struct):
    """The members that a client may set; others are taken and left alone, as recorded clients expect."""

    scm: str | None = None
    name: str | None = None
    description: str | None = None
    website: str | None = None
    language: str | None = None
    is_private: bool | None = None
    has_wiki: bool | None = None
    has_issues: bool | None = None
    fork_policy: ForkPolicy | None = None
    project: _ProjectName | None = None
    mainbranch: _Branch | None = None


async def of_workspace(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``GET /2.0/repositories/{workspace}``: those that the actor may see."""
    role = request.query.get("role")
    if role not in _ROLES:
        raise Invalid(f"role: must be one of {', '.join(name for name in _ROLES if name)}")
    page = request.page()
    listing = await service.visible(
        request.site, access, _ROLES[role], page.offset, page.pagelen, request.asked
    )
    overrides = await override_settings.of_several(
        request.site, [located.repository for located in listing.repositories]
    )
    values = [
        await _shown(
            request,
            located.workspace,
            located.project,
            located.repository,
            overrides[located.repository.id],
        )
        for located in listing.repositories
    ]
    return request.listed(values, page, size=listing.size)


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET /2.0/repositories/{workspace}/{repo_slug}``."""
    overrides = await override_settings.overrides(request.site, access.repository)
    return json(await _shown(request, access.workspace, access.project, access.repository, overrides))


async def create(request: ApiRequest, access: WorkspaceAccess) -> Response:
    """``POST``: a new repository with the slug of the path."""
    body = await request.body(_Body)
    if body.scm not in {None, "git"}:
        raise Invalid("scm: must be git", {"scm": ["must be git"]})
    slug = request.parameters["repo_slug"]
    wanted = await _wanted(request, access.workspace, body)
    try:
        made = await service.create(request.site, access.workspace, slug, wanted, access.actor.user)
    except Conflict:
        raise _taken() from None
    return json(await _from_scratch(request, access.workspace, made))


async def put(request: ApiRequest, access: Access | WorkspaceAccess) -> Response:
    """``PUT``: change the repository, or make it if there is none. A new name moves it."""
    if isinstance(access, WorkspaceAccess):
        made = await create(request, access)
        if made.status_code == 200:
            made.status_code = 201
        return made
    wanted = await _wanted(request, access.workspace, await request.body(_Body))
    try:
        changed = await service.update(request.site, access, wanted)
    except Conflict:
        raise _taken() from None
    shown = await _from_scratch(request, access.workspace, changed)
    return json(shown, headers={"Location": shown["links"]["self"]["href"]})


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE``: the repository with its wiki. ``redirect_to`` is told at its page, and nowhere in the API."""
    moved_to = request.query.get("redirect_to") or None
    await service.delete(request.site, access.repository, moved_to=moved_to)
    return empty()


def _taken() -> Invalid:
    # Recorded with 400, not 409.
    fields = {"name": ["You already have a repository with this name."]}
    return Invalid("Repository with this Slug and Owner already exists.", fields)


async def _wanted(request: ApiRequest, workspace: Workspace, body: _Body) -> Wanted:
    project_key = None
    if body.project is not None:
        project = await workspaces.project_named(
            request.site, workspace, key=body.project.key, uuid=body.project.uuid
        )
        project_key = project.key
    return Wanted(
        name=body.name,
        description=body.description,
        website=body.website,
        language=body.language,
        is_private=body.is_private,
        has_wiki=body.has_wiki,
        has_issues=body.has_issues,
        fork_policy=body.fork_policy,
        project_key=project_key,
        main_branch=body.mainbranch.name if body.mainbranch is not None else None,
    )


async def _from_scratch(request: ApiRequest, workspace: Workspace, repository: Repository) -> dict[str, Any]:
    project = await workspaces.project_of(request.site, repository)
    overrides = await override_settings.overrides(request.site, repository)
    return await _shown(request, workspace, project, repository, overrides)


async def _shown(
    request: ApiRequest, workspace: Workspace, project: Project, repository: Repository, overrides: Overrides
) -> dict[str, Any]:
    return wire.full(
        request.links,
        workspace,
        project,
        repository,
        main_branch=await service.main_branch(request.site, repository),
        overrides=overrides,
        person=await workspaces.person(request.site, workspace),
    )


_WORKSPACE = "/2.0/repositories/{workspace}"

ROUTES = [
    Route("GET", _WORKSPACE, Opens.WORKSPACE, READ, of_workspace),
    Route("GET", REPOSITORY, Opens.REPOSITORY, READ, one),
    Route("POST", REPOSITORY, Opens.WORKSPACE, CREATE_REPOSITORY, create),
    Route("PUT", REPOSITORY, Opens.REPOSITORY_OR_NEW, ADMINISTER, put),
    Route("DELETE", REPOSITORY, Opens.REPOSITORY, DELETE, delete),
]
