"""Logging in and out: the account password, and a code after it where that was switched on."""

from starlette.responses import Response

from bitpail.errors import BitpailError
from bitpail.model.access import Actor
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services import sessions, two_step
from bitpail.services.sessions import NotLoggedIn
from bitpail.web import oauth_authorize
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, safe_next, see_other

_HOME = "/"


async def page(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /login``."""
    following = safe_next(request.query.get("next"), _HOME)
    if request.logged_in:
        return see_other(following)
    await oauth_authorize.let_lead_on(request, following)
    return render(request, "log_in.html", following=following, name="", error=None)


async def password(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``POST /login``."""
    name = request.form.get("username", "").strip()
    following = safe_next(request.form.get("next"), _HOME)
    await oauth_authorize.let_lead_on(request, following)
    try:
        secret = Secret(request.form.get("password", ""))
        user = await sessions.check_password(request.site, name, secret, request.client)
    except NotLoggedIn as refused:
        return _again(request, refused, name, following)
    if await two_step.is_on(request.site, user):
        ticket = sessions.ticket(request.site, user, request.cookie)
        return render(request, "code.html", ticket=ticket, following=following, error=None)
    return await _let_in(request, user, following)


async def code(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``POST /login/code``."""
    ticket, following = request.form.get("ticket", ""), safe_next(request.form.get("next"), _HOME)
    await oauth_authorize.let_lead_on(request, following)
    try:
        user = await sessions.check_ticket(request.site, ticket, request.cookie, request.form.get("code", ""))
    except NotLoggedIn as refused:
        return _again(request, refused, "", following)
    except two_step.WrongCode as wrong:
        return render(request, "code.html", 401, ticket=ticket, following=following, error=wrong.message)
    return await _let_in(request, user, following)


async def out(request: WebRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``POST /logout``."""
    response = see_other("/login")
    if request.logged_in:
        await sessions.end(request.site, request.logged_in.user, request.logged_in.session.digest)
        request.log_out(response)
    return response


def _again(request: WebRequest, error: BitpailError, name: str, following: str) -> Response:
    wait = error.wait if isinstance(error, NotLoggedIn) else 0
    shown = render(
        request, "log_in.html", 429 if wait else 401, following=following, name=name, error=error.message
    )
    if wait:
        shown.headers["Retry-After"] = str(wait)
    return shown


async def _let_in(request: WebRequest, user: User, following: str) -> Response:
    cookie = await sessions.begin(request.site, user, request.client, request.old_session)
    response = see_other(following)
    request.log_in(response, cookie)
    return response
