"""The first page: one's own repositories and workspaces; for who is not logged in what this server is."""

from urllib.parse import urlencode

from starlette.responses import Response

from bitpail.model.access import Actor
from bitpail.services import repositories, workspaces
from bitpail.services.repositories import Among
from bitpail.web import repository_lists
from bitpail.web.pages import render
from bitpail.web.repository_lists import LISTED
from bitpail.web.request import WebRequest

_SHOWN = 200
_FOR_GIT = urlencode({"scopes": "repository:write", "label": "git"})


async def page(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /``."""
    if request.logged_in is None:
        return render(request, "front.html", base=request.links.web)
    user = request.logged_in.user
    inside = await workspaces.of_user(request.site, user)
    wanted = repository_lists.chosen(request)
    found = await repositories.of_user(
        request.site, user, Among.MEMBER, 0, wanted.offset, LISTED, wanted.asked
    )
    return render(
        request,
        "dashboard.html",
        workspaces=inside[:_SHOWN],
        more=max(0, len(inside) - _SHOWN),
        is_empty=not found.size and not wanted.search and not wanted.project,
        app_password=f"/account/settings/app-passwords/new?{_FOR_GIT}",
        example=f"{request.links.clone_root}/{user.username.lower()}/REPOSITORY.git",
        **repository_lists.shown(request, wanted, found),
    )
