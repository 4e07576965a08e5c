"""What administrators do to other people's accounts, and how the first of them comes to be.

An administrator never types somebody else's password: whoever is to have one
gets a link that works once. There is no default password.
"""

from datetime import UTC, datetime

from msgspec import Struct

from bitpail.errors import Conflict, Invalid
from bitpail.model.audit import Kind
from bitpail.model.one_time_links import OneTimeLink, Purpose
from bitpail.model.users import Email, User
from bitpail.policy.secrets import Secret
from bitpail.services import account_passwords, audit, mail, notices, one_time_links, two_step, users
from bitpail.services.clock import now
from bitpail.services.one_time_links import Spent
from bitpail.services.site import Site
from bitpail.store import sessions
from bitpail.store import users as store
from bitpail.store.database import Connection

SET_UP = "/setup"
SET_PASSWORD = "/password"  # noqa: S105 - the address of a page
"""Pages of links; the secret part is ``?link=``, because no query is ever logged."""
LINKS_LAST = 24 * 3600
"""Seconds."""
PAGE = 50

_SECOND = 1_000_000


class Account(Struct, frozen=True):
    """One account as an administrator sees it."""

    user: User
    emails: list[Email]
    has_two_step: bool


class Link(Struct, frozen=True):
    """``path`` leads to the page, with its secret part; ``mailed`` says whether the user got it as well."""

    path: Secret
    until: int
    mailed: bool


async def search(site: Site, text: str, page: int) -> tuple[list[User], bool]:
    """A page of the users whose name or address contains a text, and whether there are more."""
    if "\0" in text:
        return [], False
    found = await store.matching(site.db, text.strip(), skipped=(page - 1) * PAGE, most=PAGE + 1)
    return found[:PAGE], len(found) > PAGE


async def account(site: Site, username: str) -> Account:
    """One account; raises NotFound."""
    user = await users.named(site, username)
    return Account(user, await users.emails(site, user), await two_step.is_on(site, user))


async def create_user(
    site: Site, username: str, *, email: str, display_name: str, is_admin: bool, by: str
) -> tuple[User, Link]:
    """A new account without a password, and the link to set one. Raises Invalid or Conflict."""
    user = users.described(username, email=email, display_name=display_name, is_admin=is_admin)
    async with site.db.transaction() as db:
        await users.add(db, user, email=email, digest=None, by=by)
        path = await _password_path(site, db, user, by)
    return user, await _mailed(site, user, path)


async def password_link(site: Site, username: str, *, by: str = "") -> tuple[User, Link]:
    """A link to set the account password; older ones end. The password that is there works until then.

    Raises NotFound, or Conflict for an account that is switched off.
    """
    user = await users.named(site, username)
    if not user.is_active:
        raise Conflict(f"{user.username} is disabled: enable the account first")
    async with site.db.transaction() as db:
        path = await _password_path(site, db, user, by)
    return user, await _mailed(site, user, path)


async def _password_path(site: Site, db: Connection, user: User, by: str) -> Secret:
    await one_time_links.forget(db, Purpose.SET_PASSWORD, user.id)
    secret = await one_time_links.make(site, db, Purpose.SET_PASSWORD, user.id, lasts=LINKS_LAST, detail=None)
    await audit.record(db, Kind.USER_PASSWORD_LINK_MADE, user=user, by=by)
    return Secret(f"{SET_PASSWORD}?link={secret.reveal()}")


async def _mailed(site: Site, user: User, path: Secret) -> Link:
    until = now() + LINKS_LAST * _SECOND
    addresses = await store.emails(site.db, user.id)
    try:
        mailed = bool(addresses) and await mail.send(
            site,
            addresses[0].address,
            "set-password",
            name=user.display_name,
            username=user.username,
            link=mail.link(site, path.reveal()),
            until=f"{datetime.fromtimestamp(until / _SECOND, UTC):%Y-%m-%d %H:%M} UTC",
        )
    except Invalid:  # an address that no mail can be sent to; whoever made the link still has it
        mailed = False
    return Link(path, until, mailed)


async def password_link_opened(site: Site, secret: Secret) -> User:
    """Whose password a link sets; raises Spent."""
    link = await one_time_links.find(site, Purpose.SET_PASSWORD, secret)
    return await _user_of(site, link)


async def _user_of(site: Site, link: OneTimeLink) -> User:
    user = await store.by_id(site.db, link.user_id) if link.user_id else None
    if user is None or not user.is_active:
        raise Spent
    return user


async def set_password(site: Site, secret: Secret, password: Secret) -> User:
    """Set the password of the account that a link is for, and log it out everywhere. Raises Spent or Invalid."""
    link = await one_time_links.find(site, Purpose.SET_PASSWORD, secret)
    user = await _user_of(site, link)
    digest = await account_passwords.hash_password(password)
    async with site.db.transaction() as db:
        await one_time_links.use_up(db, link)
        await store.set_password_digest(db, user.id, digest)
        await sessions.remove_others(db, user.id)
        await audit.record(db, Kind.USER_PASSWORD_CHANGED, user=user, by="link")
    await notices.tell(site, user, "password-changed")
    return user


async def switch_off_two_step(site: Site, username: str, *, by: str) -> None:
    """For somebody who has lost the authenticator and the recovery codes; raises NotFound."""
    user = await users.named(site, username)
    await two_step.switch_off(site, user, by=by)


async def set_up_path(site: Site) -> Secret | None:
    """Where the first administrator is made; None once there is a user. An older link ends."""
    async with site.db.transaction() as db:
        if await store.is_any(db):
            return None
        await one_time_links.forget(db, Purpose.SET_UP, None)
        secret = await one_time_links.make(site, db, Purpose.SET_UP, None, lasts=LINKS_LAST, detail=None)
    return Secret(f"{SET_UP}?link={secret.reveal()}")


async def set_up_link_opened(site: Site, secret: Secret) -> None:
    """Raise Spent unless the link works still."""
    await one_time_links.find(site, Purpose.SET_UP, secret)
    if await store.is_any(site.db):
        raise Spent


async def create_first(
    site: Site, secret: Secret, username: str, *, email: str, display_name: str, password: Secret
) -> User:
    """The first administrator, by the link that ``serve`` has printed. Of two who try at once one gets it.

    Raises Spent, Invalid or Conflict; the link stays good unless the account was made.
    """
    link = await one_time_links.find(site, Purpose.SET_UP, secret)
    user = users.described(username, email=email, display_name=display_name, is_admin=True)
    digest = await account_passwords.hash_password(password)
    async with site.db.transaction() as db:
        await one_time_links.use_up(db, link)
        if await store.is_any(db):
            raise Spent
        await users.add(db, user, email=email, digest=digest)
    return user
