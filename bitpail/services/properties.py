"""What programs keep at repositories, commits and people: read, written, forgotten.

A property belongs to who wrote it last. Without ``public`` only they read it,
and whoever administers what it is kept at; the others hear that it is not
there. With ``read_only``, or where they may not read it, only those change it.
"""

import re
import uuid
from typing import Any

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid, NotFound
from bitpail.model.access import Access, Actor, Need
from bitpail.model.permissions import Permission
from bitpail.model.properties import Attribute, Property, Subject
from bitpail.model.users import User
from bitpail.policy import members
from bitpail.policy.decide import Decision
from bitpail.services import commits, repositories
from bitpail.services.access import Refused
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import properties as store
from bitpail.store import users

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")
# The vendor's, of the keys of every object in a value.
_KEY = re.compile(r"[-_a-zA-Z0-9]+")
_LARGEST = 32 * 1024
_DEEPEST = 20
_MOST = 100


class Place(Struct, frozen=True):
    """A property by its names and what it is kept at; who asks for it, and whether that is theirs to run."""

    subject: Subject
    app_key: str
    name: str
    actor: Actor
    need: Need
    administers: bool
    access: Access | None = None


async def at_repository(  # who, which commit of it if one, the names
    site: Site, access: Access, revision: str | None, app_key: str, name: str
) -> Place:
    """One of a repository, or of a commit; raises Invalid or NotFound."""
    _check_names(app_key, name)
    commit = (await commits.one(site, access, revision)).hash if revision is not None else ""
    subject = Subject(repository_id=access.repository.id, commit=commit)
    administers = access.held >= Permission.ADMIN
    return Place(subject, app_key, name, access.actor, access.need, administers, access)


def at_user(user: User, actor: Actor, need: Need, app_key: str, name: str) -> Place:
    """One of a person; raises Invalid."""
    _check_names(app_key, name)
    administers = actor.user is not None and actor.user.id == user.id
    return Place(Subject(user_id=user.id), app_key, name, actor, need, administers)


async def read(site: Site, place: Place) -> Property:
    """The property; raises NotFound."""
    found = await store.find(site.db, place.subject, place.app_key, place.name)
    if found is None or not _may_read(place, found):
        raise _not_there(place)
    return found


async def write(site: Site, place: Place, value: dict[str, Any], attributes: Any) -> None:
    """Make it, or give it another value; raises Invalid, or Refused if it is somebody else's."""
    _check(value, attributes)
    async with site.db.transaction() as db:
        if place.access is not None:
            await repositories.hold(db, place.access.repository)
        elif place.subject.user_id is not None:
            await users.hold(db, place.subject.user_id)
        before = await store.find(db, place.subject, place.app_key, place.name)
        if before is not None and not _may_change(place, before):
            raise _refused(place)
        if before is None and await store.count(db, place.subject) >= _MOST:
            raise Invalid(f"at most {_MOST} properties are kept at one place")
        owner = place.actor.user.id if place.actor.user else None
        made = Property(
            id=before.id if before else str(uuid.uuid4()),
            subject=place.subject,
            app_key=place.app_key,
            name=place.name,
            value=value,
            owner=owner,
            changed_on=now(),
        )
        await store.put(db, made)


async def remove(site: Site, place: Place) -> None:
    """Forget it; raises NotFound, or Refused if it is somebody else's."""
    found = await store.find(site.db, place.subject, place.app_key, place.name)
    if found is None:
        raise _not_there(place)
    if not _may_change(place, found):
        raise _refused(place)
    await store.remove(site.db, found.id)


def _may_read(place: Place, found: Property) -> bool:
    return Attribute.PUBLIC in found.attributes or _is_theirs(place, found)


def _may_change(place: Place, found: Property) -> bool:
    if _is_theirs(place, found):
        return True
    return Attribute.PUBLIC in found.attributes and Attribute.READ_ONLY not in found.attributes


def _is_theirs(place: Place, found: Property) -> bool:
    user = place.actor.user
    return user is not None and (place.administers or found.owner == user.id)


def _refused(place: Place) -> Refused:
    held = place.access.held if place.access is not None else Permission.READ
    return Refused(Decision.PERMISSION, place.actor, place.need, held=held)


def _not_there(place: Place) -> NotFound:
    return NotFound(f"there is no property {place.name!r} of {place.app_key!r} here")


def _check_names(app_key: str, name: str) -> None:
    for what, text in (("app_key", app_key), ("property_name", name)):
        if not _NAME.fullmatch(text):
            raise members.invalid(
                what, "must be 1 to 128 letters, digits, '_', '-' and '.', not starting with '.'"
            )


def _check(value: dict[str, Any], attributes: Any) -> None:
    known = {one.value for one in Attribute}
    if not isinstance(attributes, list) or not all(
        isinstance(one, str) and one in known for one in attributes
    ):
        raise members.invalid("_attributes", "must be a list of 'public' and 'read_only'")
    _check_keys(value, 1)
    if len(msgspec.json.encode(value)) > _LARGEST:
        raise Invalid(f"a property is larger than {_LARGEST} bytes")


def _check_keys(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise Invalid(f"a property is more than {_DEEPEST} levels deep")
    if isinstance(value, dict):
        for key, inner in value.items():
            if not _KEY.fullmatch(key):
                raise Invalid(f"{key[:50]!r}: a key holds letters, digits, '-' and '_' only")
            _check_keys(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_keys(inner, depth + 1)
