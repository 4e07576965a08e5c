"""Where a user is logged in, and the way to end it."""

from starlette.responses import Response

from bitpail.model.users import User
from bitpail.services import sessions
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_PAGE = "/account/settings/sessions/"


async def page(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/sessions/``."""
    current = request.logged_in.session.digest if request.logged_in else ""
    found = await sessions.of_user(request.site, user)
    return render(request, "sessions.html", sessions=found, current=current)


async def end(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/sessions/``: log one browser out."""
    await sessions.end(request.site, user, request.form.get("session", ""))
    return see_other(_PAGE)


async def end_all(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/sessions/everywhere``: this one too."""
    await sessions.end_all(request.site, user)
    response = see_other("/login")
    request.log_out(response)
    return response
