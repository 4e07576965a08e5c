"""The pages of app passwords: all of them, and a new one. Those of one are as those of tokens are."""

from msgspec.structs import replace
from starlette.responses import Response

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.policy.presets import PRESETS
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords as service
from bitpail.services.clock import now
from bitpail.web import boxes, commands, tokens, wanted
from bitpail.web.commands import Commands
from bitpail.web.errors import status_of
from bitpail.web.holders import NO_EXAMPLE, Frame, OfPerson, Shown, limits_in_words, state_of
from bitpail.web.pages import render
from bitpail.web.request import WebRequest
from bitpail.web.wanted import Filled

PAGE = "/account/settings/app-passwords/"

_ON_A_PAGE = 50
_DAY = 24 * 3600 * 1_000_000
_UNUSED = 90 * _DAY


class OfOwner(OfPerson):
    """Of whoever is logged in."""

    frame = Frame(
        kind=CredentialKind.APP_PASSWORD,
        page=PAGE,
        template="tokens_of_person.html",
        title="App passwords",
        about="They stand in for you in git and the API, each with its own permissions.",
        names="",
        lifetimes=wanted.LIFETIMES,
        is_own=True,
        where="personal settings",
        secret="secret.html",  # noqa: S106 - a template
    )

    async def commands(self, made: AppPassword, secret: Secret) -> Commands:
        """What its permissions allow, and how it is kept out of addresses."""
        repository = await self.example(made)
        is_for_one = len(made.limits.repositories) == 1 and repository != NO_EXAMPLE
        return Commands(
            commands.to_use(self.base, self.user, made, secret, repository),
            commands.to_keep(self.base, self.user, secret, repository),
            repository if is_for_one else "",
        )


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


async def new(request: WebRequest, user: User) -> Response:
    """``GET .../new``, filled in by its query: ``?scopes=repository:write,wiki&label=ci``, or ``ci 2`` if that is taken."""
    form = wanted.filled(request.query)
    if form.label:
        form = replace(form, label=await service.free_label(request.site, user, form.label))
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
    return await tokens.show_once(OfOwner(request, user), made, secret)


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


def rows(need: Need) -> list[Route]:
    """The rows of what all kinds have in common; ``need`` is that of one's own settings."""
    return tokens.rows(PAGE.rstrip("/"), Opens.OWN_ACCOUNT, need, OfOwner, tokens.SHARED)
