"""SSH keys of a user: added, listed, removed, and found again when one is presented.

A key opens whatever its user may open: it belongs to one person and no other.
To whom a key belongs is told to nobody else.
"""

import uuid
from typing import Any

import msgspec

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.access import Client
from bitpail.model.audit import Kind
from bitpail.model.ssh_keys import SshKey, SshKeyId, SshKeyUse
from bitpail.model.users import User
from bitpail.policy import names
from bitpail.policy import ssh_keys as policy
from bitpail.services import access_keys, audit, mail, notices
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import ssh_keys as store
from bitpail.wire.dates import instant

PAGE = "/account/settings/ssh-keys/"

_MOST = 1000
_CLIENT_LENGTH = 200
_PREFIX = "SHA256:"


async def add(
    site: Site, user: User, line: str, *, label: str = "", comment: str = "", expires_on: int | None = None
) -> SshKey:
    """A key from its line ``type base64 [comment]``; without a label the comment is one.

    A ``comment`` takes the place of the line's. Raises Invalid, or Conflict if the key is in use.
    """
    parsed = policy.parse(line)
    if comment.strip():
        parsed = msgspec.structs.replace(parsed, comment=policy.check_comment(comment))
    key = SshKey(
        id=SshKeyId(str(uuid.uuid4())),
        user_id=user.id,
        fingerprint=parsed.fingerprint,
        key=parsed.text,
        comment=parsed.comment,
        label=names.check_label(label.strip() or parsed.comment or parsed.type),
        created_on=now(),
        expires_on=_check_end(expires_on),
    )
    mine = await store.of_user(site.db, user.id)
    if any(one.fingerprint == key.fingerprint for one in mine):
        raise Conflict("you have added this key already")
    if len(mine) >= _MOST:
        raise Invalid(f"there are {_MOST} keys already: remove some first")
    async with site.db.transaction() as db:
        await access_keys.refuse_access_key(db, key.fingerprint)
        try:
            await store.create(db, key)
        except Conflict:
            raise Conflict("this key is in use already; a key opens one account only") from None
        await audit.record(db, Kind.SSH_KEY_ADDED, user=user, **_told(key))
    page = mail.link(site, PAGE)
    await notices.tell(
        site, user, "ssh-key-added", label=key.label, fingerprint=shown_fingerprint(key), link=page
    )
    return key


async def of_user(site: Site, user: User) -> list[SshKey]:
    """All of a user's, oldest first."""
    await site.ssh_key_uses.flush()
    return await store.of_user(site.db, user.id)


async def one(site: Site, user: User, wanted: str) -> SshKey:
    """One of a user's by its id or its fingerprint, with ``SHA256:`` or without; raises NotFound."""
    fingerprint = wanted.removeprefix(_PREFIX)
    for key in await of_user(site, user):
        if key.id == wanted or key.fingerprint == fingerprint:
            return key
    raise NotFound(f"{user.username} has no such SSH key")


class Changes(msgspec.Struct, frozen=True):
    """What is to be different; an empty text stays what it was, and UNSET likewise."""

    label: str = ""
    comment: str = ""
    expires_on: int | msgspec.UnsetType | None = msgspec.UNSET


async def change(site: Site, user: User, wanted: str, changes: Changes) -> SshKey:
    """Another label, comment or end; raises NotFound or Invalid."""
    key = await one(site, user, wanted)
    changed = msgspec.structs.replace(
        key,
        label=names.check_label(changes.label.strip() or key.label),
        comment=policy.check_comment(changes.comment) or key.comment,
    )
    if changes.expires_on is not msgspec.UNSET:
        changed = msgspec.structs.replace(changed, expires_on=_check_end(changes.expires_on))
    async with site.db.transaction() as db:
        await store.change(db, changed)
        if changed.expires_on != key.expires_on:
            ends = None if changed.expires_on is None else instant(changed.expires_on)
            await audit.record(
                db, Kind.SSH_KEY_EXPIRY_CHANGED, user=user, **_told(changed), expires_on=ends or "never"
            )
    return changed


def _check_end(expires_on: int | None) -> int | None:
    """A moment that is still to come; raises Invalid."""
    if expires_on is not None and expires_on <= now():
        message = "must be in the future"
        raise Invalid(f"expires_on: {message}", {"expires_on": [message]})
    return expires_on


async def remove(site: Site, user: User, wanted: str) -> SshKey:
    """Forget one, by id or fingerprint: the next log-in with it fails. Raises NotFound."""
    key = await one(site, user, wanted)
    async with site.db.transaction() as db:
        if await store.remove(db, user.id, key.id):
            await audit.record(db, Kind.SSH_KEY_REMOVED, user=user, **_told(key))
    return key


async def presented(site: Site, fingerprint: str) -> tuple[SshKey, User] | None:
    """The key of that fingerprint, without ``SHA256:``, with its user; None unless both are in force.

    One look-up. The caller has seen the client prove that it holds the private half.
    """
    found = await store.by_fingerprint(site.db, fingerprint)
    if found is None:
        return None
    key, user = found
    return None if key.has_expired(now()) or not user.is_active else (key, user)


def used(site: Site, key: SshKey, client: Client) -> None:
    """Remember this use of a key; it is written within seconds and costs no database."""
    # A database takes no NUL and no lone surrogate.
    agent = client.agent[:_CLIENT_LENGTH].replace("\0", "").encode("utf-8", "replace").decode()
    site.ssh_key_uses.put(key.id, SshKeyUse(key.id, now(), client.address, agent))


def shown_fingerprint(key: SshKey) -> str:
    """The fingerprint as ``ssh-keygen -l`` prints it."""
    return f"{_PREFIX}{key.fingerprint}"


def _told(key: SshKey) -> dict[str, Any]:
    return {"label": key.label, "fingerprint": shown_fingerprint(key), "type": key.type}
