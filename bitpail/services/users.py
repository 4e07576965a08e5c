"""Accounts: made, listed, switched off. Each user gets a personal workspace."""

import secrets
import uuid

from bitpail.errors import Conflict, NotFound
from bitpail.model.users import Email, User, UserId
from bitpail.model.workspaces import Workspace, WorkspaceId
from bitpail.policy import names
from bitpail.policy.secrets import Secret
from bitpail.services import account_passwords, workspaces
from bitpail.services.clock import now
from bitpail.services.site import Site
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
    """A new account password; raises NotFound or Invalid."""
    user = await named(site, username)
    await store.set_password_digest(site.db, user.id, await account_passwords.hash_password(password))


async def set_active(site: Site, username: str, *, active: bool) -> None:
    """Switch an account off or on; its app passwords follow on the next request."""
    user = await named(site, username)
    await store.set_active(site.db, user.id, active)
