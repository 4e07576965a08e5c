"""The pages of tokens, whosever they are: all of them, one, a new one, its rotation, its end.

API tokens and access tokens differ in whose they are and in how they are presented: that is ``Holder``.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.policy.kinds import GRANTABLE
from bitpail.policy.secrets import Secret
from bitpail.services import advice
from bitpail.services import usage as usage_service
from bitpail.services.app_passwords import Rotation, Wanted
from bitpail.services.clock import now
from bitpail.web import boxes, usage, wanted
from bitpail.web.app_passwords import Shown, state_of
from bitpail.web.commands import Command
from bitpail.web.errors import status_of
from bitpail.web.request import WebRequest, see_other
from bitpail.web.wanted import Filled


class Frame(Struct, frozen=True):
    """What stands around the pages.

    ``page`` is the address of the list, with a slash at its end; ``template`` the frame; ``where`` whose
    or which place's they are; ``about`` says in a sentence or two what these tokens are, ``names`` what stands beside one.
    """

    kind: CredentialKind
    page: str
    template: str
    title: str
    about: str
    names: str
    lifetimes: tuple[tuple[str, str], ...]
    has_places: bool
    where: str


class Holder(Protocol):
    """Whose tokens they are: what the services do for one."""

    frame: Frame

    async def render(self, template: str, status_code: int, **values: Any) -> Response:
        """A page in its frame, which is ``of`` in the template."""

    async def listed(self, *, include_revoked: bool) -> list[tuple[User, AppPassword]]:
        """All of them with whom each acts as, oldest first."""

    async def identified(self, token_id: str) -> tuple[User, AppPassword]:
        """One by its id; raises NotFound."""

    async def create(self, wanted: Wanted) -> tuple[AppPassword, Secret]:
        """A new one; raises Invalid, NotFound or Conflict."""

    async def revoke(self, label: str) -> None:
        """End one; raises NotFound."""

    async def rotate(self, label: str, grace: int) -> tuple[AppPassword, Secret]:
        """A new secret; raises NotFound, Invalid or Conflict."""

    async def rotation(self, label: str) -> Rotation | None:
        """The rotation that is under way."""

    async def finish(self, label: str) -> None:
        """End the old secret; raises NotFound."""

    async def roll_back(self, label: str) -> None:
        """Forget the new secret; raises NotFound."""

    async def limits(self, one: AppPassword) -> list[str]:
        """The limits in words."""

    async def use(self, made: AppPassword, secret: Secret) -> list[Command]:
        """Commands that use a new one."""


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
    return await _show_once(holder, made, secret, rotated=False)


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


async def _show_once(holder: Holder, made: AppPassword, secret: Secret, *, rotated: bool) -> Response:
    return await holder.render(
        "token_secret.html",
        200,
        token=made,
        secret=secret.reveal(),
        rotated=rotated,
        use=await holder.use(made, secret),
    )


async def one(request: WebRequest, holder: Holder) -> Response:
    """One with its limits, its use, the advice on it and its rotation."""
    return await _one(request, holder, *await _found(request, holder))


async def _found(request: WebRequest, holder: Holder) -> tuple[User, AppPassword]:
    return await holder.identified(request.parameters["id"])


async def _one(
    request: WebRequest, holder: Holder, user: User, found: AppPassword, error: BitpailError | None = None
) -> Response:
    is_living = found.revoked_on is None
    # Repositories are named to who looks: a robot sees nothing by itself.
    looks = request.logged_in.user if request.logged_in else user
    used = await usage_service.summary(request.site, looks, found)
    values: dict[str, Any] = {
        "used": used,
        "chart": usage.chart(used) if used.total else None,
        "chart_height": usage.HEIGHT,
        "chart_step": usage.STEP,
        "needed": usage.scopes(used),
        "advice": await advice.of(request.site, user, found) if is_living else None,
        "shown": Shown(found, state_of(found, now()), await holder.limits(found)),
        "rotation": await holder.rotation(found.label) if is_living else None,
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
    _, found = await _found(request, holder)
    if found.revoked_on is None:
        await holder.revoke(found.label)
    return see_other(f"{holder.frame.page}?done=revoked")


async def rotate(request: WebRequest, holder: Holder) -> Response:
    """The new secret, shown once."""
    user, found = await _found(request, holder)
    try:
        grace = durations.seconds(request.form.get("grace", ""))
        made, secret = await holder.rotate(found.label, grace)
    except (Conflict, Invalid) as error:
        return await _one(request, holder, user, found, error)
    return await _show_once(holder, made, secret, rotated=True)


async def finish(request: WebRequest, holder: Holder) -> Response:
    """The old secret ends now."""
    user, found = await _found(request, holder)
    try:
        await holder.finish(found.label)
    except NotFound as error:
        return await _one(request, holder, user, found, error)
    return see_other(f"{holder.frame.page}{found.id}/?done=finished")


async def roll_back(request: WebRequest, holder: Holder) -> Response:
    """The new secret is forgotten."""
    user, found = await _found(request, holder)
    try:
        await holder.roll_back(found.label)
    except NotFound as error:
        return await _one(request, holder, user, found, error)
    return see_other(f"{holder.frame.page}{found.id}/?done=rolled-back")


Handler = Callable[[WebRequest, Holder], Awaitable[Response]]
HANDLERS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "", listed),
    ("GET", "/new", new),
    ("POST", "/new", create),
    ("GET", "/{id}", one),
    ("GET", "/{id}/revoke", ask_to_revoke),
    ("POST", "/{id}/revoke", revoke),
    ("POST", "/{id}/rotate", rotate),
    ("POST", "/{id}/finish", finish),
    ("POST", "/{id}/roll-back", roll_back),
)
"""Method, what follows on the address of the list, handler."""
