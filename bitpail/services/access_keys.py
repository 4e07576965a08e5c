"""Access keys of machines: put on a repository or a project, listed, removed.

A key may stand in many places, but never at a person too: whoever presents it
would be two at once. They read and never write.
"""

import uuid
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.access_keys import AccessKey, AccessKeyId
from bitpail.model.audit import Kind
from bitpail.model.projects import Project
from bitpail.model.repositories import Repository
from bitpail.model.users import User, UserId
from bitpail.policy import members, names
from bitpail.policy import ssh_keys as policy
from bitpail.services import audit
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import access_keys as store
from bitpail.store import ssh_keys, users
from bitpail.store.database import Connection

Place = Repository | Project


async def add(
    site: Site, place: Place, line: str, *, label: str = "", comment: str = "", by: User | None = None
) -> AccessKey:
    """Put a key on a place, from its line ``type base64 [comment]``; without a label the comment is one.

    A ``comment`` takes the place of the line's. ``by`` is who does it, if not an administrator at the command
    line. Raises Invalid; Conflict if it stands there already or is a person's.
    """
    parsed = policy.parse(line)
    if comment.strip():
        parsed = msgspec.structs.replace(parsed, comment=policy.check_comment(comment))
    key = AccessKey(
        id=AccessKeyId(str(uuid.uuid4())),
        repository_id=place.id if isinstance(place, Repository) else None,
        project_id=place.id if isinstance(place, Project) else None,
        fingerprint=parsed.fingerprint,
        key=parsed.text,
        comment=parsed.comment,
        label=names.check_label(label.strip() or parsed.comment or parsed.type),
        created_by=by.id if by else None,
        created_on=now(),
    )
    async with site.db.transaction() as db:
        if await ssh_keys.by_fingerprint(db, key.fingerprint) is not None:
            raise Conflict("this key is a person's; an access key needs to be one of its own")
        try:
            await store.create(db, key)
        except Conflict:
            raise Conflict("this key stands there already") from None
        await audit.record_deed(db, Kind.ACCESS_KEY_ADDED, place, **_told(key))
    return key


async def of_place(site: Site, place: Place) -> list[AccessKey]:
    """Those on a repository itself or on a project, oldest first."""
    await site.access_key_uses.flush()
    if isinstance(place, Repository):
        return await store.of_repository(site.db, place.id)
    return await store.of_project(site.db, place.id)


async def makers(site: Site, keys: Iterable[AccessKey]) -> dict[UserId, User]:
    """Who put them there, as far as that is known."""
    return await users.by_ids(site.db, {key.created_by for key in keys if key.created_by})


class Changes(Struct, frozen=True):
    """What is empty stays as it is. ``line`` has to hold the key that is there; its comment is taken."""

    label: str = ""
    comment: str = ""
    line: str = ""


async def change(site: Site, place: Place, wanted: AccessKeyId, changes: Changes) -> AccessKey:
    """Another label or comment; raises NotFound, or Invalid, also for another key."""
    key = next((key for key in await of_place(site, place) if key.id == wanted), None)
    if key is None:
        raise NotFound("there is no such access key")
    said = policy.check_comment(changes.comment) or _comment_of_the_same(key, changes.line)
    label = names.check_label(changes.label.strip() or key.label)
    changed = msgspec.structs.replace(key, label=label, comment=said or key.comment)
    await store.set_words(site.db, key.id, changed.label, changed.comment)
    return changed


def _comment_of_the_same(key: AccessKey, line: str) -> str:
    try:
        parsed = policy.parse(line) if line else None
    except Invalid as error:
        raise members.invalid("key", error.message) from None
    if parsed is not None and parsed.fingerprint != key.fingerprint:
        raise members.invalid("key", "this is another one than is here: add it, and delete this one")
    return parsed.comment if parsed else ""


async def remove(site: Site, place: Place, wanted: str) -> AccessKey:
    """Take one away, by id or fingerprint, with ``SHA256:`` or without. Raises NotFound."""
    fingerprint = wanted.removeprefix("SHA256:")
    for key in await of_place(site, place):
        if wanted == key.id or fingerprint == key.fingerprint:
            async with site.db.transaction() as db:
                if await store.remove(db, key.id):
                    await audit.record_deed(db, Kind.ACCESS_KEY_REMOVED, place, **_told(key))
            return key
    raise NotFound("there is no such access key")


async def refuse_access_key(db: Connection, fingerprint: str) -> None:
    """Raise Conflict if a key that is to become a person's stands on a repository or a project."""
    if await store.exists(db, fingerprint):
        raise Conflict("this key is an access key of a repository or project; a person needs another one")


def _told(key: AccessKey) -> dict[str, Any]:
    return {"label": key.label, "fingerprint": f"SHA256:{key.fingerprint}"}
