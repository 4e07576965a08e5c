"""A server process with a data directory of its own, and a line each for what a test needs in it."""

import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

from anyio.from_thread import BlockingPortal, start_blocking_portal
from sqlalchemy import delete

from bitpail import settings as bitpail_settings
from bitpail.errors import BitpailError
from bitpail.git.directories import repository_path
from bitpail.model.permissions import Permission, Role
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, oauth_consumers, repositories, set_up, users, workspaces
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site, open_site
from bitpail.settings import Settings
from bitpail.store.tables import metadata
from bitpail.testing.history import made_of

T = TypeVar("T")

_STOP_AFTER = 10


class Person:
    """A user that a test made."""

    def __init__(self, username: str, uuid: str, account_id: str) -> None:
        self.username = username
        self.uuid = f"{{{uuid}}}"
        self.account_id = account_id

    def __repr__(self) -> str:
        return f"Person({self.username!r})"


class Bitpail:
    """A running server. Make one with ``Bitpail.started()``."""

    def __init__(self, settings: Settings, site: Site, portal: BlockingPortal) -> None:
        self.settings = settings
        self.process: subprocess.Popen[str]
        self.url = ""
        self.ssh_url = ""
        self._site = site
        self._portal = portal
        self._log = Path(settings.data).parent / "server.log"

    @classmethod
    @contextmanager
    def started(cls, *flags: str, **settings: Any) -> Iterator[Self]:
        """Start a server on a free port; stop it and remove its data at the end.

        ``settings`` are Bitpail's own, by their names; ``flags`` go to ``bitpail serve``.
        """
        root = Path(tempfile.mkdtemp(prefix="bitpail-test-"))
        values = bitpail_settings.load(
            {
                "data": str(root / "data"),
                "listen": "127.0.0.1:0",
                "ssh_listen": "127.0.0.1:0",
                "sqlite_synchronous": "NORMAL",
                # Tests guess on purpose, all from one address.
                "free_guesses": 1_000_000,
                **settings,
            }
        )
        try:
            set_up.initialise(values)
            with start_blocking_portal() as portal:
                server = cls(values, portal.call(open_site, values), portal)
                try:
                    server.start(*flags)
                    yield server
                finally:
                    server.stop()
                    portal.call(server._site.close)
        finally:
            shutil.rmtree(root, ignore_errors=True)

    @property
    def api(self) -> str:
        """The root of the REST API, without a slash at the end."""
        return f"{self.url}/2.0"

    @property
    def log(self) -> str:
        """Everything that the server has logged so far."""
        return self._log.read_text(errors="replace")

    def start(self, *flags: str) -> None:
        """Start the process; raises BitpailError with its log if it ends at once."""
        command = [sys.executable, "-m", "bitpail", "serve", *flags]
        with self._log.open("a") as log:
            seen = log.tell()
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment(), text=True
            )
        self.url = ""
        while True:
            for line in self.log[seen:].splitlines():
                if line.startswith("bitpail: serving ssh:"):
                    self.ssh_url = line.removeprefix("bitpail: serving ")
                elif line.startswith("bitpail: serving "):
                    self.url = line.removeprefix("bitpail: serving ")
            if self.url and self._answers():
                return
            if self.process.poll() is not None:
                raise BitpailError(f"the server ended with {self.process.returncode}: {self.log[seen:]}")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop the process as an administrator would, or by force if that takes too long."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_AFTER)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def reset(self) -> None:
        """Forget every user, workspace, repository and app password."""

        async def forget(site: Site) -> None:
            async with site.db.transaction() as db:
                for table in reversed(metadata.sorted_tables):
                    if table.name != "alembic_version":
                        await db.run(delete(table))

        self.do(forget)
        for place in (*self._site.repositories.iterdir(), self.settings.data_path / "downloads"):
            shutil.rmtree(place, ignore_errors=True)

    def do(self, work: Callable[[Site], Awaitable[T]]) -> T:
        """Run one of Bitpail's services against the same data, as the command line does."""

        async def run() -> T:
            return await work(self._site)

        return self._portal.call(run)

    def user(self, username: str, *, email: str | None = None, password: str | None = None) -> Person:
        """A user with a personal workspace of the same name."""
        address = email or f"{username}@example.org"
        secret = Secret(password) if password else None
        made = self.do(lambda site: users.create(site, username, email=address, password=secret))
        return Person(made.username, made.id, made.account_id)

    def workspace(self, slug: str, owner: Person, *, public: bool = False) -> str:
        """A workspace; returns its slug."""

        async def work(site: Site) -> str:
            user = await users.named(site, owner.username)
            return (await workspaces.create(site, slug, owner=user, public=public)).slug

        return self.do(work)

    def member(
        self, workspace: str, person: Person, *, role: str = "member", repositories: str = "none"
    ) -> None:
        """Make somebody a member, with a permission on all repositories of the workspace."""

        async def work(site: Site) -> None:
            user, found = await users.named(site, person.username), await workspaces.named(site, workspace)
            permission = Permission[repositories.upper()]
            await workspaces.put_member(site, found, user, Role(role), permission)

        self.do(work)

    def repository(
        self, full_name: str, *, public: bool = False, files: Mapping[str, str | bytes] | None = None
    ) -> str:
        """A repository, empty or with one commit of some files on ``main``; returns its full name."""
        workspace, _, slug = full_name.partition("/")
        wanted = Wanted(is_private=not public)

        async def work(site: Site) -> None:
            found = await workspaces.named(site, workspace)
            if files is None:
                await repositories.create(site, found, slug, wanted)
                return
            with made_of(files) as source:
                await repositories.import_from(site, found, slug, str(source), wanted, lambda _text: None)

        self.do(work)
        return full_name

    def adopt(self, directory: Path, full_name: str, *, public: bool = False) -> str:
        """Serve a Git directory where it lies; returns the full name."""
        workspace, _, slug = full_name.partition("/")

        async def work(site: Site) -> None:
            found = await workspaces.named(site, workspace)
            await repositories.adopt(site, found, slug, directory, Wanted(is_private=not public))

        self.do(work)
        return full_name

    def grant(self, full_name: str, person: Person, permission: str) -> None:
        """Give somebody ``read``, ``write``, ``admin`` or ``none`` on one repository."""
        workspace, _, slug = full_name.partition("/")

        async def work(site: Site) -> None:
            located = await repositories.named(site, workspace, slug)
            user = await users.named(site, person.username)
            await repositories.grant(site, located.repository, user, Permission[permission.upper()])

        self.do(work)

    def app_password(self, person: Person, *permissions: str, label: str | None = None, **limits: Any) -> str:
        """A new app password; returns its secret. ``limits`` as in ``services.app_passwords.Wanted``."""

        async def work(site: Site) -> str:
            user = await users.named(site, person.username)
            unique = label or f"test {len(await app_passwords.of_user(site, user, include_revoked=True))}"
            wanted = app_passwords.Wanted(label=unique, permissions=permissions, **limits)
            _, secret = await app_passwords.create(site, user, wanted)
            return secret.reveal()

        return self.do(work)

    def oauth_consumer(
        self,
        workspace: str,
        owner: Person,
        *permissions: str,
        callback_url: str = "http://127.0.0.1/callback",
        name: str = "App under test",
        public: bool = False,
    ) -> tuple[str, str]:
        """An OAuth app of a workspace; returns its ``client_id`` and its secret."""
        wanted = oauth_consumers.Wanted(
            name=name, callback_url=callback_url, permissions=permissions, is_public=public
        )

        async def work(site: Site) -> tuple[str, str]:
            by, place = await users.named(site, owner.username), await workspaces.named(site, workspace)
            made, secret = await oauth_consumers.create(site, place, wanted, by=by)
            return made.key, secret.reveal()

        return self.do(work)

    def revoke(self, person: Person, label: str) -> None:
        """End an app password by its label."""

        async def work(site: Site) -> None:
            await app_passwords.revoke(site, await users.named(site, person.username), label)

        self.do(work)

    def disable(self, person: Person) -> None:
        """Switch an account off."""
        self.do(lambda site: users.set_active(site, person.username, active=False))

    def directory(self, full_name: str, *, wiki: bool = False) -> Path:
        """Where a repository lies on disk; a wiki's directory is there once somebody has asked for it."""
        workspace, _, slug = full_name.partition("/")

        async def work(site: Site) -> Path:
            repository = (await repositories.named(site, workspace, slug)).repository
            if wiki:
                return repository_path(site.repositories, repository.id, wiki=True)
            return repositories.code_directory(site, repository).path

        return self.do(work)

    def git_url(self, full_name: str, username: str = "", secret: str = "", *, wiki: bool = False) -> str:
        """The address that ``git clone`` takes, with or without a credential in it."""
        parts = urlsplit(self.url)
        name = quote(username, "") + (f":{quote(secret, '')}" if secret else "")
        host = f"{name}@{parts.netloc}" if username else parts.netloc
        return f"{parts.scheme}://{host}/{full_name}.git{'/wiki' if wiki else ''}"

    def _environment(self) -> dict[str, str]:
        # A test's own BITPAIL_* variables must not reach into this server.
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(bitpail_settings.PREFIX)
        }
        return kept | bitpail_settings.as_environment(self.settings)

    def _answers(self) -> bool:
        # The socket listens before the application is ready: the request waits for it.
        # With TLS the certificate may be for any name: this asks who answers, not who it is.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            with urlopen(f"{self.url}/healthz", timeout=_STOP_AFTER, context=context) as answer:  # noqa: S310 - our own server
                return bool(answer.status == 200)
        except OSError:  # refused, cut off, or too slow: it is asked again
            return False
