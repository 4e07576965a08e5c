"""OpenPGP keys of a user: added, listed, removed.

They let nobody in; they say with which keys somebody signs. To whom one belongs is told to nobody else.
"""

from typing import Any

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.audit import Kind
from bitpail.model.gpg_keys import Certificate, GpgKey
from bitpail.model.users import User
from bitpail.policy import gpg_keys as policy
from bitpail.policy import names
from bitpail.services import audit
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import gpg_keys as store

_MOST = 100
_LONGEST_NAME = 255


async def add(site: Site, user: User, text: str, *, name: str = "") -> GpgKey:
    """A key from its armored block; without a name the first user ID is one.

    Raises Invalid; Conflict if the user has it already.
    """
    found = policy.parse(text)
    key = GpgKey(user.id, found, _name(name.strip()) or _own_name(found), now())
    async with site.db.transaction() as db:
        if await store.one(db, user.id, key.fingerprint) is not None:
            raise Conflict("you have added this key already")
        if await store.count(db, user.id) >= _MOST:
            raise Invalid(f"there are {_MOST} keys already: remove some first")
        await store.create(db, key)
        await audit.record(db, Kind.GPG_KEY_ADDED, user=user, **_told(key))
    return key


async def of_user(site: Site, user: User) -> list[GpgKey]:
    """All of a user's, oldest first."""
    return await store.of_user(site.db, user.id)


async def one(site: Site, user: User, wanted: str) -> GpgKey:
    """The one of that fingerprint; raises NotFound."""
    key = await store.one(site.db, user.id, policy.fingerprint(wanted))
    if key is None:
        raise NotFound(f"{user.username} has no such GPG key")
    return key


async def remove(site: Site, user: User, wanted: str) -> GpgKey:
    """Forget one; raises NotFound."""
    key = await one(site, user, wanted)
    async with site.db.transaction() as db:
        if await store.remove(db, user.id, key.fingerprint):
            await audit.record(db, Kind.GPG_KEY_REMOVED, user=user, **_told(key))
    return key


def _name(text: str) -> str:
    """A name that somebody gave; raises Invalid."""
    try:
        return names.check_label(text) if text else ""
    except Invalid as error:
        message = error.message.replace("label", "name")
        raise Invalid(f"name: {message}", {"name": [message]}) from None


def _own_name(found: Certificate) -> str:
    return next(iter(found.user_ids), "")[:_LONGEST_NAME].strip() or found.primary.key_id


def _told(key: GpgKey) -> dict[str, Any]:
    return {"label": key.name, "fingerprint": key.fingerprint}
