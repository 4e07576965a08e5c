"""Browsers that are logged in: from an account password to a cookie, and from a cookie to a user.

Of the cookie only a keyed digest is kept. A log-in always makes a new one, so
that nobody can plant a cookie and wait. Wrong passwords are counted per address
together with the name they were tried for, and never lock an account.
"""

import secrets
from hashlib import blake2b
from hmac import compare_digest

from msgspec import Struct

from bitpail.errors import BitpailError
from bitpail.model.access import Client
from bitpail.model.audit import Kind
from bitpail.model.sessions import Session
from bitpail.model.users import User, UserId
from bitpail.policy.secrets import Secret, looks_right
from bitpail.services import account_passwords, audit, keys, notices, two_step
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import sessions as store
from bitpail.store import users
from bitpail.store.database import Connection

_BYTES = 32
_SECOND = 1_000_000
_TOUCH_AFTER = 60 * _SECOND
_TICKET_LASTS = 300 * _SECOND


class NotLoggedIn(BitpailError):
    """The log-in failed. The message is the same whatever was wrong; ``wait`` is seconds, if throttled."""

    def __init__(
        self, message: str = "That user name and password don't go together.", wait: int = 0
    ) -> None:
        super().__init__(message)
        self.wait = wait


class LoggedIn(Struct, frozen=True):
    """A session with its user."""

    session: Session
    user: User


async def check_password(site: Site, name: str, password: Secret, client: Client) -> User:
    """The user of that username or e-mail address, if the account password is right. Raises NotLoggedIn."""
    if looks_right(password):
        raise NotLoggedIn(
            "This looks like an app password. Those are for git and the API; "
            "here you log in with the password of your account."
        )
    # Together with the name: one password tried for many names is many tries.
    tried = Secret(f"{name.lower()}\0{password.reveal()}")
    wait = site.throttle.wait(tried, client.address)
    user, is_right = None, False
    if not wait:
        user, is_right = await account_passwords.owner(site, name, password)
        if not is_right:
            audit.note(site, Kind.LOG_IN_FAILED, user=user, wrong="password")
            wait = site.throttle.wrong(tried, client.address)
    if wait:
        raise NotLoggedIn(
            f"Too many different passwords came from your address: try again in {wait} seconds.", wait
        )
    if user is None or not is_right:
        raise NotLoggedIn
    site.throttle.right(tried)
    return user


def ticket(site: Site, user: User, browser: str) -> str:
    """What stands for the right password until the code has come; good in one browser, for minutes."""
    return _ticket(site, user.id, now() + _TICKET_LASTS, browser)


async def check_ticket(site: Site, text: str, browser: str, code: str) -> User:
    """The user of a ticket whose code is right. Raises NotLoggedIn, or Invalid for a wrong code."""
    ends_on, _, rest = text.partition(".")
    user_id = UserId(rest.partition(".")[0])
    is_number = ends_on.isascii() and ends_on.isdigit() and len(ends_on) < 20
    if (
        not is_number
        or not _same(text, _ticket(site, user_id, int(ends_on), browser))
        or int(ends_on) < now()
    ):
        raise NotLoggedIn("That took too long: please log in again.")
    user = await users.by_id(site.db, user_id)
    if user is None or not user.is_active:
        raise NotLoggedIn
    try:
        await two_step.check(site, user, code)
    except two_step.WrongCode:
        audit.note(site, Kind.LOG_IN_FAILED, user=user, wrong="code")
        raise
    return user


def _ticket(site: Site, user_id: UserId, ends_on: int, browser: str) -> str:
    signed = f"{ends_on}.{user_id}"
    return f"{signed}.{_digest(site, b'log-in ticket', f'{signed} {browser}')}"


async def begin(site: Site, user: User, client: Client, replaced: str | None) -> str:
    """Log in: a new session; return its cookie. The session of ``replaced``, an older cookie, ends."""
    if replaced:
        await store.remove(site.db, user.id, _of_cookie(site, replaced))
    cookie = await _start(site, site.db, user, client)
    audit.note(site, Kind.LOGGED_IN, user=user)
    return cookie


async def _start(site: Site, db: Connection, user: User, client: Client) -> str:
    cookie, started = new_cookie(), now()
    await store.create(
        db,
        Session(
            digest=_of_cookie(site, cookie),
            user_id=user.id,
            created_on=started,
            last_seen_on=started,
            expires_on=started + site.settings.session_lifetime * _SECOND,
            address=client.address,
            client=client.agent.replace("\0", ""),
        ),
    )
    return cookie


def new_cookie() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(_BYTES)


COOKIE = "bitpail_session"
"""The name of the cookie."""


async def find(site: Site, cookie: str) -> LoggedIn | None:
    """The session of a cookie, unless it has expired, was idle too long, or its user is switched off."""
    found = await store.find(site.db, _of_cookie(site, cookie))
    if found is None:
        return None
    session, user = found
    at = now()
    idle_until = session.last_seen_on + site.settings.session_idle * _SECOND
    if not user.is_active or session.expires_on <= at or idle_until <= at:
        return None
    if at - session.last_seen_on > min(_TOUCH_AFTER, site.settings.session_idle * _SECOND // 2):
        await store.touch(site.db, session.digest, at)
    return LoggedIn(session, user)


async def of_user(site: Site, user: User) -> list[Session]:
    """Where a user is logged in, the latest seen first."""
    at = now()
    idle = site.settings.session_idle * _SECOND
    return [one for one in await store.of_user(site.db, user.id, at) if one.last_seen_on + idle > at]


async def end(site: Site, user: User, digest: str) -> None:
    """Log one browser out."""
    await store.remove(site.db, user.id, digest)


async def end_all(site: Site, user: User) -> None:
    """Log out everywhere."""
    await store.remove_others(site.db, user.id)


async def forget_expired(site: Site) -> None:
    """Forget the sessions that nobody can use any more."""
    await store.sweep(site.db, now())


async def change_password(site: Site, user: User, current: Secret, new: Secret, client: Client) -> str:
    """A new account password: every other browser is logged out, this one gets a new cookie.

    Raises NotLoggedIn if the current password is wrong, Invalid if the new one is.
    """
    await confirm(site, user, current, client)
    digest = await account_passwords.hash_password(new)
    async with site.db.transaction() as db:
        await users.set_password_digest(db, user.id, digest)
        await store.remove_others(db, user.id)
        await audit.record(db, Kind.USER_PASSWORD_CHANGED, user=user)
        cookie = await _start(site, db, user, client)
    await notices.tell(site, user, "password-changed")
    return cookie


async def confirm(site: Site, user: User, password: Secret, client: Client) -> None:
    """Ask for the account password once more before something grave; raises NotLoggedIn."""
    try:
        await check_password(site, user.username, password, client)
    except NotLoggedIn as refused:
        if refused.wait:
            raise
        raise NotLoggedIn("That is not your account password.") from None


def form_token(site: Site, cookie: str) -> str:
    """What each form of one browser carries, so that no other site can send it."""
    return _digest(site, b"form token", cookie)


def is_form_token(site: Site, cookie: str, token: str) -> bool:
    """Whether the token belongs to that cookie, in constant time."""
    return _same(form_token(site, cookie), token)


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _of_cookie(site: Site, cookie: str) -> str:
    return _digest(site, b"session", cookie)


def _digest(site: Site, purpose: bytes, text: str) -> str:
    return blake2b(
        text.encode("utf-8", "replace"), key=keys.derive(site.keys, purpose), digest_size=32
    ).hexdigest()
