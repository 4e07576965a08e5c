"""Bitpail in this event loop, and a line each for what a test needs in it.

What a test arranges goes through the services, as the command line does; what
it asks goes through the front door, with a credential or without.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.asgi import Client, running
from support.repositories import Repository as GitRepository

from bitpail.app import create
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.permissions import Permission, Role
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.policy.secrets import Secret
from bitpail.services import (
    access_tokens,
    app_passwords,
    keys,
    oauth_authorization,
    oauth_consumers,
    oauth_tokens,
    repositories,
    throttle,
    users,
    workspaces,
)
from bitpail.services.managing import Managing
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site, open_site
from bitpail.settings import Settings
from bitpail.store import migrate

Auth = tuple[str, str]


def migrated(directory: Path) -> Path:
    """A migrated SQLite file, to be copied: migrating takes longer than most tests."""
    migrate.upgrade(Settings(data=str(directory)))
    return directory / "bitpail.sqlite3"


def settings_in(data: Path, database: Path, **changes: Any) -> Settings:
    """The settings of a data directory with keys and an empty database."""
    data.mkdir(mode=0o700)
    shutil.copy(database, data)
    keys.create(data)
    # Nothing listens there; clone addresses are the short ones then.
    changes.setdefault("ssh_listen", "127.0.0.1:22")
    return Settings(data=str(data), sqlite_synchronous="NORMAL", log_level="error", **changes)


class Server:
    """``client`` asks; the other methods arrange, and return what the client needs to know."""

    def __init__(self, settings: Settings, site: Site, application: Any) -> None:
        self.settings = settings
        self.site = site
        self.application = application
        self.client = Client(application)
        self._labels = 0

    async def user(self, username: str = "ada", *, password: str | None = None, email: str = "") -> User:
        secret = Secret(password) if password else None
        address = email or f"{username}@example.com"
        return await users.create(self.site, username, email=address, password=secret)

    async def auth(self, user: User, *scopes: str) -> Auth:
        """Username and secret of a new app password."""
        return (await self.app_password(user, *scopes))[1]

    async def app_password(self, user: User, *scopes: str) -> tuple[AppPassword, Auth]:
        self._labels += 1
        made, secret = await app_passwords.create(
            self.site, user, app_passwords.Wanted(label=f"number {self._labels}", permissions=tuple(scopes))
        )
        return made, (user.username, secret.reveal())

    async def api_token(self, user: User, *scopes: str, lifetime: int = 86_400) -> tuple[AppPassword, str]:
        """A new API token and its secret."""
        self._labels += 1
        wanted = app_passwords.Wanted(
            label=f"number {self._labels}", permissions=tuple(scopes), lifetime=lifetime
        )
        made, secret = await app_passwords.create(
            self.site, user, wanted, Managing(kind=CredentialKind.API_TOKEN)
        )
        return made, secret.reveal()

    async def access_token(
        self, place: access_tokens.Place, *scopes: str, **more: Any
    ) -> tuple[AppPassword, str]:
        """A new access token of a repository, a project or a workspace, and its secret."""
        self._labels += 1
        wanted = app_passwords.Wanted(label=f"number {self._labels}", permissions=tuple(scopes), **more)
        made, secret = await access_tokens.create(self.site, place, wanted)
        return made, secret.reveal()

    async def oauth_token(self, user: User, *scopes: str) -> str:
        """An access token of an app that a user has allowed something."""
        self._labels += 1
        place = await workspaces.named(self.site, user.username)
        wanted = oauth_consumers.Wanted(
            name=f"number {self._labels}", callback_url="https://app.example.org/", permissions=tuple(scopes)
        )
        app, _ = await oauth_consumers.create(self.site, place, wanted, by=user)
        sent = [("response_type", "code"), ("client_id", app.key)]
        asked = await oauth_authorization.understand(self.site, "https://git.example.org", sent)
        answer = await oauth_authorization.allow(self.site, user, asked)
        code = Secret(parse_qs(urlsplit(answer).query)["code"][0])
        issued = await oauth_tokens.by_code(self.site, oauth_tokens.App(app, is_proved=True), code, "", "")
        return issued.access.reveal()

    async def workspace(self, slug: str, owner: User, *, public: bool = False) -> Workspace:
        return await workspaces.create(self.site, slug, owner=owner, public=public)

    async def member(self, workspace: Workspace, user: User, role: str, permission: str = "none") -> None:
        await workspaces.put_member(self.site, workspace, user, Role(role), Permission[permission.upper()])

    async def repository(self, workspace: str, slug: str, *, public: bool = False, **more: Any) -> Repository:
        found = await workspaces.named(self.site, workspace)
        return await repositories.create(self.site, found, slug, Wanted(is_private=not public, **more))

    async def adopted(
        self, workspace: str, slug: str, git: GitRepository, *, public: bool = False
    ) -> Repository:
        """A repository whose history the test makes with git."""
        found = await workspaces.named(self.site, workspace)
        wanted = Wanted(is_private=not public)
        return await repositories.adopt(self.site, found, slug, git.path, wanted)

    async def grant(self, repository: Repository, user: User, permission: str) -> None:
        await repositories.grant(self.site, repository, user, Permission[permission.upper()])


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Server]:
    """The application, started, and a site of the test's own on the same data.

    For whoever guesses or asks too often time stands still: no wait runs out because the machine is busy.
    """
    site = await open_site(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throttle, "time", SimpleNamespace(monotonic=lambda: 1000.0))
        try:
            application = create(settings)
            async with running(application):
                yield Server(settings, site, application)
        finally:
            await site.close()
