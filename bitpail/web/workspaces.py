"""A workspace: its repositories, with a search; and what every page of it has around its own."""

from typing import Any
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from bitpail.model.access import WorkspaceAccess
from bitpail.model.permissions import Permission
from bitpail.model.workspaces import Workspace
from bitpail.services import members, projects, repositories
from bitpail.services.repositories import Among
from bitpail.web import repository_lists
from bitpail.web.pages import render
from bitpail.web.repository_lists import LISTED
from bitpail.web.request import WebRequest

_OFFERED = 200

REPOSITORIES, PROJECTS, MEMBERS, GROUPS, SETTINGS = (
    "Repositories",
    "Projects",
    "Members",
    "Groups",
    "Settings",
)
"""The parts of a workspace, each a tab."""


async def page(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET /{workspace}``."""
    wanted = repository_lists.chosen(request)
    found = await repositories.visible(
        request.site, access, Among.VISIBLE, wanted.offset, LISTED, wanted.asked
    )
    return await render_at(
        request,
        access,
        "workspace.html",
        REPOSITORIES,
        projects=(await projects.visible(request.site, access))[:_OFFERED],
        done=request.query.get("done"),
        may_create=request.logged_in is not None and access.held >= Permission.WRITE,
        **repository_lists.shown(request, wanted, found),
    )


def address(workspace: Workspace, *parts: str) -> str:
    """The front page of a workspace, or one of its own below ``workspace``, without a slash at its end."""
    home = f"/{quote(workspace.slug, safe='')}"
    return "/".join([home, "workspace", *(quote(part, safe="") for part in parts)]) if parts else f"{home}/"


async def render_at(
    request: WebRequest,
    access: WorkspaceAccess,
    template: str,
    here: str,
    status_code: int = 200,
    **values: Any,
) -> HTMLResponse:
    """A page of a workspace; ``here`` is the tab that is open."""
    workspace = access.workspace
    administers = request.logged_in is not None and access.held >= Permission.ADMIN
    tabs = [(REPOSITORIES, address(workspace)), (PROJECTS, f"{address(workspace, 'projects')}/")]
    if await members.belongs(request.site, access):
        tabs.append((MEMBERS, f"{address(workspace, 'members')}/"))
    if administers:
        tabs.append((GROUPS, f"{address(workspace, 'groups')}/"))
        tabs.append((SETTINGS, f"{address(workspace, 'settings')}/"))
    return render(
        request,
        template,
        status_code,
        workspace=workspace,
        home=address(workspace),
        tabs=tabs,
        here=here,
        may_administer=administers,
        **values,
    )
