"""A browser's log-in for git: the helper at the desk waits, somebody allows it, it gets a password of minutes.

The password is limited to the one repository that git is asking for: a short-lived secret of an app password that each user
has for this, narrowed. Revoked, that app password ends all of them. The helper keeps nothing, and nothing lasting is made.
"""

import re
from hashlib import blake2b

from msgspec import Struct

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound
from bitpail.model.access import Client
from bitpail.model.app_passwords import AppPassword
from bitpail.model.audit import Kind
from bitpail.model.git_logins import GitLogin, GitLoginState
from bitpail.model.scopes import Scope
from bitpail.model.users import User
from bitpail.policy import secrets, user_codes
from bitpail.policy.attenuation import Narrowing, narrow
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, audit, keys, places, site_policy
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords as app_passwords_store
from bitpail.store import git_logins as store
from bitpail.store import users

LABEL = "git credential helper"
"""Of the app password that each user has for this."""
LASTS = 600
"""Seconds for which somebody may let a git in."""
LIFETIMES = (15 * 60, 60 * 60)
"""Seconds, of a password; the first is what is taken for granted."""

_SCOPES = (Scope.REPOSITORY_WRITE, Scope.WIKI)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_MACHINE_LENGTH = 100
_REPOSITORY = re.compile(r"[0-9A-Za-z_{][0-9A-Za-z_.{}-]{0,99}/[0-9A-Za-z_.{}-]{1,100}")


class Pending(BitpailError):
    """Nobody has decided yet."""


class Denied(BitpailError):
    """Somebody said no."""


class Over(BitpailError):
    """Nobody said anything in time, or there is no such log-in."""


class TooMany(BitpailError):
    """Too many came from one address; ``wait`` is seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"too many of them: try again in {wait} seconds")
        self.wait = wait


class Begun(Struct, frozen=True):
    """``secret`` stays with the helper, ``user_code`` is shown to people."""

    secret: Secret
    user_code: str


class Password(Struct, frozen=True):
    """What git gets; ``ends_on`` is in microseconds since 1970."""

    user: User
    secret: Secret
    ends_on: int


async def begin(site: Site, repository: str, machine: str, client: Client) -> Begun:
    """A git that waits from now on. Raises Invalid, or TooMany."""
    if not _REPOSITORY.fullmatch(repository):
        raise Invalid("name the repository as WORKSPACE/REPOSITORY")
    if len(machine) > _MACHINE_LENGTH or not machine.isprintable():
        raise Invalid(f"the name of a machine is one line of at most {_MACHINE_LENGTH} characters")
    if not site.git_logins.take(client.address):
        raise TooMany(60)
    secret, at = secrets.generate(), now()
    login = GitLogin(
        digest=_digest(site, secret),
        user_code=user_codes.generate(),
        repository=repository,
        machine=machine,
        address=client.address,
        created_on=at,
        expires_on=at + LASTS * _SECOND,
    )
    try:
        await store.create(site.db, login)
    except Conflict:
        raise TooMany(1) from None
    return Begun(secret, user_codes.shown(login.user_code))


async def waiting(site: Site, user: User, typed: str, client: Client) -> GitLogin:
    """The git whose code somebody has typed. Raises NotFound, or TooMany: guesses are counted as wrong secrets are."""
    tried = Secret(f"git log-in of {user.id} {typed}")
    wait = site.throttle.wait(tried, client.address)
    if wait:
        raise TooMany(wait)
    code = user_codes.typed(typed)
    found = await store.by_user_code(site.db, code) if code else None
    if found is None or found.state is not GitLoginState.WAITING or found.expires_on <= now():
        wait = site.throttle.wrong(tried, client.address)
        if wait:
            raise TooMany(wait)
        raise NotFound("no git waits with this code: it is mistyped, used, or older than ten minutes")
    return found


async def allow(site: Site, user: User, login: GitLogin, *, read_only: bool, lifetime: int) -> None:
    """Let it in. Raises NotFound for a repository that the user doesn't see or a decision that was made, and Invalid."""
    if lifetime not in LIFETIMES:
        raise Invalid("this is none of the times that are offered")
    workspace, _, slug = login.repository.partition("/")
    await places.repository(site, user, workspace, slug)
    await _app_password(site, user)
    allowed = await store.decide(
        site.db, login.digest, GitLoginState.ALLOWED, user.id, read_only=read_only, lifetime=lifetime
    )
    if not allowed:
        raise NotFound("this code was used meanwhile")


async def deny(site: Site, user: User, login: GitLogin) -> None:
    """Refuse it. Raises NotFound if that was decided meanwhile."""
    denied = await store.decide(
        site.db, login.digest, GitLoginState.DENIED, user.id, read_only=False, lifetime=0
    )
    if not denied:
        raise NotFound("this code was used meanwhile")


async def fetch(site: Site, secret: Secret) -> Password:
    """The password of a git that was let in, once. Raises Pending, Denied or Over."""
    login = await store.by_digest(site.db, _digest(site, secret)) if secrets.looks_right(secret) else None
    if login is None or login.expires_on <= now():
        raise Over("the code has expired, or was never one")
    if login.state is GitLoginState.WAITING:
        raise Pending("nobody has decided yet")
    user = await users.by_id(site.db, login.user_id) if login.user_id else None
    if login.state is GitLoginState.DENIED or user is None or not user.is_active:
        raise Denied("it was refused")
    return await _hand_out(site, user, login)


async def forget_old(site: Site) -> None:
    """Forget those that nobody let in."""
    await store.sweep(site.db, now())


async def _hand_out(site: Site, user: User, login: GitLogin) -> Password:
    one = await _app_password(site, user)
    ends_on = now() + login.lifetime * _SECOND
    if one.expires_on is not None:
        ends_on = min(ends_on, one.expires_on)
    async with site.db.transaction() as db:
        if not await store.remove(db, login.digest):
            raise Over("the password was fetched already")
        await app_passwords_store.forget_ended(db, one.id, now() - _DAY)
        secret = await app_passwords.add_secret(site, db, one, short_lived_until=ends_on)
        await audit.record(
            db,
            Kind.GIT_LOGIN_ALLOWED,
            user=user,
            app_password=one,
            repository=login.repository,
            machine=login.machine,
            read_only=login.read_only,
        )
    to = Narrowing(
        repositories=(login.repository,),
        permissions=tuple(scope.value for scope in _SCOPES),
        read_only=login.read_only,
    )
    return Password(user, narrow(secret, to), ends_on)


async def _app_password(site: Site, user: User) -> AppPassword:
    """The one that the user has for this; made where there is none. Raises Invalid if a policy forbids it."""
    found = await app_passwords_store.by_label(site.db, user.id, LABEL)
    if found is not None and (found.expires_on is None or found.expires_on > now()):
        return found
    policy = await site_policy.current(site)
    wanted = app_passwords.Wanted(
        label=LABEL, permissions=tuple(scope.value for scope in _SCOPES), lifetime=policy.longest_lifetime
    )
    made = await app_passwords.described(site, user, wanted)
    try:
        async with site.db.transaction() as db:
            if found is not None:
                await app_passwords_store.revoke(db, found.id, now())
            await app_passwords_store.create(db, made)
            await audit.record(
                db, Kind.APP_PASSWORD_CREATED, user=user, app_password=made, permissions=made.scopes
            )
    except Conflict:
        return await app_passwords.labelled(site, user, LABEL)
    return made


def _digest(site: Site, secret: Secret) -> str:
    key = keys.derive(site.keys, b"git log-in")
    return blake2b(secret.reveal().encode(), key=key, digest_size=32, person=b"git log-in").hexdigest()
