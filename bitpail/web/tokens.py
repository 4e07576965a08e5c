"""The pages of credentials, whosever they are: all of them, one, a new one, its rotation, a narrower one, its end.

App passwords, API tokens and access tokens differ in whose they are and in how they are presented: that is
their ``Holder``. App passwords have a list and a form of their own.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.app_passwords import AppPassword
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.policy.kinds import GRANTABLE
from bitpail.policy.secrets import Secret
from bitpail.services import advice as advice_service
from bitpail.services import app_passwords as service
from bitpail.services import replacements
from bitpail.services import usage as usage_service
from bitpail.services.clock import now
from bitpail.web import advice, boxes, usage, wanted
from bitpail.web.errors import status_of
from bitpail.web.holders import Holder, Shown, state_of
from bitpail.web.request import WebRequest, see_other
from bitpail.web.wanted import Filled

Handler = Callable[[WebRequest, Holder], Awaitable[Response]]
Rows = tuple[tuple[str, str, Handler], ...]


async def listed(request: WebRequest, holder: Holder) -> Response:
    """The list: the newest first."""
    show_all = request.query.get("show") == "all"
    found = await holder.listed(include_revoked=show_all)
    at = now()
    shown = [Shown(one, state_of(one, at), await holder.limits(one)) for _, one in reversed(found)]
    done = request.query.get("done") == "revoked"
    return await holder.render("tokens.html", 200, listed=shown, show_all=show_all, done=done)


async def new(request: WebRequest, holder: Holder) -> Response:
    """The form, filled in by its query."""
    form = wanted.filled(request.query)
    unknown = f"there is no permission called {', '.join(form.unknown)}" if form.unknown else None
    return await _form(holder, form, 200, unknown)


async def create(request: WebRequest, holder: Holder) -> Response:
    """The secret, shown once."""
    form = wanted.filled(request.form)
    try:
        made, secret = await holder.create(form.wanted())
    except (Invalid, NotFound, Conflict) as error:
        status = 422 if isinstance(error, NotFound) else status_of(error)
        return await _form(holder, form, status, error.message)
    return await show_once(holder, made, secret)


async def _form(holder: Holder, form: Filled, status: int, error: str | None) -> Response:
    grantable = GRANTABLE[holder.frame.kind]
    chosen = [scope for scope in form.scopes if scope in grantable]
    return await holder.render(
        "new_token.html",
        status,
        form=form,
        columns=boxes.columns_of(grantable, chosen),
        error=error,
    )


async def show_once(
    holder: Holder,
    made: AppPassword,
    secret: Secret,
    *,
    rotated: bool = False,
    replaced: AppPassword | None = None,
) -> Response:
    """The page with the secret. It is not kept anywhere: reading the page again is impossible."""
    return await holder.render(
        holder.frame.secret,
        200,
        token=made,
        secret=secret.reveal(),
        rotated=rotated,
        replaced=replaced,
        commands=await holder.commands(made, secret),
    )


async def one(request: WebRequest, holder: Holder) -> Response:
    """One with its limits, its use, the advice on it and its rotation."""
    return await _one(request, holder, *await _found(request, holder))


async def _found(request: WebRequest, holder: Holder) -> tuple[User, AppPassword]:
    return await holder.identified(request.parameters["id"])


async def _unrevoked(request: WebRequest, holder: Holder) -> tuple[User, AppPassword]:
    user, found = await _found(request, holder)
    if found.revoked_on is not None:
        # Its label may be another one's by now.
        raise NotFound(f"this {found.kind.words} was revoked")
    return user, found


async def _one(
    request: WebRequest, holder: Holder, user: User, found: AppPassword, error: BitpailError | None = None
) -> Response:
    is_living, site = found.revoked_on is None, request.site
    # Repositories are named to who looks: a robot sees nothing by itself.
    looks = request.logged_in.user if request.logged_in else user
    used = await usage_service.summary(site, looks, found)
    values: dict[str, Any] = {
        "used": used,
        "chart": usage.chart(used) if used.total else None,
        "chart_height": usage.HEIGHT,
        "chart_step": usage.STEP,
        "needed": usage.scopes(used),
        "advice": await advice_service.of(site, user, found) if is_living else None,
        "replacement": await replacements.of(site, user, found),
        "shown": Shown(found, state_of(found, now()), await holder.limits(found)),
        "rotation": await service.rotation(site, user, found.label, holder.how) if is_living else None,
        "graces": wanted.GRACES,
        "done": request.query.get("done"),
        "error": error.message if error else None,
    }
    return await holder.render("token.html", status_of(error) if error else 200, **values)


async def ask_to_revoke(request: WebRequest, holder: Holder) -> Response:
    """Are you sure."""
    _, found = await _found(request, holder)
    return await holder.render("revoke_token.html", 200, token=found)


async def revoke(request: WebRequest, holder: Holder) -> Response:
    """The end of it."""
    user, found = await _found(request, holder)
    if found.revoked_on is None:
        await service.revoke(request.site, user, found.label, holder.how)
    return see_other(f"{holder.frame.page}?done=revoked")


async def rotate(request: WebRequest, holder: Holder) -> Response:
    """The new secret, shown once."""
    user, found = await _unrevoked(request, holder)
    try:
        grace = durations.seconds(request.form.get("grace", ""))
        made, secret = await service.rotate(request.site, user, found.label, grace, holder.how)
    except (Conflict, Invalid) as error:
        return await _one(request, holder, user, found, error)
    return await show_once(holder, made, secret, rotated=True)


async def replace(request: WebRequest, holder: Holder) -> Response:
    """The narrower one that is advised, its secret shown once."""
    user, found = await _unrevoked(request, holder)
    try:
        grace = durations.seconds(request.form.get("grace", ""))
        made = await advice_service.replace_as_advised(request.site, user, found.label, grace, holder.how)
    except (Conflict, Invalid) as error:
        return await _one(request, holder, user, found, error)
    return await show_once(holder, made.new, made.secret, replaced=made.old)


def _ending(end: Callable[..., Awaitable[Any]], done: str) -> Handler:
    async def handle(request: WebRequest, holder: Holder) -> Response:
        user, found = await _unrevoked(request, holder)
        try:
            await end(request.site, user, found.label, holder.how)
        except (NotFound, Invalid) as error:
            return await _one(request, holder, user, found, error)
        return see_other(f"{holder.frame.page}{found.id}/?done={done}")

    return handle


SHARED: Rows = (
    ("GET", "/advice", advice.page),
    ("GET", "/{id}", one),
    ("GET", "/{id}/revoke", ask_to_revoke),
    ("POST", "/{id}/revoke", revoke),
    ("POST", "/{id}/rotate", rotate),
    ("POST", "/{id}/finish", _ending(service.finish_rotation, "finished")),
    ("POST", "/{id}/roll-back", _ending(service.roll_back_rotation, "rolled-back")),
    ("POST", "/{id}/replace", replace),
    ("POST", "/{id}/finish-replacement", _ending(replacements.finish, "replaced")),
    ("POST", "/{id}/roll-back-replacement", _ending(replacements.roll_back, "kept")),
)
"""Method, what follows on the address of the list, handler: of every kind."""

HANDLERS: Rows = (("GET", "", listed), ("GET", "/new", new), ("POST", "/new", create), *SHARED)
"""The same with the list and the form of tokens."""


def rows(
    address: str, opens: Opens, need: Need, holder: Callable[[WebRequest, Any], Holder], of: Rows = HANDLERS
) -> list[Route]:
    """The rows below the address of a list; ``holder`` is made of what the route opens."""

    def row(method: str, rest: str, handler: Handler) -> Route:
        async def handle(request: WebRequest, opened: Any) -> Response:
            return await handler(request, holder(request, opened))

        return Route(method, f"{address}{rest}", opens, need, handle)

    return [row(*one) for one in of]
