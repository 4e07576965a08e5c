"""The pages of one's own API tokens."""

from shlex import quote
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.scopes import ApiScope
from bitpail.policy.secrets import Secret
from bitpail.services import users
from bitpail.web import tokens
from bitpail.web.commands import Command, Commands
from bitpail.web.holders import Frame, OfPerson

ADDRESS = "/account/settings/api-tokens"

_LIFETIMES = (
    ("7d", "after 7 days"),
    ("30d", "after 30 days"),
    ("90d", "after 90 days"),
    ("1y", "after a year"),
)


class OfOwner(OfPerson):
    """Of whoever is logged in."""

    frame = Frame(
        kind=CredentialKind.API_TOKEN,
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
        is_own=True,
        where="personal settings",
    )

    async def commands(self, made: AppPassword, secret: Secret) -> Commands:
        """Clone, and ask the API: what its permissions allow."""
        parts, word = urlsplit(self.base), secret.reveal()
        repository = await self.example(made)
        found = []
        if ApiScope.READ_REPOSITORY in made.scopes:
            name = percent(self.user.username, safe="")
            address = f"{parts.scheme}://{name}:{word}@{parts.netloc}/{repository}.git"
            found.append(Command("Clone", f"git clone {address}"))
        email = (await users.emails(self.site, self.user))[0].address
        asked = "2.0/user" if ApiScope.READ_USER in made.scopes else f"2.0/repositories/{repository}"
        if {ApiScope.READ_USER, ApiScope.READ_REPOSITORY} & {*made.scopes}:
            found.append(
                Command("Ask the API", f"curl --user {quote(f'{email}:{word}')} {self.base}/{asked}")
            )
        return Commands(found)


def routes(need: Need) -> list[Route]:
    """The rows; ``need`` is that of one's own settings."""
    return tokens.rows(ADDRESS, Opens.OWN_ACCOUNT, need, OfOwner)
