"""Links that work once: made, found by their secret part, and used up together with what they are good for.

Of the secret part only a keyed digest is kept, tied to the purpose.
"""

import secrets
from hashlib import blake2b

from bitpail.errors import Invalid
from bitpail.model.one_time_links import OneTimeLink, Purpose
from bitpail.model.users import UserId
from bitpail.policy.secrets import Secret
from bitpail.services import keys
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import one_time_links as store
from bitpail.store.database import Connection

_BYTES = 32
_SECOND = 1_000_000


class Spent(Invalid):
    """The link was used, has expired, or never was."""

    def __init__(self) -> None:
        super().__init__("this link does not work: it was used already, or it is too old; ask for a new one")


async def make(
    site: Site, db: Connection, purpose: Purpose, user_id: UserId | None, *, lasts: int, detail: str | None
) -> Secret:
    """A new one, in a transaction of the caller's; return its secret part. ``lasts`` is in seconds."""
    secret = secrets.token_urlsafe(_BYTES)
    expires_on = now() + lasts * _SECOND
    await store.create(db, OneTimeLink(_digest(site, purpose, secret), purpose, user_id, expires_on, detail))
    return Secret(secret)


async def find(site: Site, purpose: Purpose, secret: Secret) -> OneTimeLink:
    """The link, to say what it is good for; raises Spent."""
    found = await store.find(site.db, _digest(site, purpose, secret.reveal()))
    if found is None or found.expires_on <= now():
        raise Spent
    return found


async def use_up(db: Connection, link: OneTimeLink) -> None:
    """Take it, in the transaction of what it is good for; raises Spent for the second who tries."""
    if not await store.remove(db, link.digest):
        raise Spent


async def forget(db: Connection, purpose: Purpose, user_id: UserId | None) -> None:
    """Make every older one of that purpose useless, for one user or for nobody in particular."""
    await store.remove_all(db, purpose, user_id)


async def forget_expired(site: Site) -> None:
    """Forget the links that nobody can use any more."""
    await store.sweep(site.db, now())


def _digest(site: Site, purpose: Purpose, secret: str) -> str:
    key = keys.derive(site.keys, b"one-time links")
    signed = f"{purpose} {secret}".encode("utf-8", "surrogatepass")
    return blake2b(signed, key=key, digest_size=32).hexdigest()
