"""What a workspace is called and who may know of it, for its owners."""

from starlette.responses import Response

from bitpail.errors import BitpailError
from bitpail.model.access import WorkspaceAccess
from bitpail.services import workspaces
from bitpail.web.creating import WRONG, said
from bitpail.web.errors import status_of
from bitpail.web.request import WebRequest, see_other
from bitpail.web.workspaces import SETTINGS, address, render_at


async def page(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET /{workspace}/workspace/settings``."""
    return await _page(request, access)


async def _page(request: WebRequest, access: WorkspaceAccess, error: BitpailError | None = None) -> Response:
    form = request.form
    return await render_at(
        request,
        access,
        "workspace_settings.html",
        SETTINGS,
        status_of(error) if error else 200,
        name=form.get("name", "") if error else access.workspace.name,
        is_private="is_private" in form if error else access.workspace.is_private,
        done=request.query.get("done") if not error else None,
        error=said(error),
    )


async def change(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``POST /{workspace}/workspace/settings``."""
    form = request.form
    try:
        await workspaces.change(
            request.site, access.workspace, name=form.get("name", ""), is_private="is_private" in form
        )
    except WRONG as error:
        return await _page(request, access, error)
    return see_other(f"{address(access.workspace, 'settings')}/?done=saved")
