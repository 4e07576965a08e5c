"""Advice on app passwords, and the narrower one that follows it: made, finished early, rolled back."""

from collections.abc import Awaitable, Callable

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.policy.advice import WATCHED, Verdict
from bitpail.services import advice as service
from bitpail.services import app_passwords, replacements
from bitpail.services.advice import Advised
from bitpail.services.replacements import UnderWay
from bitpail.web import wanted
from bitpail.web.app_passwords import PAGE, page_of, show_once
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

_ORDER = (Verdict.NARROW, Verdict.REVOKE, Verdict.WAIT, Verdict.KEEP)
_MOST = 100
_DONE = {
    "recording-on": "From now on it is counted what your app passwords are needed for.",
    "recording-off": "Nothing is counted any more, and what was counted is forgotten.",
}

End = Callable[..., Awaitable[UnderWay]]


class Shown(Struct, frozen=True):
    """One with its advice; ``replacement`` is under way if it is not None."""

    advised: Advised
    replacement: UnderWay | None


async def page(request: WebRequest, user: User) -> Response:
    """``GET .../advice``: all of them, those about which something can be done first."""
    found = sorted(
        await service.of_user(request.site, user), key=lambda one: _ORDER.index(one.advice.verdict)
    )
    shown = [Shown(one, await replacements.of(request.site, user, one.app_password)) for one in found[:_MOST]]
    return render(
        request,
        "advice.html",
        listed=shown,
        left_out=len(found) - len(shown),
        records=user.records_usage,
        graces=wanted.GRACES,
        watched=WATCHED,
        done=_DONE.get(request.query.get("done", "")),
    )


async def replace(request: WebRequest, user: User) -> Response:
    """``POST .../{id}/replace``: the narrower one, its secret shown once."""
    found = await app_passwords.identified(request.site, user, request.parameters["id"])
    try:
        grace = durations.seconds(request.form.get("grace", ""))
        made = await service.replace_as_advised(request.site, user, found.label, grace)
    except (Conflict, Invalid) as error:
        return await page_of(request, user, found, error)
    return await show_once(request, user, made.new, made.secret, rotated=False, replaced=made.old)


async def finish(request: WebRequest, user: User) -> Response:
    """``POST .../{id}/finish-replacement``: the old one is revoked now."""
    return await _end(request, user, replacements.finish, "replaced")


async def roll_back(request: WebRequest, user: User) -> Response:
    """``POST .../{id}/roll-back-replacement``: the new one is revoked, the old one goes on as before."""
    return await _end(request, user, replacements.roll_back, "kept")


async def _end(request: WebRequest, user: User, end: End, done: str) -> Response:
    found = await app_passwords.identified(request.site, user, request.parameters["id"])
    try:
        await end(request.site, user, found.label)
    except NotFound as error:
        return await page_of(request, user, found, error)
    return see_other(f"{PAGE}{found.id}/?done={done}")
