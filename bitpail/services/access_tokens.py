"""Access tokens of a repository, a project or a workspace: each acts as a robot of its own.

The robot has a name and no seat: it belongs to nothing, is granted nothing and can't log in. What it
may is what the scopes of its token say, in the place where the token was made; with the place both
end, and what it has said and done stays. Everything else is as with app passwords, and is done there: to the token of its robot.
"""

import secrets
import uuid

import msgspec

from bitpail.errors import Conflict, NotFound
from bitpail.model.app_passwords import AppPassword
from bitpail.model.credentials import CredentialKind
from bitpail.model.limits import Limits
from bitpail.model.projects import Project
from bitpail.model.repositories import Repository
from bitpail.model.users import User, UserId
from bitpail.model.workspaces import Workspace
from bitpail.policy import kinds, names
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords
from bitpail.services.app_passwords import Wanted
from bitpail.services.clock import now
from bitpail.services.managing import Managing
from bitpail.services.site import Site
from bitpail.store import app_passwords as store
from bitpail.store import users

Place = Repository | Project | Workspace

ADDRESSES = "bots.bitpail.invalid"
"""Robots' e-mail addresses end in it: commits under one are the robot's, and no mail ever goes there."""


def kind_at(place: Place) -> CredentialKind:
    """Of the tokens that are made there."""
    if isinstance(place, Repository):
        return CredentialKind.REPOSITORY_ACCESS_TOKEN
    if isinstance(place, Project):
        return CredentialKind.PROJECT_ACCESS_TOKEN
    return CredentialKind.WORKSPACE_ACCESS_TOKEN


async def create(
    site: Site, place: Place, wanted: Wanted, by: User | None = None
) -> tuple[AppPassword, Secret]:
    """A new token with its robot, and its secret; ``by`` makes it. Raises Invalid, NotFound or Conflict."""
    kind, robot = kind_at(place), _robot(wanted.label)
    described = await app_passwords.described(site, robot, wanted, kind, _limits(place))
    made = msgspec.structs.replace(described, created_by=by.id if by else None)
    try:
        async with site.db.transaction() as db:
            await users.create(
                db, robot, password_digest=None, email=f"{robot.id}@{ADDRESSES}", confirmed=True
            )
            secret = await app_passwords.add(site, db, robot, made, by.username if by else "")
    except Conflict:
        raise Conflict(f"there is {kinds.a(kind)} labelled {wanted.label!r} already") from None
    return made, secret


def _robot(label: str) -> User:
    name = names.check_label(label)
    robot_id = UserId(str(uuid.uuid4()))
    return User(
        id=robot_id,
        # No person's name has a slash.
        username=f"bot/{robot_id}",
        display_name=name,
        nickname=name,
        account_id=secrets.token_hex(12),
        is_admin=False,
        is_active=True,
        created_on=now(),
        is_robot=True,
    )


def _limits(place: Place) -> Limits:
    if isinstance(place, Repository):
        return Limits(repositories=(place.id,))
    if isinstance(place, Project):
        return Limits(projects=(place.id,))
    return Limits(workspaces=(place.id,))


async def of_place(
    site: Site, place: Place, *, include_revoked: bool = False
) -> list[tuple[User, AppPassword]]:
    """Those that were made there, oldest first, each with its robot."""
    await site.last_uses.flush()
    found = await store.of_place(site.db, kind_at(place), place.id)
    return [(robot, one) for robot, one in found if include_revoked or one.revoked_on is None]


async def labelled(site: Site, place: Place, label: str) -> tuple[User, AppPassword]:
    """The unrevoked one of that label; raises NotFound."""
    for robot, one in await of_place(site, place):
        if one.label == label:
            return robot, one
    raise NotFound(f"there is no {kind_at(place).words} labelled {label!r}")


async def identified(site: Site, place: Place, token_id: str) -> tuple[User, AppPassword]:
    """The one of that id; a revoked one too. Raises NotFound."""
    for robot, one in await of_place(site, place, include_revoked=True):
        if one.id == token_id:
            return robot, one
    raise NotFound(f"there is no such {kind_at(place).words}")


async def revoke(site: Site, place: Place, label: str, by: User | None = None) -> AppPassword:
    """End one: the next request that presents it is refused. Raises NotFound."""
    robot, one = await labelled(site, place, label)
    return await app_passwords.revoke(site, robot, one.label, Managing(kind=one.kind, by=by))
