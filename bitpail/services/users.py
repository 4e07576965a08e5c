"""Accounts: made, listed, switched off. Each user gets a personal workspace."""

import secrets
import uuid

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.audit import Kind
from bitpail.model.users import Email, User, UserId
from bitpail.model.workspaces import Workspace, WorkspaceId
from bitpail.policy import names
from bitpail.policy.secrets import Secret
from bitpail.services import account_passwords, audit, notices, workspaces
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import policies, sessions, usage
from bitpail.store import users as store
from bitpail.store.database import Connection


async def create(
    site: Site,
    username: str,
    *,
    email: str,
    display_name: str | None = None,
    password: Secret | None = None,
    is_admin: bool = False,
) -> User:
    """A new account with its personal workspace; raises Invalid or Conflict."""
    user = described(username, email=email, display_name=display_name, is_admin=is_admin)
    digest = await account_passwords.hash_password(password) if password else None
    async with site.db.transaction() as db:
        await add(db, user, email=email, digest=digest)
    return user


def described(username: str, *, email: str, display_name: str | None, is_admin: bool) -> User:
    """What ``create`` would make: checked, and not written. Raises Invalid."""
    names.check_email(email)
    return User(
        id=UserId(str(uuid.uuid4())),
        username=names.check_username(username),
        display_name=names.check_text(display_name or username, "display name", 255),
        nickname=username,
        account_id=secrets.token_hex(12),
        is_admin=is_admin,
        is_active=True,
        created_on=now(),
    )


async def add(db: Connection, user: User, *, email: str, digest: str | None, by: str = "") -> None:
    """Write a new one and its personal workspace, in a transaction; ``by`` made it. Raises Conflict."""
    try:
        await store.create(db, user, password_digest=digest, email=email, confirmed=True)
        await workspaces.add(db, _personal_workspace(user), owner=user)
    except Conflict:
        raise Conflict(
            f"the username {user.username!r}, its workspace or the e-mail address is taken"
        ) from None
    await audit.record(db, Kind.USER_CREATED, user=user, by=by, admin=user.is_admin)


def _personal_workspace(user: User) -> Workspace:
    return Workspace(
        id=WorkspaceId(str(uuid.uuid4())),
        slug=user.username.lower(),
        name=user.display_name,
        personal_of=user.id,
        is_private=True,
        created_on=user.created_on,
        updated_on=user.created_on,
    )


async def named(site: Site, username: str) -> User:
    """The user of that name; raises NotFound."""
    user = await store.by_username(site.db, username)
    if user is None:
        raise NotFound(f"no user {username!r}")
    return user


async def identified(site: Site, selected_user: str) -> User:
    """A user by account ID or UUID in braces, as the API names them; raises NotFound."""
    if selected_user.startswith("{") and selected_user.endswith("}"):
        user = await store.by_id(site.db, UserId(selected_user[1:-1].lower()))
    else:
        user = await store.by_account_id(site.db, selected_user)
    if user is None:
        raise NotFound(f"{selected_user} does not exist")
    return user


async def emails(site: Site, user: User) -> list[Email]:
    """The user's own addresses, the primary one first."""
    return await store.emails(site.db, user.id)


async def every(site: Site) -> list[User]:
    """All accounts, by username."""
    return await store.every(site.db)


async def count(site: Site) -> int:
    """How many accounts there are."""
    return await store.count(site.db)


async def set_password(site: Site, username: str, password: Secret) -> None:
    """A new account password, which logs out every browser; raises NotFound or Invalid."""
    user = await named(site, username)
    digest = await account_passwords.hash_password(password)
    async with site.db.transaction() as db:
        await store.set_password_digest(db, user.id, digest)
        await sessions.remove_others(db, user.id)
        await audit.record(db, Kind.USER_PASSWORD_CHANGED, user=user)
    await notices.tell(site, user, "password-changed")


async def set_display_name(site: Site, user: User, display_name: str) -> None:
    """Change the name that people see; raises Invalid."""
    name = names.check_text(display_name.strip(), "display name", 255)
    if not name:
        raise Invalid("the display name is empty")
    async with site.db.transaction() as db:
        await store.update(db, user.id, display_name=name, nickname=user.nickname)
        await audit.record(db, Kind.USER_PROFILE_CHANGED, user=user, display_name=name)


async def set_active(site: Site, username: str, *, active: bool, by: str = "") -> None:
    """Switch an account off or on; its app passwords follow on the next request.

    ``by`` is whose doing it is. Raises NotFound, or Conflict for the last administrator.
    """
    user = await named(site, username)
    kind = Kind.USER_ENABLED if active else Kind.USER_DISABLED
    async with site.db.transaction() as db:
        if not active:
            await _keep_an_administrator(db, user)
            # What was logged in doesn't come back when the account does.
            await sessions.remove_others(db, user.id)
        await store.set_active(db, user.id, active)
        await audit.record(db, kind, user=user, by=by)


async def set_admin(site: Site, username: str, *, admin: bool, by: str = "") -> None:
    """Make somebody an administrator of this server, or no longer; raises as ``set_active``."""
    user = await named(site, username)
    kind = Kind.USER_ADMINISTRATOR_ON if admin else Kind.USER_ADMINISTRATOR_OFF
    async with site.db.transaction() as db:
        if not admin:
            await _keep_an_administrator(db, user)
        await store.set_admin(db, user.id, admin)
        await audit.record(db, kind, user=user, by=by)


async def _keep_an_administrator(db: Connection, user: User) -> None:
    # Two administrators who switch each other off at the same time would both find the
    # other one still there. This row is written first, so the second one waits, and looks after it.
    await policies.put(db, "administrators", "", now())
    if user.is_admin and user.is_active and not await store.is_other_administrator(db, user.id):
        raise Conflict(f"{user.username} is the last administrator: make somebody else one first")


async def set_records_usage(site: Site, user: User, *, records: bool) -> None:
    """Whether it is counted what the user's app passwords are needed for; off forgets what was."""
    kind = Kind.USER_USAGE_ON if records else Kind.USER_USAGE_OFF
    async with site.db.transaction() as db:
        await store.set_records_usage(db, user.id, records)
        if not records:
            await usage.forget(db, user.id)
        await audit.record(db, kind, user=user)
