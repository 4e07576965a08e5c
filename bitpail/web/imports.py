"""Importing from another server: the form, how far it is, and a button that ends it."""

import re
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from bitpail.errors import BitpailError
from bitpail.model.imports import Import, State
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.policy.secrets import Secret
from bitpail.services import imports, placing, workspaces
from bitpail.services.git_slots import Busy
from bitpail.services.repositories import Wanted
from bitpail.web.creating import CREATE, WRONG, by_workspace, name_and_slug, preferred, said
from bitpail.web.errors import status_of
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_PAGE = "/repo/import"
_INSIDE = re.compile(r"(://)[^/]*@")


async def page(request: WebRequest, user: User) -> Response:
    """``GET /repo/import``; ``url``, ``name``, ``workspace`` and ``project`` are filled in, ``asks`` shows what a password wants."""
    return await _page(request, user)


async def _page(request: WebRequest, user: User, error: BitpailError | None = None) -> Response:
    rooms = await placing.rooms(request.site, user)
    into = preferred(rooms, request.query.get("workspace", ""), request.query.get("project", ""))
    fresh: dict[str, Any] = {
        "url": _without_credential(request.query.get("url", "")[:2000]),
        "into": into,
        "name": request.query.get("name", "")[:255],
        "username": "",
        "is_private": True,
        "has_wiki": True,
    }
    typed: dict[str, Any] = {name: request.form.get(name, "") for name in ("url", "into", "name", "username")}
    typed |= {name: name in request.form for name in ("is_private", "has_wiki")}
    typed["url"] = _without_credential(typed["url"])
    return render(
        request,
        "import.html",
        503 if isinstance(error, Busy) else status_of(error) if error else 200,
        choices=by_workspace(rooms),
        # The password is typed again: it stands in no page.
        form=typed if error else fresh,
        asks=bool(typed["username"] or "asks" in request.query),
        running=await imports.of_user(request.site, user),
        error=said(error),
    )


def _without_credential(url: str) -> str:
    """Who typed a password into the address types it again: it stands in no page."""
    return _INSIDE.sub(r"\1", url)


async def start(request: WebRequest, user: User) -> Response:
    """``POST /repo/import``: on to how far it is."""
    form = request.form
    try:
        url = form.get("url", "")
        name, slug = name_and_slug(form.get("name", "").strip() or imports.suggested_name(url) or "import")
        into, project = await placing.room(request.site, request.call.actor, CREATE, form.get("into", ""))
        wanted = Wanted(
            name=name, is_private="is_private" in form, has_wiki="has_wiki" in form, project_id=project
        )
        password = Secret(form.get("password", ""))
        asked = imports.request(url, form.get("username", ""), password, slug, wanted)
        begun = await imports.start(request.site, into, asked)
    except (*WRONG, Busy) as error:
        return await _page(request, user, error)
    return see_other(f"{_PAGE}/{begun.id}")


async def one(request: WebRequest, user: User) -> Response:
    """``GET /repo/import/{id}``: asks for itself again while it runs."""
    found = await imports.one(request.site, user, request.parameters["id"])
    workspace = await workspaces.by_id(request.site, found.workspace_id)
    return render(
        request,
        "importing.html",
        one=found,
        running=found.state is State.RUNNING,
        place=f"{workspace.slug}/{found.slug}",
        again=_again(found, workspace),
    )


def _again(one: Import, workspace: Workspace) -> str:
    """The form with what was asked for, but for what is kept nowhere."""
    wanted = {"url": one.source, "name": one.name, "workspace": workspace.slug}
    return f"{_PAGE}?{urlencode(wanted | ({'asks': '1'} if imports.wants_password(one) else {}))}"


async def cancel(request: WebRequest, user: User) -> Response:
    """``POST /repo/import/{id}/cancel``."""
    await imports.cancel(request.site, user, request.parameters["id"])
    return see_other(f"{_PAGE}/{request.parameters['id']}")
