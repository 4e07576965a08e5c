"""The profile: username, display name, e-mail addresses; and the account password."""

from starlette.responses import Response

from bitpail.errors import Invalid
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services import sessions, users
from bitpail.services.sessions import NotLoggedIn
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_PAGE = "/account/settings/"


async def front(request: WebRequest, user: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /account``."""
    return see_other(_PAGE)


async def page(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/``."""
    return await _profile(request, user, user.display_name)


async def change(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/``: the display name."""
    wanted = request.form.get("display_name", "")
    try:
        await users.set_display_name(request.site, user, wanted)
    except Invalid as error:
        return await _profile(request, user, wanted, error.message)
    return see_other(f"{_PAGE}?done=saved")


async def _profile(request: WebRequest, user: User, display_name: str, error: str | None = None) -> Response:
    return render(
        request,
        "profile.html",
        422 if error else 200,
        emails=await users.emails(request.site, user),
        display_name=display_name,
        done=request.query.get("done") == "saved" and not error,
        error=error,
    )


async def password_page(request: WebRequest, user: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /account/settings/password/``."""
    return render(request, "password.html", error=None, done=request.query.get("done") == "changed")


async def change_password(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/password/``: logs out every other browser."""
    form = request.form
    try:
        if form.get("new") != form.get("again"):
            raise Invalid("the two new passwords differ")
        cookie = await sessions.change_password(
            request.site, user, Secret(form.get("current", "")), Secret(form.get("new", "")), request.client
        )
    except (Invalid, NotLoggedIn) as error:
        return render(request, "password.html", 422, error=error.message, done=False)
    response = see_other("/account/settings/password/?done=changed")
    request.log_in(response, cookie)
    return response
