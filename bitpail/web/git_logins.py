"""Somebody lets a git in that waits at a desk of theirs, with a password of minutes for one repository."""

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid, NotFound
from bitpail.model.git_logins import GitLogin
from bitpail.model.users import User
from bitpail.policy import user_codes
from bitpail.services import git_logins as service
from bitpail.services.git_logins import LIFETIMES, TooMany
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other
from bitpail.web.typed_codes import CodePage

PAGE = "/login/git"

_CODE = CodePage(
    title="Let git in",
    action=PAGE,
    shows="terminal",
    done={
        "allowed": "Allowed. You can go back to your terminal.",
        "denied": "Refused. That git was given nothing.",
    },
)


async def page(request: WebRequest, user: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /login/git``."""
    return _CODE.first(request)


async def typed(request: WebRequest, user: User) -> Response:
    """``POST /login/git``: which git it is, and what it wants."""
    text = request.form.get("user_code", "")
    try:
        login = await service.waiting(request.site, user, text, request.client)
    except (NotFound, TooMany) as error:
        return _again(request, text[:20], error)
    return _decide(request, login)


async def decide(request: WebRequest, user: User) -> Response:
    """``POST /login/git/decide``."""
    form = request.form
    decision = form.get("decision", "")
    if decision not in {"allow", "deny"}:
        return await typed(request, user)
    try:
        login = await service.waiting(request.site, user, form.get("user_code", ""), request.client)
    except (NotFound, TooMany) as error:
        return _again(request, "", error)
    try:
        if decision == "allow":
            minutes = form.get("minutes", "")
            lifetime = (
                int(minutes) * 60 if minutes.isascii() and minutes.isdigit() and len(minutes) < 4 else 0
            )
            read_only = form.get("may", "") == "read"
            await service.allow(request.site, user, login, read_only=read_only, lifetime=lifetime)
        else:
            await service.deny(request.site, user, login)
    except (NotFound, Invalid) as error:
        return _decide(request, login, error)
    return see_other(f"{PAGE}?done={'allowed' if decision == 'allow' else 'denied'}")


def _decide(request: WebRequest, login: GitLogin, error: BitpailError | None = None) -> Response:
    return render(
        request,
        "git_login_decide.html",
        422 if error else 200,
        login=login,
        code=user_codes.shown(login.user_code),
        minutes=[seconds // 60 for seconds in LIFETIMES],
        error=error.message if error else None,
    )


def _again(request: WebRequest, code: str, error: BitpailError) -> Response:
    return _CODE.again(request, code, error, error.wait if isinstance(error, TooMany) else 0)
