"""Which year it is: of the server for administrators, of a workspace for its owners."""

from starlette.responses import Response

from bitpail.errors import Invalid
from bitpail.model.access import WorkspaceAccess
from bitpail.model.credentials import Year
from bitpail.model.users import User
from bitpail.services import years as service
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other
from bitpail.web.workspaces import SETTINGS, address, render_at

CHOICES = (
    (Year.TOLERANT, "Tolerant", "Every kind of credential, under all of its user names."),
    (
        Year.STRICT_2022,
        "As in 2022",
        "App passwords as they were, by the username; access tokens by the letter. API tokens did not exist.",
    ),
    (
        Year.STRICT_2026,
        "As in 2026",
        "API tokens and access tokens by the letter. App passwords are gone: 410 over Git, 401 in the API.",
    ),
)

_ADMIN = "/admin/year/"


async def of_server(request: WebRequest, administrator: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /admin/year``."""
    return await _of_server(request, None)


async def change_server(request: WebRequest, administrator: User) -> Response:
    """``POST /admin/year``."""
    try:
        await service.put(request.site, _chosen(request), by=administrator.username)
    except Invalid as error:
        return await _of_server(request, error)
    return see_other(f"{_ADMIN}?done=saved")


async def _of_server(request: WebRequest, error: Invalid | None) -> Response:
    return render(
        request,
        "admin_year.html",
        422 if error else 200,
        year=(await service.rules(request.site)).year,
        setting=request.site.settings.year,
        choices=CHOICES,
        done=request.query.get("done") == "saved" and not error,
        error=error.message if error else None,
    )


async def of_workspace(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET /{workspace}/workspace/settings/year``."""
    return await _of_workspace(request, access, None)


async def change_workspace(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``POST /{workspace}/workspace/settings/year``."""
    try:
        await service.put_in_workspace(request.site, access.workspace, _chosen(request), by=access.actor.user)
    except Invalid as error:
        return await _of_workspace(request, access, error)
    return see_other(f"{address(access.workspace, 'settings', 'year')}/?done=saved")


async def _of_workspace(request: WebRequest, access: WorkspaceAccess, error: Invalid | None) -> Response:
    return await render_at(
        request,
        access,
        "workspace_year.html",
        SETTINGS,
        422 if error else 200,
        year=access.workspace.year,
        server=await service.current(request.site),
        choices=CHOICES,
        done=request.query.get("done") == "saved" and not error,
        error=error.message if error else None,
    )


def _chosen(request: WebRequest) -> Year | None:
    return service.parse(request.form.get("year", ""))
