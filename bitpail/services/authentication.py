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
from bitpail.policy import secrets
from bitpail.policy.scopes import expand
from bitpail.policy.secrets import Secret
from bitpail.services import account_passwords
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


class Unauthenticated(BitpailError):
    """The credential is not good; ``reason`` says how much may be said."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"invalid credentials: {reason.value}")
        self.reason = reason


async def authenticate(site: Site, credential: Credential | None, client: Client) -> Actor:
    """The actor behind a credential; anonymous without one. Raises Unauthenticated."""
    if credential is None:
        return ANONYMOUS
    if not secrets.looks_right(credential.secret):
        raise Unauthenticated(await _reason(site, credential, client))
    stored = await app_passwords.by_lookup(site.db, secrets.lookup_name(credential.secret))
    if not _is_good(site, credential, stored) or stored is None:
        raise Unauthenticated(Reason.EMAIL if "@" in credential.username else Reason.WRONG)
    site.last_uses.note(stored.app_password.id, client)
    return Actor(stored.user, stored.app_password, expand(stored.app_password.scopes))


def _is_good(site: Site, credential: Credential, stored: StoredSecret | None) -> bool:
    key = site.keys.app_passwords.get(stored.key_number if stored else site.keys.newest, b"")
    digest = secrets.digest(credential.secret, key)
    same = compare_digest(digest, stored.digest if stored else _NO_DIGEST)
    if stored is None or not same or not key:
        return False
    if stored.app_password.revoked_on is not None or not stored.user.is_active:
        return False
    # The username, in any case; never the label, the e-mail address or the nickname.
    return stored.user.username.lower() == credential.username.lower()


async def _reason(site: Site, credential: Credential, client: Client) -> Reason:
    if "@" in credential.username:
        return Reason.EMAIL
    if await account_passwords.recognises(site, credential.username, credential.secret, client):
        return Reason.ACCOUNT_PASSWORD
    return Reason.WRONG
