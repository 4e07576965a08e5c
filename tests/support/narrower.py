"""Credentials of every kind that have needed less than they hold, and how each is asked with."""

from typing import Any, NamedTuple

from sqlalchemy import update
from support.site import Server

from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.services import access_tokens, app_passwords, repositories, workspaces
from bitpail.services.app_passwords import Wanted
from bitpail.services.managing import Managing
from bitpail.store.tables import app_password_usage
from bitpail.store.tables import app_passwords as rows

DAY = 86_400
CODE = "/2.0/repositories/team/code"
KINDS = [
    CredentialKind.APP_PASSWORD,
    CredentialKind.API_TOKEN,
    CredentialKind.REPOSITORY_ACCESS_TOKEN,
    CredentialKind.PROJECT_ACCESS_TOKEN,
    CredentialKind.WORKSPACE_ACCESS_TOKEN,
]
API = CredentialKind.API_TOKEN
_WIDE = ("repository:write", "repository:admin", "webhook")
_WIDE_API = ("read:repository:bitbucket", "write:repository:bitbucket", "read:user:bitbucket")


class Held(NamedTuple):
    """One that holds ``wide``, of which ``enough`` would do; ``user`` is whose it is, or its robot."""

    user: User
    one: AppPassword
    secret: str
    enough: tuple[str, ...]
    place: Any = None

    @property
    def which(self) -> tuple[User, str]:
        return self.user, self.one.label

    async def asks(self, server: Server, secret: str = "", *, agent: str = "test/1.0") -> int:
        """The status that a secret gets for the repository; without one its own."""
        secret, headers = secret or self.secret, [("user-agent", agent)]
        if self.one.kind.is_robot:
            headers.append(("authorization", f"Bearer {secret}"))
            return (await server.client.get(CODE, headers=headers)).status
        name = "ada@example.com" if self.one.kind is API else self.user.username
        return (await server.client.get(CODE, auth=(name, secret), headers=headers)).status


async def place_of(server: Server, kind: CredentialKind) -> Any:
    """Where access tokens of a kind are made in these tests; None for what is a person's."""
    team = await workspaces.named(server.site, "team")
    if kind is CredentialKind.WORKSPACE_ACCESS_TOKEN:
        return team
    if kind is CredentialKind.PROJECT_ACCESS_TOKEN:
        return await workspaces.project_for(server.site, team, None)
    if kind is CredentialKind.REPOSITORY_ACCESS_TOKEN:
        return (await repositories.named(server.site, "team", "code")).repository
    return None


async def held(
    server: Server, ada: User, kind: CredentialKind, *, label: str = "ci", days: int = 40, **more: Any
) -> Held:
    """One that was made so many days ago and has read ``team/code`` once then and once today."""
    more.setdefault("lifetime", 300 * DAY)
    wanted = Wanted(label=label, permissions=_WIDE_API if kind is API else _WIDE, **more)
    place = await place_of(server, kind)
    if place is None:
        made, secret = await app_passwords.create(server.site, ada, wanted, Managing(kind=kind))
        user = ada
    else:
        made, secret = await access_tokens.create(server.site, place, wanted, ada)
        user, _ = await access_tokens.labelled(server.site, place, label)
    enough = ("read:repository:bitbucket",) if kind is API else ("repository",)
    found = Held(user, made, secret.reveal(), enough, place)
    assert await found.asks(server) == 200
    await server.application._site.behind.flush()
    await aged(server, made, days)
    return found._replace(one=await app_passwords.identified(server.site, user, made.id, kind))


async def aged(server: Server, one: AppPassword, days: int) -> None:
    """Let it have been made, and used for the first time, so many days ago; its last use stays."""
    used, made_on = app_password_usage, one.created_on - days * DAY * 1_000_000
    await server.site.db.run(update(rows).where(rows.c.id == one.id).values(created_on=made_on))
    await server.site.db.run(
        update(used).where(used.c.app_password_id == one.id).values(day=used.c.day - days)
    )
