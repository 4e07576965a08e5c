"""Groups of a workspace, for its owners: made, filled, deleted."""

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid
from bitpail.model.access import WorkspaceAccess
from bitpail.policy import names
from bitpail.services import groups, users
from bitpail.web.creating import WRONG, said
from bitpail.web.errors import status_of
from bitpail.web.parts import part
from bitpail.web.request import WebRequest, see_other
from bitpail.web.workspaces import GROUPS, address, render_at


async def page(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET /{workspace}/workspace/groups``."""
    return await _page(request, access)


async def _page(request: WebRequest, access: WorkspaceAccess, error: BitpailError | None = None) -> Response:
    return await render_at(
        request,
        access,
        "groups.html",
        GROUPS,
        status_of(error) if error else 200,
        part=part(request, await groups.of_workspace(request.site, access.workspace)),
        name=request.form.get("name", ""),
        done=request.query.get("done") if not error else None,
        error=said(error),
    )


async def create(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``POST /{workspace}/workspace/groups``: on to the group, to fill it."""
    name = request.form.get("name", "").strip()
    try:
        made = await groups.create(request.site, access.workspace, names.slugify(name), name=name)
    except WRONG as error:
        return await _page(request, access, error)
    return see_other(f"{address(access.workspace, 'groups', made.slug)}/")


async def one(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET /{workspace}/workspace/groups/{group_slug}``."""
    return await _one(request, access)


async def _one(request: WebRequest, access: WorkspaceAccess, error: BitpailError | None = None) -> Response:
    group = await groups.named(request.site, access.workspace, request.parameters["group_slug"])
    return await render_at(
        request,
        access,
        "group.html",
        GROUPS,
        status_of(error) if error else 200,
        group=group,
        part=part(request, await groups.members(request.site, group)),
        typed=request.form.get("user", ""),
        done=request.query.get("done") if not error else None,
        error=said(error),
    )


async def change(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``POST /{workspace}/workspace/groups/{group_slug}``: what the button ``do`` says."""
    group = await groups.named(request.site, access.workspace, request.parameters["group_slug"])
    do = request.form.get("do")
    try:
        if do == "delete":
            await groups.delete(request.site, group)
            return see_other(f"{address(access.workspace, 'groups')}/?done=deleted")
        user = await users.named(request.site, request.form.get("user", "").strip())
        if do == "add":
            await groups.add(request.site, access.workspace, group, user)
        elif do == "remove":
            await groups.remove(request.site, group, user)
        else:
            raise Invalid("there is no such button")
    except WRONG as error:
        return await _one(request, access, error)
    return see_other(f"{address(access.workspace, 'groups', group.slug)}/?done=saved")
