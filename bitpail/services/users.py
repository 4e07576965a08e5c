"""Accounts: made, listed, switched off. Each user gets a personal workspace."""

import secrets
import uuid

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.audit import Kind
from bitpail.model.users import Email, User, UserId
from bitpail.model.workspaces import Workspace, WorkspaceId
from bitpail.policy import names
from bitpail.policy.secrets import Secret
from bitpail.services import account_passwords, audit, workspaces
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import sessions, usage
from bitpail.store import users as store


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
    user = User(
        id=UserId(str(uuid.uuid4())),
        username=names.check_username(username),
        display_name=names.check_text(display_name or username, "display name", 255),
        nickname=username,
        account_id=secrets.token_hex(12),
        is_admin=is_admin,
        is_active=True,
        created_on=now(),
    )
    names.check_email(email)
    digest = await account_passwords.hash_password(password) if password else None
    personal = _personal_workspace(user)
    try:
        async with site.db.transaction() as db:
            await store.create(db, user, password_digest=digest, email=email, confirmed=True)
            await workspaces.add(db, personal, owner=user)
            await audit.record(db, Kind.USER_CREATED, user=user, admin=is_admin)
    except Conflict:
        raise Conflict(f"the username {username!r}, its workspace or the e-mail address is taken") from None
    return user


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


async def set_password(site: Site, username: str, password: Secret) -> None:
    """A new account password, which logs out every browser; raises NotFound or Invalid."""
    user = await named(site, username)
    digest = await account_passwords.hash_password(password)
    async with site.db.transaction() as db:
        await store.set_password_digest(db, user.id, digest)
        await sessions.remove_others(db, user.id)
        await audit.record(db, Kind.USER_PASSWORD_CHANGED, user=user)


async def set_display_name(site: Site, user: User, display_name: str) -> None:
    """Change the name that people see; raises Invalid."""
    name = names.check_text(display_name.strip(), "display name", 255)
    if not name:
        raise Invalid("the display name is empty")
    await store.update(site.db, user.id, display_name=name, nickname=user.nickname)


async def set_active(site: Site, username: str, *, active: bool) -> None:
    """Switch an account off or on; its app passwords follow on the next request."""
    user = await named(site, username)
    kind = Kind.USER_ENABLED if active else Kind.USER_DISABLED
    async with site.db.transaction() as db:
        await store.set_active(db, user.id, active)
        await audit.record(db, kind, user=user)


async def set_records_usage(site: Site, user: User, *, records: bool) -> None:
    """Whether it is counted what the user's app passwords are needed for; off forgets what was."""
    kind = Kind.USER_USAGE_ON if records else Kind.USER_USAGE_OFF
    async with site.db.transaction() as db:
        await store.set_records_usage(db, user.id, records)
        if not records:
            await usage.forget(db, user.id)
        await audit.record(db, kind, user=user)
