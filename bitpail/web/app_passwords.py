"""The pages of app passwords: all of them, one, a new one, the end of one."""

from typing import Any

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound
from bitpail.model.app_passwords import AppPassword
from bitpail.model.limits import Limits
from bitpail.model.users import User
from bitpail.policy.presets import PRESETS
from bitpail.policy.secrets import Secret
from bitpail.services import advice, places, replacements
from bitpail.services import app_passwords as service
from bitpail.services import usage as usage_service
from bitpail.services.clock import now
from bitpail.services.upcoming import SOON
from bitpail.web import boxes, commands, usage, wanted
from bitpail.web.errors import status_of
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other
from bitpail.web.wanted import Filled

PAGE = "/account/settings/app-passwords/"

_ON_A_PAGE = 50
_DAY = 24 * 3600 * 1_000_000
_UNUSED = 90 * _DAY


class Shown(Struct, frozen=True):
    """One of the list. ``state`` is empty while it works and goes on working."""

    app_password: AppPassword
    state: str
    limits: list[str]


async def listed(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/app-passwords/``: every one, the newest first, in pages."""
    show = request.query.get("show", "")
    at = now()
    found = await service.of_user(request.site, user, include_revoked=show == "all")
    if show == "unused":
        found = [one for one in found if (one.last_used_on or one.created_on) < at - _UNUSED]
    found.reverse()
    pages = max(1, -(-len(found) // _ON_A_PAGE))
    number = request.query.get("page", "1")
    page = min(max(1, int(number)), pages) if number.isdecimal() and len(number) < 10 else 1
    some = found[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
    return render(
        request,
        "app_passwords.html",
        listed=[Shown(one, state_of(one, at), await limits_in_words(request, user, one)) for one in some],
        count=len(found),
        show=show if show in {"unused", "all"} else "",
        page=page,
        pages=pages,
        done=request.query.get("done"),
    )


def state_of(one: AppPassword, at: int) -> str:
    """Why one works no more, or not for long; empty while it works."""
    if one.revoked_on is not None:
        return "revoked"
    if one.expires_on is not None and one.expires_on <= at:
        return "expired"
    if one.expires_on is not None and one.expires_on <= at + SOON:
        return "expires soon"
    return ""


async def limits_in_words(request: WebRequest, user: User, one: AppPassword) -> list[str]:
    """The limits of one, its places by the names that the user knows."""
    return in_words(await places.names(request.site, user, one.limits), one.limits)


def in_words(places: list[str], limits: Limits) -> list[str]:
    """The limits in words, the places by their names."""
    listed = [f"only {name}" for name in places]
    listed += [f"only from {network}" for network in limits.networks]
    listed += [f"pushes only to {branch}" for branch in limits.branches]
    if limits.no_force:
        listed.append("no forced pushes")
    if limits.no_delete:
        listed.append("no deleting of branches and tags")
    return listed


async def new(request: WebRequest, user: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET .../new``, filled in by its query: ``?scopes=repository:write,wiki&label=ci``."""
    form = wanted.filled(request.query)
    preset = request.query.get("preset")
    error = None
    if form.unknown:
        error = f"there is no permission called {', '.join(form.unknown)}"
    elif preset is not None and form.preset is None:
        error = f"there is no preset called {preset[:100]!r}"
    return _form(request, form, 200, error)


async def create(request: WebRequest, user: User) -> Response:
    """``POST .../new``: the secret, shown once."""
    form = wanted.filled(request.form)
    try:
        made, secret = await service.create(request.site, user, form.wanted())
    except (Invalid, NotFound, Conflict) as error:
        # A place that is not there is a field filled in wrongly, not a missing page.
        status = 422 if isinstance(error, NotFound) else status_of(error)
        return _form(request, form, status, error.message)
    return await show_once(request, user, made, secret, rotated=False)


def _form(request: WebRequest, form: Filled, status: int, error: str | None) -> Response:
    return render(
        request,
        "new_app_password.html",
        status,
        form=form,
        columns=boxes.columns(form.scopes),
        lifetimes=wanted.LIFETIMES,
        presets=PRESETS.values(),
        asked_label=request.query.get("label", ""),
        error=error,
    )


async def show_once(  # whatever made it
    request: WebRequest,
    user: User,
    made: AppPassword,
    secret: Secret,
    *,
    rotated: bool,
    replaced: AppPassword | None = None,
) -> Response:
    """The page with the secret. It is not kept anywhere: reading the page again is impossible."""
    base = request.call.base
    repository = await places.example(request.site, user, made.limits) or "WORKSPACE/REPOSITORY"
    return render(
        request,
        "secret.html",
        app_password=made,
        secret=secret.reveal(),
        rotated=rotated,
        replaced=replaced,
        use=commands.to_use(base, user, made, secret, repository),
        keep=commands.to_keep(base, user, secret, repository),
    )


async def one(request: WebRequest, user: User) -> Response:
    """``GET .../{id}/``: one with its limits, its use, the advice on it and its rotation."""
    found = await service.identified(request.site, user, request.parameters["id"])
    return await page_of(request, user, found)


async def page_of(
    request: WebRequest, user: User, found: AppPassword, error: BitpailError | None = None
) -> Response:
    """The page of one, with what went wrong, if something did."""
    is_living = found.revoked_on is None
    used = await usage_service.summary(request.site, user, found)
    values: dict[str, Any] = {
        "used": used,
        "chart": usage.chart(used) if used.total else None,
        "chart_height": usage.HEIGHT,
        "chart_step": usage.STEP,
        "needed": usage.scopes(used),
        "advice": await advice.of(request.site, user, found) if is_living else None,
        "replacement": await replacements.of(request.site, user, found),
        "shown": Shown(found, state_of(found, now()), await limits_in_words(request, user, found)),
        "rotation": await service.rotation(request.site, user, found.label) if is_living else None,
        "graces": wanted.GRACES,
        "done": request.query.get("done"),
        "error": error.message if error else None,
    }
    return render(request, "app_password.html", status_of(error) if error else 200, **values)


async def ask_to_revoke(request: WebRequest, user: User) -> Response:
    """``GET .../{id}/revoke``: are you sure."""
    found = await service.identified(request.site, user, request.parameters["id"])
    return render(request, "revoke.html", app_password=found)


async def revoke(request: WebRequest, user: User) -> Response:
    """``POST .../{id}/revoke``."""
    found = await service.identified(request.site, user, request.parameters["id"])
    if found.revoked_on is None:
        await service.revoke(request.site, user, found.label)
    return see_other(f"{PAGE}?done=revoked")
