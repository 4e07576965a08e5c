"""Two-step verification: switched on with a code that proves the authenticator, off with the password."""

from urllib.parse import urlsplit

import segno
from markupsafe import Markup
from starlette.responses import Response

from bitpail.errors import BitpailError
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services import sessions, two_step
from bitpail.services.sessions import NotLoggedIn
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_PAGE = "/account/settings/two-step/"


async def page(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/two-step/``: the QR code, or what is on."""
    return await _page(request, user, two_step.new_nonce())


async def switch_on(request: WebRequest, user: User) -> Response:
    """``POST .../on``: the recovery codes, shown once."""
    nonce = request.form.get("nonce", "")
    if await two_step.is_on(request.site, user):
        return see_other(_PAGE)
    try:
        await _confirm(request, user)
        codes = await two_step.switch_on(request.site, user, nonce, request.form.get("code", ""))
    except (two_step.WrongCode, NotLoggedIn) as error:
        return await _page(request, user, nonce, error)
    return render(request, "recovery_codes.html", codes=codes)


async def switch_off(request: WebRequest, user: User) -> Response:
    """``POST .../off``."""
    try:
        await _confirm(request, user)
    except NotLoggedIn as error:
        return await _page(request, user, two_step.new_nonce(), error)
    await two_step.switch_off(request.site, user)
    return see_other(_PAGE)


async def renew_codes(request: WebRequest, user: User) -> Response:
    """``POST .../codes``: new recovery codes, shown once."""
    try:
        await _confirm(request, user)
    except NotLoggedIn as error:
        return await _page(request, user, two_step.new_nonce(), error)
    if not await two_step.is_on(request.site, user):
        return see_other(_PAGE)
    return render(request, "recovery_codes.html", codes=await two_step.renew_codes(request.site, user))


async def _confirm(request: WebRequest, user: User) -> None:
    secret = Secret(request.form.get("password", ""))
    await sessions.confirm(request.site, user, secret, request.client)


async def _page(request: WebRequest, user: User, nonce: str, error: BitpailError | None = None) -> Response:
    status, message = (422, error.message) if error else (200, None)
    if await two_step.is_on(request.site, user):
        left = await two_step.codes_left(request.site, user)
        return render(request, "two_step_on.html", status, left=left, error=message)
    host = urlsplit(request.call.base).netloc
    address = two_step.address(request.site, user, nonce, host).reveal()
    drawn = segno.make(address, micro=False).svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return render(
        request,
        "two_step_off.html",
        status,
        nonce=nonce,
        # Made of our own numbers: the library puts no text into it.
        code=Markup(drawn),  # noqa: S704 - drawn by us
        typed=two_step.secret(request.site, user, nonce).reveal(),
        error=message,
    )
