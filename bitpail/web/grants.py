"""Who was given access to a repository or a project by name or by a group, on its page of settings."""

from typing import Any

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid, NotFound
from bitpail.model.access import Access, ProjectAccess
from bitpail.model.grants import Grant, Place
from bitpail.model.groups import Group
from bitpail.model.permissions import ProjectPermission
from bitpail.model.users import User
from bitpail.services import grants, groups, users
from bitpail.web.creating import WRONG
from bitpail.web.repository_settings import settings_address, settings_page
from bitpail.web.request import WebRequest, see_other

_LISTED = 100
_OFFERED = 200
_PART = "permissions/"

WORDS = {
    "read": "Read: clone and look",
    "write": "Write: push",
    "create-repo": "Write, and create repositories",
    "admin": "Administer: settings, access, deletion",
}


async def page(request: WebRequest, access: Access) -> Response:
    """``GET .../admin/permissions``."""
    return await _page(request, access)


async def _page(request: WebRequest, access: Access, error: BitpailError | None = None) -> Response:
    return settings_page(
        request,
        access,
        "settings_permissions.html",
        error,
        **await listed(request, access.repository, access),
    )


async def listed(request: WebRequest, place: Place, access: Access | ProjectAccess) -> dict[str, Any]:
    """What the template of grants wants to know."""
    number = request.page_number()
    offset = (number - 1) * _LISTED
    to_users, size = await grants.page(request.site, place, to_groups=False, offset=offset, limit=_LISTED)
    to_groups, _ = await grants.page(request.site, place, to_groups=True, offset=0, limit=_LISTED)
    words = dict(WORDS)
    if isinstance(access, Access):
        del words[ProjectPermission.CREATE_REPO.value]
    return {
        "to_users": to_users,
        "to_groups": to_groups,
        "words": words,
        # More are named by their slugs.
        "groups": (await groups.of_workspace(request.site, access.workspace))[:_OFFERED],
        "typed": {name: request.form.get(name, "") for name in ("user", "group", "permission")},
        "previous": request.neighbour(number - 1) if number > 1 else None,
        "following": request.neighbour(number + 1) if offset + _LISTED < size else None,
    }


async def change(request: WebRequest, access: Access) -> Response:
    """``POST .../admin/permissions``: given, changed or taken away, as the button ``do`` says."""
    try:
        await apply(request, access.repository, access)
    except WRONG as error:
        return await _page(request, access, error)
    return see_other(settings_address(access, _PART, "saved"))


async def apply(request: WebRequest, place: Place, access: Access | ProjectAccess) -> None:
    """Do what the form says; raises Invalid or NotFound."""
    form = request.form
    whom = await _whom(request, access)
    if form.get("do") == "remove":
        await grants.delete(request.site, place, whom)
    elif form.get("do") == "give":
        grant: Grant = grants.named(place, whom, form.get("permission", ""))
        await grants.put(request.site, place, grant)
    else:
        raise Invalid("there is no such button")


async def _whom(request: WebRequest, access: Access | ProjectAccess) -> User | Group:
    group, username = request.form.get("group", "").strip(), request.form.get("user", "").strip()
    if group:
        return await groups.named(request.site, access.workspace, group)
    if not username:
        raise Invalid("name a user or a group")
    try:
        return await users.named(request.site, username)
    except NotFound:
        # As of one who is there and no member.
        raise Invalid("The selected user must be a member of the workspace.") from None
