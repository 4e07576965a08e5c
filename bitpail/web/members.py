"""Who belongs to a workspace, and as what: told to members, changed by owners."""

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid
from bitpail.model.access import WorkspaceAccess
from bitpail.model.permissions import Permission, Role
from bitpail.services import members, users, workspaces
from bitpail.web.creating import WRONG, said
from bitpail.web.errors import status_of
from bitpail.web.request import WebRequest, see_other
from bitpail.web.workspaces import MEMBERS, address, render_at
from bitpail.wire.query import Comparison, Either
from bitpail.wire.query_kinds import Asked

# Each with a form of its own.
_LISTED = 40
_LONGEST_SEARCH = 200

ROLES = {
    Role.MEMBER: "Member",
    Role.COLLABORATOR: "Collaborator: creates repositories",
    Role.OWNER: "Owner: administers everything",
}
PERMISSIONS = {
    Permission.NONE: "none by itself",
    Permission.READ: "read",
    Permission.WRITE: "write",
    Permission.ADMIN: "administer",
}
"""What membership alone grants on every repository of the workspace."""


async def page(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET /{workspace}/workspace/members``."""
    return await _page(request, access)


async def _page(request: WebRequest, access: WorkspaceAccess, error: BitpailError | None = None) -> Response:
    number, search = request.page_number(), request.query.get("search", "")[:_LONGEST_SEARCH].strip()
    names = ("display_name", "nickname")
    wanted = Either(tuple(Comparison(("user", name), "~", (search,)) for name in names)) if search else None
    offset = (number - 1) * _LISTED
    found = await members.page(request.site, access, Asked(wanted, None), offset, _LISTED)
    return await render_at(
        request,
        access,
        "members.html",
        MEMBERS,
        status_of(error) if error else 200,
        members=found.members,
        size=found.size,
        search=search,
        roles=ROLES,
        permissions=PERMISSIONS,
        typed={name: request.form.get(name, "") for name in ("user", "role", "repositories")},
        previous=request.neighbour(number - 1) if number > 1 else None,
        following=request.neighbour(number + 1) if offset + _LISTED < found.size else None,
        done=request.query.get("done") if not error else None,
        error=said(error),
    )


async def change(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``POST``: somebody is put in, changed or taken out, as the button ``do`` says."""
    form, do = request.form, request.form.get("do")
    try:
        user = await users.named(request.site, form.get("user", "").strip())
        if do == "remove":
            await workspaces.remove_member(request.site, access.workspace, user)
        elif do == "put":
            role, permission = _role(form.get("role", "")), _permission(form.get("repositories", ""))
            await workspaces.put_member(request.site, access.workspace, user, role, permission)
        else:
            raise Invalid("there is no such button")
    except WRONG as error:
        return await _page(request, access, error)
    return see_other(
        f"{address(access.workspace, 'members')}/?done={'removed' if do == 'remove' else 'saved'}"
    )


def _role(word: str) -> Role:
    for role in ROLES:
        if word == role.value:
            return role
    raise Invalid(f"role: there is none called {word[:50]!r}")


def _permission(word: str) -> Permission:
    for permission in PERMISSIONS:
        if word == permission.name.lower():
            return permission
    raise Invalid(f"permission: there is none called {word[:50]!r}")
