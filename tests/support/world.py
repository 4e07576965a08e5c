"""A server on which everything that a page can show has happened once."""

import itertools
import time
import uuid
from base64 import b64encode
from contextlib import ExitStack
from functools import cached_property
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pyotp
import pytest
from sqlalchemy import select, update
from support import beside, history, source
from support.browser import PASSWORD

from bitpail.errors import NotFound
from bitpail.model.access import Actor, Client, Need
from bitpail.model.app_passwords import AppPassword
from bitpail.model.branch_restrictions import Kind
from bitpail.model.credentials import CredentialKind
from bitpail.model.imports import Import, ImportId, State
from bitpail.model.one_time_links import Purpose
from bitpail.model.permissions import Permission, Role
from bitpail.model.scopes import Scope
from bitpail.model.site_policy import SitePolicy
from bitpail.model.trust_rules import TrustUse
from bitpail.model.usage import UsageKey
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.policy.brownouts import vendors
from bitpail.services import (
    access_keys,
    access_tokens,
    advice,
    app_passwords,
    branch_restrictions,
    brownouts,
    default_reviewers,
    denials,
    emails,
    git_logins,
    grants,
    groups,
    oauth_authorization,
    oauth_consumers,
    oauth_devices,
    oauth_tokens,
    one_time_links,
    projects,
    repositories,
    site_policy,
    ssh_keys,
    trust_rules,
    two_step,
    users,
    workspaces,
)
from bitpail.services.access import to_repository
from bitpail.services.branch_restrictions import Told
from bitpail.services.clock import now
from bitpail.services.managing import Managing
from bitpail.services.repositories import Wanted
from bitpail.store import imports, tables, usage
from bitpail.store import trust_rules as trust_store
from bitpail.testing import Bitpail

DAY = 24 * 3600
_NUMBERS = itertools.count(1)
_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBnUbTHcbmiFJuQk8ZCUxmUkA1yBxWsdSCd3hqmcXX9p ada@laptop"
_MACHINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFw0p2Zl6uY3o0m7q1kq0m8o9m4mXo0E2n4qv6kF0y1T machine"
_CLIENTS = (("192.0.2.10", "git/2.39.5"), ("192.0.2.77", "curl/8.5.0"))


class World:
    """``ids`` are what stands in addresses; ``codes`` are recovery codes of Grace, who has two-step verification."""

    def __init__(self, server: Bitpail, servers: ExitStack) -> None:
        server.reset()
        self.server = server
        self._servers = servers
        self.ada = server.user("ada", password=PASSWORD)
        self.grace = server.user("grace", password=PASSWORD)
        server.user("newcomer", password=PASSWORD)
        server.workspace("acme", self.ada)
        server.repository("acme/notes", files={"README.md": "# Notes\n"})
        server.repository("acme/engine", files=source.FILES)
        server.repository("acme/blank")
        server.repository("acme/plain")
        self.do(self._without_wiki)
        self.history = history.told(server, self.ada)
        server.do(lambda site: beside.told(site, "ada"))
        server.repository("acme/moved")
        moved = self.do(repositories.named, "acme", "moved").repository
        self.do(repositories.delete, moved, moved_to=f"https://git.example.net/{'long/' * 20}moved")
        self.places = places(server)
        self.do(users.set_admin, "ada", admin=True)
        self._fill()
        nonce = two_step.new_nonce()
        grace = self.user("grace")
        code = pyotp.TOTP(self.do_now(two_step.secret, grace, nonce)).now()
        self.codes = self.do(two_step.switch_on, grace, nonce, code)

    async def _without_wiki(self, site: Any) -> None:
        access = await beside.access(site, "ada", "plain", of="code")
        await repositories.update(site, access, repositories.Wanted(has_wiki=False))

    def change_wiki(self, path: str, text: str) -> None:
        """Somebody else changes a page of the wiki of ``acme/history``."""
        self.server.do(lambda site: beside.write(site, "ada", path, text))

    def do(self, service: Any, *arguments: Any, **more: Any) -> Any:
        """Run one of Bitpail's services."""
        return self.server.do(lambda site: service(site, *arguments, **more))

    def do_now(self, service: Any, *arguments: Any) -> Any:
        """The same for one that doesn't wait and gives a secret."""

        async def work(site: Any) -> Any:
            return service(site, *arguments).reveal()

        return self.server.do(work)

    def user(self, username: str) -> User:
        return self.do(users.named, username)

    def labelled(self, label: str, username: str = "ada") -> AppPassword:
        return self.do(app_passwords.labelled, self.user(username), label)

    def _fill(self) -> None:
        server, ada = self.server, self.ada
        wide = ("account", "repository:admin", "wiki", "pullrequest:write")
        server.app_password(ada, *wide, label="ci of the engine", lifetime=205 * DAY)
        aged(server, "ci of the engine", 200)
        self._used("ci of the engine")
        self._tokens()
        server.app_password(ada, "repository:write", label="backup", networks=("192.0.2.0/24",))
        aged(server, "backup", 120)
        server.app_password(
            ada, "repository:write", "wiki", label="laptop",
            repositories=("acme/notes",), branches=("bot/*",), no_force=True,
        )  # fmt: skip
        self.do(app_passwords.rotate, self.user("ada"), "laptop", 7 * DAY)
        self.do(ssh_keys.add, self.user("ada"), _KEY)
        self.do(emails.add, self.user("ada"), "ada@analytical.example.org")
        self._connect()
        soon = (int(time.time()) + 30 * DAY) * 1_000_000
        at = (int(time.time()) + 3 * DAY) * 1_000_000
        self.do(brownouts.add, vendors(at))
        self._trust()
        self.do(site_policy.put, SitePolicy(forbidden=(Scope.REPOSITORY_ADMIN,), existing_from=soon))

    def _tokens(self) -> None:
        """One of each kind; that of a repository is being rotated."""
        api = app_passwords.Wanted(
            label="laptop",
            permissions=("read:repository:bitbucket", "read:user:bitbucket"),
            lifetime=30 * DAY,
        )
        self.do(app_passwords.create, self.user("ada"), api, Managing(kind=CredentialKind.API_TOKEN))
        acme = self.do(workspaces.named, "acme")
        notes = self.do(repositories.named, "acme", "notes").repository
        project = self.do(workspaces.project_for, acme, None)
        for place, label in ((notes, "ci"), (project, "builds"), (acme, "audit")):
            wanted = app_passwords.Wanted(label=label, permissions=("repository:write", "pullrequest"))
            self.do(access_tokens.create, place, wanted, self.user("ada"))
        robot, ci = self.do(access_tokens.labelled, notes, "ci")
        self.do(app_passwords.rotate, robot, "ci", 7 * DAY, Managing(kind=ci.kind))
        narrow = self._narrow(notes)
        self.tokens = {
            "api_token": self.do(app_passwords.of_user, self.user("ada"), CredentialKind.API_TOKEN)[0].id,
            "token": ci.id,
            "wide_token": narrow.id,
        }

    def _narrow(self, place: Any) -> AppPassword:
        """One of which advice says that less is enough, and one that is being replaced."""
        for label in ("release", "nightly"):
            wanted = app_passwords.Wanted(
                label=label,
                permissions=("repository:write", "repository:admin", "webhook"),
                lifetime=300 * DAY,
            )
            made, _ = self.do(access_tokens.create, place, wanted, self.user("ada"))
            aged(self.server, label, 120)
            self._counted(made)
        robot, nightly = self.do(access_tokens.labelled, place, "nightly")
        self.do(advice.replace_as_advised, robot, "nightly", 7 * DAY, Managing(kind=nightly.kind))
        return self.do(access_tokens.labelled, place, "release")[1]

    def _connect(self) -> None:
        wanted = oauth_consumers.Wanted(
            name="Release notes",
            description="Writes the notes of a release from the titles of its pull requests.",
            callback_url="https://notes.example.org/oauth/callback",
            url="https://notes.example.org",
            permissions=("account", "pullrequest:write", "webhook"),
        )
        self.consumer, _ = self.do(
            oauth_consumers.create, self.workspace("acme"), wanted, by=self.user("ada")
        )
        wanted = oauth_consumers.Wanted(
            name="Pail on the phone",
            callback_url="org.example.pail:/callback",
            permissions=("account", "repository:write", "repository:delete"),
            is_public=True,
        )
        self.do(oauth_consumers.create, self.workspace("acme"), wanted, by=self.user("ada"))
        self.do(oauth_consumers.end_secret, self.consumer, "acme")

        async def allow(site: Any) -> None:
            sent = [("response_type", "code"), ("client_id", self.consumer.key)]
            asked = await oauth_authorization.understand(site, self.server.url, [*sent, ("scope", "account")])
            await oauth_authorization.allow(site, await users.named(site, "ada"), asked)

        self.server.do(allow)

    def device(self) -> str:
        """The code that a device shows."""
        who = oauth_tokens.App(self.consumer, is_proved=True)
        return self.do(oauth_devices.begin, who, "", Client("192.0.2.10", "a device")).user_code

    def git_login(self) -> str:
        """The code that a git shows."""
        return self.do(git_logins.begin, "acme/notes", "ada's laptop", Client("192.0.2.10", "git")).user_code

    def workspace(self, slug: str) -> Workspace:
        return self.do(workspaces.named, slug)

    def _trust(self) -> None:
        """A rule for jobs of GitHub Actions, two of which have asked."""
        rule = trust_rules.WantedRule(
            app_password=app_passwords.Wanted(
                label="deploy from GitHub", permissions=("repository:write",), repositories=("acme/notes",)
            ),
            issuer="github",
            claims={"repository": "acme/site", "ref": "refs/heads/main"},
            audience="https://git.example.org",
        )
        made = self.do(trust_rules.create, self.user("ada"), rule).rule

        async def work(site: Any) -> None:
            for number in range(2):
                at = (int(time.time()) - number * DAY - 600) * 1_000_000
                subject = "repo:acme/site:ref:refs/heads/main"
                async with site.db.transaction() as db:
                    await trust_store.use(
                        db, TrustUse(f"token {number}", made.id, at, at, subject, "192.0.2.10")
                    )

        self.server.do(work)

    def _used(self, label: str) -> None:
        self._counted(self.labelled(label))

    def _counted(self, found: AppPassword) -> None:
        today = int(time.time()) // DAY
        ids = [self.do(repositories.named, "acme", slug).repository.id for slug in ("notes", "engine")]
        counts = [
            (UsageKey(found.id, today - day, "repository", ids[day % 2], *_CLIENTS[day % 2]), 3 + day * 7 % 23)
            for day in range(90) if day % 7 not in {2, 3}
        ]  # fmt: skip

        async def work(site: Any) -> None:
            async with site.db.transaction() as db:
                await usage.add(db, counts)
                made = tables.app_passwords
                last = (int(time.time()) - 5400) * 1_000_000
                await db.run(
                    update(made)
                    .where(made.c.id == found.id)
                    .values(last_used_on=last, last_used_address="192.0.2.10", last_used_client="git/2.39.5")
                )

        self.server.do(work)

    @cached_property
    def ids(self) -> dict[str, str]:
        return {
            "one": self.labelled("ci of the engine").id,
            "rotating": self.labelled("laptop").id,
            "key": self.do(ssh_keys.of_user, self.user("ada"))[0].id,
            "denial": self.denied(),
            "rule": self.do(trust_rules.of_user, self.user("ada"))[0].rule.id,
            **self.tokens,
            "consumer": self.consumer.id,
            "client": self.consumer.key,
            **self.history,
            **self.places,
        }

    def unused_label(self) -> str:
        """A name that nothing has yet."""
        return f"ada-{next(_NUMBERS):06x}"

    def empty_server(self) -> Bitpail:
        """Another server, on which there is nobody yet."""
        return self._servers.enter_context(Bitpail.started())

    def denied(self) -> str:
        """The id of a request that lacked a permission."""
        secret = self.server.app_password(self.ada, "wiki", label="wiki bot")
        return denied(self.server, "ada", secret)

    def link(self, purpose: Purpose, username: str | None = None, detail: str | None = None) -> str:
        """The secret part of a link that works once."""
        user_id = self.user(username).id if username else None

        async def work(site: Any) -> str:
            async with site.db.transaction() as db:
                made = await one_time_links.make(site, db, purpose, user_id, lasts=DAY, detail=detail)
            return made.reveal()

        return self.server.do(work)


def places(server: Bitpail) -> dict[str, str]:
    """Fill the settings of ``acme`` and of its engine, and let imports be at every stage; the ids of these."""

    async def work(site: Any) -> dict[str, str]:
        ada, grace = await users.named(site, "ada"), await users.named(site, "grace")
        acme = await workspaces.named(site, "acme")
        await workspaces.put_member(site, acme, grace, Role.MEMBER, Permission.READ)
        group = await groups.create(site, acme, "builders", name="Builders of the mill")
        await groups.add(site, acme, group, grace)
        mill = await projects.create(site, acme, "MILL", "The mill", description="What turns the wheels.")
        await repositories.create(site, acme, "stone", Wanted(project_key="MILL", description="It grinds."))
        actor = Actor(ada, None, frozenset(Scope))
        access = await to_repository(site, actor, Need(permission=Permission.ADMIN), "acme", "engine")
        about = Wanted(
            description="Tabulates polynomials by differences.", website="https://example.org/engine"
        )
        await repositories.update(site, access, about)
        for place in (mill, access.repository):
            await grants.give(site, acme, place, "grace", "write", is_group=False)
            await grants.give(site, acme, place, "builders", "read", is_group=True)
        await branch_restrictions.create(
            site, access, Told(kind=Kind.PUSH, pattern="main", group_slugs=["builders"])
        )
        await branch_restrictions.create(site, access, Told(kind=Kind.FORCE, pattern="release/*"))
        await access_keys.add(site, access.repository, _MACHINE, label="build machine")
        await default_reviewers.add_to_repository(site, access, "grace")
        ids = {}
        said = {
            State.RUNNING: "Receiving objects:  45% (4512/10026), 12.40 MiB | 3.10 MiB/s",
            State.DONE: "",
            State.FAILED: "there is no repository at this address, or none without a user name and a password",
        }
        for state, text in said.items():
            ids[state.value] = str(uuid.uuid4())
            at = now()
            await imports.create(
                site.db,
                Import(
                    ImportId(ids[state.value]), ada.id, acme.id, mill.id, access.repository.id, "engine", "Engine",
                    "https://git.example.net/mill/engine.git", state, text, at, at + DAY * 1_000_000,
                ),
            )  # fmt: skip
        return ids

    return server.do(work)


def aged(server: Bitpail, label: str, days: int) -> None:
    """Let an app password have been made that long ago, with all that was counted of it; its last use stays."""
    made, used = tables.app_passwords, tables.app_password_usage
    at = time.time_ns() // 1000 - days * DAY * 1_000_000

    async def work(site: Any) -> None:
        async with site.db.transaction() as db:
            await db.run(update(made).where(made.c.label == label).values(created_on=at))
            ids = select(made.c.id).where(made.c.label == label)
            await db.run(update(used).where(used.c.app_password_id.in_(ids)).values(day=used.c.day - days))

    server.do(work)


def denied(server: Bitpail, username: str, secret: str) -> str:
    """Ask for what an app password is not enough for; the request's id, once it is written down."""
    proof = b64encode(f"{username}:{secret}".encode()).decode()
    request = Request(f"{server.api}/repositories/acme/notes", headers={"Authorization": f"Basic {proof}"})
    with pytest.raises(HTTPError) as refused:
        urlopen(request)
    refused.value.close()
    request_id = refused.value.headers["x-request-id"]
    written(server, denials.explain, request_id)
    return request_id


def written(server: Bitpail, service: Any, *arguments: Any) -> None:
    """Wait until what the server writes behind is there."""
    for _ in range(1200):
        try:
            server.do(lambda site: service(site, *arguments))
        except NotFound:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"never written: {arguments}")
