"""E-mail addresses: added, confirmed, made primary, removed, each by a form of the profile."""

from starlette.responses import Response

from bitpail.errors import Conflict, Invalid
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services import emails
from bitpail.web import profile
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_PAGE = "/account/settings/"


async def add(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/emails``."""
    address = request.form.get("address", "")
    try:
        mailed = await emails.add(request.site, user, address)
    except (Invalid, Conflict) as error:
        return await profile.shown(request, user, address=address, error=error.message)
    return see_other(f"{_PAGE}?done={'mailed' if mailed else 'not-mailed'}")


async def send_again(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/emails/send``: another link."""
    try:
        mailed = await emails.send_again(request.site, user, request.form.get("address", ""))
    except Invalid as error:
        return await profile.shown(request, user, error=error.message)
    return see_other(f"{_PAGE}?done={'mailed' if mailed else 'not-mailed'}")


async def make_primary(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/emails/primary``."""
    try:
        await emails.make_primary(request.site, user, request.form.get("address", ""))
    except Invalid as error:
        return await profile.shown(request, user, error=error.message)
    return see_other(f"{_PAGE}?done=saved")


async def remove(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/emails/remove``."""
    try:
        await emails.remove(request.site, user, request.form.get("address", ""))
    except Invalid as error:
        return await profile.shown(request, user, error=error.message)
    return see_other(f"{_PAGE}?done=saved")


async def ask_to_confirm(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/emails/confirm``: what a mail's link opens. Mail scanners open it too."""
    secret = request.query.get("link", "")
    link = await emails.claimed(request.site, user, Secret(secret))
    return render(request, "confirm_email.html", address=link.detail, link=secret)


async def confirm(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/emails/confirm``."""
    await emails.confirm(request.site, user, Secret(request.form.get("link", "")))
    return see_other(f"{_PAGE}?done=confirmed")
