"""Projects of a workspace: listed, made, shown with their repositories, set up."""

from typing import Any

from starlette.responses import Response

from bitpail.errors import BitpailError
from bitpail.model.access import Need, ProjectAccess, WorkspaceAccess
from bitpail.model.permissions import Permission
from bitpail.services import projects, repositories
from bitpail.services.access import to_workspace
from bitpail.services.repositories import Among
from bitpail.web import grants, repository_lists
from bitpail.web.creating import WRONG, said
from bitpail.web.errors import status_of
from bitpail.web.parts import part
from bitpail.web.repository_lists import LISTED
from bitpail.web.request import WebRequest, see_other
from bitpail.web.workspaces import PROJECTS, address, render_at

_SEEN = Need()


async def listed(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET /{workspace}/workspace/projects``."""
    return await render_at(
        request,
        access,
        "projects.html",
        PROJECTS,
        part=part(request, await projects.visible(request.site, access)),
        done=request.query.get("done"),
    )


async def new(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET /{workspace}/workspace/create-project``."""
    return await _new(request, access)


async def _new(request: WebRequest, access: WorkspaceAccess, error: BitpailError | None = None) -> Response:
    return await render_at(
        request,
        access,
        "new_project.html",
        PROJECTS,
        status_of(error) if error else 200,
        form=_typed(request)
        if error
        else {"name": "", "key": "", "description": "", "is_private": access.workspace.is_private},
        error=said(error),
    )


def _typed(request: WebRequest) -> dict[str, Any]:
    typed: dict[str, Any] = {name: request.form.get(name, "") for name in ("name", "key", "description")}
    return typed | {"is_private": "is_private" in request.form}


async def create(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``POST /{workspace}/workspace/create-project``: on to the project."""
    form = request.form
    try:
        made = await projects.create(
            request.site,
            access.workspace,
            form.get("key", "").strip().upper(),
            form.get("name", ""),
            description=_plain(form.get("description", "")),
            is_private="is_private" in form,
        )
    except WRONG as error:
        return await _new(request, access, error)
    return see_other(f"{address(access.workspace, 'projects', made.key)}/")


async def one(request: WebRequest, access: ProjectAccess) -> Response:
    """``GET /{workspace}/workspace/projects/{project_key}``."""
    inside = await _inside(request, access)
    wanted = repository_lists.chosen(request, project=access.project.key)
    found = await repositories.visible(
        request.site, inside, Among.VISIBLE, wanted.offset, LISTED, wanted.asked
    )
    return await render_at(
        request,
        inside,
        "project.html",
        PROJECTS,
        project=access.project,
        may_create=request.logged_in is not None and access.held >= Permission.WRITE,
        may_set_up=request.logged_in is not None and access.held >= Permission.ADMIN,
        **repository_lists.shown(request, wanted, found),
    )


async def settings(request: WebRequest, access: ProjectAccess) -> Response:
    """``GET .../{project_key}/settings``."""
    return await _settings(request, access)


async def _settings(
    request: WebRequest, access: ProjectAccess, error: BitpailError | None = None
) -> Response:
    project = access.project
    stored = {name: getattr(project, name) for name in ("name", "key", "description", "is_private")}
    return await render_at(
        request,
        await _inside(request, access),
        "project_settings.html",
        PROJECTS,
        status_of(error) if error else 200,
        project=project,
        form=_typed(request) if error and request.form.get("do") == "save" else stored,
        done=request.query.get("done") if not error else None,
        error=said(error),
    )


async def change(request: WebRequest, access: ProjectAccess) -> Response:
    """``POST .../{project_key}/settings``: saved or deleted, as the button ``do`` says."""
    form = request.form
    try:
        if form.get("do") == "delete":
            await projects.delete(request.site, access.project)
            return see_other(f"{address(access.workspace, 'projects')}/?done=deleted")
        changed = await projects.change(
            request.site,
            access.project,
            key=form.get("key", "").strip().upper(),
            name=form.get("name", ""),
            description=_plain(form.get("description", "")),
            is_private="is_private" in form,
        )
    except WRONG as error:
        return await _settings(request, access, error)
    return see_other(f"{address(access.workspace, 'projects', changed.key, 'settings')}/?done=saved")


async def permissions(request: WebRequest, access: ProjectAccess) -> Response:
    """``GET .../{project_key}/permissions``."""
    return await _permissions(request, access)


async def _permissions(
    request: WebRequest, access: ProjectAccess, error: BitpailError | None = None
) -> Response:
    return await render_at(
        request,
        await _inside(request, access),
        "project_permissions.html",
        PROJECTS,
        status_of(error) if error else 200,
        project=access.project,
        done=request.query.get("done") if not error else None,
        error=said(error),
        **await grants.listed(request, access.project, access),
    )


async def change_permissions(request: WebRequest, access: ProjectAccess) -> Response:
    """``POST .../{project_key}/permissions``."""
    try:
        await grants.apply(request, access.project, access)
    except WRONG as error:
        return await _permissions(request, access, error)
    return see_other(
        f"{address(access.workspace, 'projects', access.project.key, 'permissions')}/?done=saved"
    )


async def _inside(request: WebRequest, access: ProjectAccess) -> WorkspaceAccess:
    return await to_workspace(request.site, access.actor, _SEEN, access.workspace.slug)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
