"""The profile: username, display name, e-mail addresses; and the account password."""

from starlette.responses import Response

from bitpail.errors import Invalid
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services import avatars, mail, sessions, users
from bitpail.services.sessions import NotLoggedIn
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_PAGE = "/account/settings/"
_DONE = {
    "saved": "Saved.",
    "mailed": "A mail is on its way: open the link in it to confirm the address.",
    "not-mailed": "Added. This server sends no mail: an administrator has to confirm the address.",
    "confirmed": "Confirmed.",
}


async def front(request: WebRequest, user: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /account``."""
    return see_other(_PAGE)


async def page(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/``."""
    return await shown(request, user)


async def change(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/``: the display name."""
    wanted = request.form.get("display_name", "")
    try:
        await users.set_display_name(request.site, user, wanted)
    except Invalid as error:
        return await shown(request, user, display_name=wanted, error=error.message)
    return see_other(f"{_PAGE}?done=saved")


async def shown(
    request: WebRequest,
    user: User,
    *,
    display_name: str | None = None,
    address: str = "",
    error: str | None = None,
) -> Response:
    """The profile, with what was typed into it and what is wrong with that."""
    return render(
        request,
        "profile.html",
        422 if error else 200,
        emails=await users.emails(request.site, user),
        display_name=user.display_name if display_name is None else display_name,
        address=address,
        has_picture=await avatars.has(request.site, user),
        mail_is_on=mail.is_on(request.site),
        done=_DONE.get(request.query.get("done", "")) if not error else None,
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
