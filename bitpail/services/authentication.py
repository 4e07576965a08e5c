"""A credential becomes an actor, or a reason why not.

The only place that checks one. A secret without the form and checksum of an app
password costs no look-up; the others cost one, by index, whether they exist or
not.
"""

from enum import Enum
from hmac import compare_digest

from msgspec import Struct

from bitpail.errors import BitpailError
from bitpail.model.access import ANONYMOUS, Actor, Client
from bitpail.model.app_passwords import StoredSecret
from bitpail.model.audit import Kind
from bitpail.policy import secrets
from bitpail.policy.scopes import expand
from bitpail.policy.secrets import Secret
from bitpail.services import account_passwords, audit
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import app_passwords

_NO_DIGEST = bytes(32)


class Credential(Struct, frozen=True):
    """What a client presented: a name and a secret."""

    username: str
    secret: Secret


class Reason(Enum):
    """Why a credential was refused. What the client hears never tells more than this."""

    WRONG = "wrong"
    ACCOUNT_PASSWORD = "account password"  # noqa: S105 - the name of a reason
    EMAIL = "e-mail address as username"
    THROTTLED = "too many wrong secrets"
    # The next ones are said only to somebody who holds the right secret.
    REVOKED = "revoked"
    EXPIRED = "expired"
    ROTATED = "rotated"


class Unauthenticated(BitpailError):
    """The credential is not good; ``reason`` says how much may be said.

    ``stored`` and ``label`` are of an app password whose right secret was presented;
    ``wait`` is how many seconds a throttled client should.
    """

    def __init__(self, reason: Reason, stored: StoredSecret | None = None, wait: int = 0) -> None:
        super().__init__(f"invalid credentials: {reason.value}")
        self.reason = reason
        self.stored = stored
        self.label = stored.app_password.label if stored else None
        self.wait = wait

    @property
    def told(self) -> str | None:
        """A sentence for whoever presented it, None where nothing more may be said."""
        if self.reason is Reason.EMAIL:
            return "The user name is your username, not your e-mail address."
        if self.reason is Reason.THROTTLED:
            return "Too many different wrong secrets came from your address."
        if self.reason is Reason.REVOKED:
            return f'The app password "{self.label}" was revoked.'
        if self.reason is Reason.EXPIRED:
            return f'The app password "{self.label}" has expired.'
        if self.reason is Reason.ROTATED:
            return f'This secret of the app password "{self.label}" was replaced by another one.'
        return None


async def authenticate(site: Site, credential: Credential | None, client: Client) -> Actor:
    """The actor behind a credential; anonymous without one. Raises Unauthenticated."""
    if credential is None:
        return ANONYMOUS
    wait = site.throttle.wait(credential.secret, client.address)
    if wait:
        raise Unauthenticated(Reason.THROTTLED, wait=wait)
    if not secrets.looks_right(credential.secret):
        _throttle(site, credential, client)
        raise Unauthenticated(await _reason(site, credential, client))
    lookup = secrets.lookup_name(credential.secret)
    stored = await app_passwords.by_lookup(site.db, lookup)
    if not _is_right(site, credential, stored) or stored is None:
        _throttle(site, credential, client)
        raise Unauthenticated(Reason.EMAIL if "@" in credential.username else Reason.WRONG)
    ended = why_ended(stored, now())
    if ended is not None:
        if ended is Reason.EXPIRED:
            _note_once(site, Kind.APP_PASSWORD_EXPIRED, stored)
        raise Unauthenticated(ended, stored)
    site.throttle.right(credential.secret)
    site.last_uses.note(stored.app_password.id, lookup, client)
    if stored.app_password.last_used_on is None:
        _note_once(site, Kind.APP_PASSWORD_USED_FIRST, stored)
    scopes = expand(stored.app_password.scopes)
    return Actor(stored.user, stored.app_password, scopes, client, stored.ends_on)


def _note_once(site: Site, kind: Kind, stored: StoredSecret) -> None:
    one = stored.app_password
    audit.note(site, kind, user=stored.user, app_password=one, once=one.id)


def _throttle(site: Site, credential: Credential, client: Client) -> None:
    """Count a wrong secret; raise Unauthenticated when this address has shown too many."""
    wait = site.throttle.wrong(credential.secret, client.address)
    if wait:
        raise Unauthenticated(Reason.THROTTLED, wait=wait)


def why_ended(stored: StoredSecret, at: int) -> Reason | None:
    """Why a right secret does not work any more."""
    if stored.app_password.revoked_on is not None:
        return Reason.REVOKED
    if stored.app_password.expires_on is not None and stored.app_password.expires_on <= at:
        return Reason.EXPIRED
    if stored.ends_on is not None and stored.ends_on <= at:
        return Reason.ROTATED
    return None


def _is_right(site: Site, credential: Credential, stored: StoredSecret | None) -> bool:
    if not is_secret(site, credential.secret, stored) or stored is None or not stored.user.is_active:
        return False
    # The username, in any case; never the label, the e-mail address or the nickname.
    return stored.user.username.lower() == credential.username.lower()


def is_secret(site: Site, secret: Secret, stored: StoredSecret | None) -> bool:
    """Whether a secret is the one of a row, whoever presents it; it costs the same without a row."""
    key = site.keys.app_passwords.get(stored.key_number if stored else site.keys.newest, b"")
    digest = secrets.digest(secret, key)
    same = compare_digest(digest, stored.digest if stored else _NO_DIGEST)
    return stored is not None and same and bool(key)


async def _reason(site: Site, credential: Credential, client: Client) -> Reason:
    if "@" in credential.username:
        return Reason.EMAIL
    if await account_passwords.recognises(site, credential.username, credential.secret, client):
        return Reason.ACCOUNT_PASSWORD
    return Reason.WRONG
