"""The pages of one's own API tokens."""

from shlex import quote
from typing import Any
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from starlette.responses import Response

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.scopes import ApiScope
from bitpail.model.users import User
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords as service
from bitpail.services import places, users
from bitpail.services.app_passwords import Rotation, Wanted
from bitpail.web import tokens
from bitpail.web.app_passwords import in_words
from bitpail.web.commands import Command
from bitpail.web.pages import render
from bitpail.web.request import WebRequest
from bitpail.web.tokens import Frame

ADDRESS = "/account/settings/api-tokens"

_KIND = CredentialKind.API_TOKEN
_LIFETIMES = (
    ("7d", "after 7 days"),
    ("30d", "after 30 days"),
    ("90d", "after 90 days"),
    ("1y", "after a year"),
)


class OfPerson:
    """Whoever is logged in."""

    def __init__(self, request: WebRequest, user: User) -> None:
        self._request = request
        self._site, self._base, self._user = request.site, request.call.base, user
        self.frame = Frame(
            kind=_KIND,
            page=f"{ADDRESS}/",
            template="tokens_of_person.html",
            title="API tokens",
            about=(
                "They stand in for you as app passwords do, and each expires. None of their permissions "
                "includes another one: to write is not to read."
            ),
            names=(
                "For the API the user name beside it is your e-mail address; for git it is your username, "
                "or x-bitbucket-api-token-auth."
            ),
            lifetimes=_LIFETIMES,
            has_places=True,
            where="personal settings",
        )

    async def render(self, template: str, status_code: int, **values: Any) -> Response:
        """A page of one's settings."""
        return render(self._request, template, status_code, of=self.frame, **values)

    async def listed(self, *, include_revoked: bool) -> list[tuple[User, AppPassword]]:
        """All of them."""
        found = await service.of_user(self._site, self._user, _KIND, include_revoked=include_revoked)
        return [(self._user, one) for one in found]

    async def identified(self, token_id: str) -> tuple[User, AppPassword]:
        """One by its id."""
        return self._user, await service.identified(self._site, self._user, token_id, _KIND)

    async def create(self, wanted: Wanted) -> tuple[AppPassword, Secret]:
        """A new one."""
        return await service.create(self._site, self._user, wanted, kind=_KIND)

    async def revoke(self, label: str) -> None:
        """End one."""
        await service.revoke(self._site, self._user, label, kind=_KIND)

    async def rotate(self, label: str, grace: int) -> tuple[AppPassword, Secret]:
        """A new secret."""
        return await service.rotate(self._site, self._user, label, grace, kind=_KIND)

    async def rotation(self, label: str) -> Rotation | None:
        """The rotation that is under way."""
        return await service.rotation(self._site, self._user, label, kind=_KIND)

    async def finish(self, label: str) -> None:
        """End the old secret."""
        await service.finish_rotation(self._site, self._user, label, kind=_KIND)

    async def roll_back(self, label: str) -> None:
        """Forget the new secret."""
        await service.roll_back_rotation(self._site, self._user, label, kind=_KIND)

    async def limits(self, one: AppPassword) -> list[str]:
        """In words."""
        return in_words(await places.names(self._site, self._user, one.limits), one.limits)

    async def use(self, made: AppPassword, secret: Secret) -> list[Command]:
        """Clone, and ask the API: what its permissions allow."""
        parts, word = urlsplit(self._base), secret.reveal()
        repository = await places.example(self._site, self._user, made.limits) or "WORKSPACE/REPOSITORY"
        found = []
        if ApiScope.READ_REPOSITORY in made.scopes:
            name = percent(self._user.username, safe="")
            address = f"{parts.scheme}://{name}:{word}@{parts.netloc}/{repository}.git"
            found.append(Command("Clone", f"git clone {address}"))
        email = (await users.emails(self._site, self._user))[0].address
        asked = "2.0/user" if ApiScope.READ_USER in made.scopes else f"2.0/repositories/{repository}"
        if {ApiScope.READ_USER, ApiScope.READ_REPOSITORY} & {*made.scopes}:
            found.append(
                Command("Ask the API", f"curl --user {quote(f'{email}:{word}')} {self._base}/{asked}")
            )
        return found


def routes(need: Need) -> list[Route]:
    """The rows; ``need`` is that of one's own settings."""

    def row(method: str, rest: str, handler: tokens.Handler) -> Route:
        async def handle(request: WebRequest, user: User) -> Response:
            return await handler(request, OfPerson(request, user))

        return Route(method, f"{ADDRESS}{rest}", Opens.OWN_ACCOUNT, need, handle)

    return [row(*one) for one in tokens.HANDLERS]
