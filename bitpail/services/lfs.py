"""Git LFS: large files beside a repository, and locks on paths."""

import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.git import lfs_objects
from bitpail.model.access import Access, Actor
from bitpail.model.lfs import Lock
from bitpail.model.permissions import Permission
from bitpail.model.repositories import RepositoryId
from bitpail.model.transfer import PUSH
from bitpail.model.users import User
from bitpail.policy import names
from bitpail.policy.decide import Decision
from bitpail.services.access import Refused, to_repository
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import lfs_locks as store

_OID = re.compile(r"[0-9a-f]{64}")
_LONGEST_PATH = 4096


NoRoom = lfs_objects.DiskFull
"""What ``receive`` raises when there is no room for an object."""


class Locked(Conflict):
    """Somebody has locked the path already."""

    def __init__(self, lock: Lock) -> None:
        super().__init__(f"{lock.path} is locked by {lock.owner.display_name}")
        self.lock = lock


def check_oid(text: str) -> str:
    """A SHA-256 in lower-case hexadecimal; raises Invalid."""
    if not _OID.fullmatch(text):
        raise Invalid("an object is named by its SHA-256, 64 lower-case hexadecimal digits")
    return text


async def may_upload(site: Site, access: Access) -> Access:
    """The same actor's access to push; raises Refused."""
    return await to_repository(
        site, access.actor, PUSH, f"{{{access.workspace.id}}}", f"{{{access.repository.id}}}"
    )


def size_of(site: Site, access: Access, oid: str) -> int | None:
    """The bytes of an object; None if it is not there."""
    return lfs_objects.size_of(_root(site), access.repository.id, oid)


async def receive(site: Site, access: Access, oid: str, pieces: AsyncIterator[bytes]) -> None:
    """Take an object. One that is there is read through and not written again, so that clients are content.

    Raises Invalid, TooLarge or Unavailable.
    """
    check_oid(oid)
    if size_of(site, access, oid) is not None:
        async for _ in pieces:
            pass
        return
    limit = site.settings.lfs_object_limit
    await lfs_objects.receive(_root(site), access.repository.id, oid, pieces, limit=limit)


def file_of(site: Site, access: Access, oid: str) -> Path:
    """Where an object lies; raises Invalid or NotFound."""
    path = lfs_objects.path_of(_root(site), access.repository.id, check_oid(oid))
    if not path.is_file():
        raise NotFound("this repository has no such object")
    return path


def verify(site: Site, access: Access, oid: str, size: int) -> None:
    """Raise NotFound unless the object is there with so many bytes."""
    if size_of(site, access, check_oid(oid)) != size:
        raise NotFound("this repository has no such object of that size")


async def lock(site: Site, access: Access, path: str, ref: str) -> Lock:
    """Lock a path; raises Invalid or Locked."""
    made = Lock(
        str(uuid.uuid4()), _checked(path), names.check_text(ref, "ref", 1000), _user(access.actor), now()
    )
    try:
        await store.create(site.db, access.repository.id, made)
    except Conflict:
        there = await store.by_path(site.db, access.repository.id, made.path)
        if there is None:
            raise
        raise Locked(there) from None
    return made


def _checked(path: str) -> str:
    checked = names.check_text(path.strip("/"), "path", _LONGEST_PATH)
    if not checked or not {"", ".", ".."}.isdisjoint(checked.split("/")):
        raise Invalid(f"not a path: {path[:100]!r}")
    return checked


async def locks(site: Site, access: Access, start: int, number: int) -> list[Lock]:
    """Some of a repository's, the oldest first."""
    return await store.page(site.db, access.repository.id, start, number)


async def lock_of(site: Site, access: Access, *, path: str = "", lock_id: str = "") -> Lock | None:
    """The one of a path or of an id."""
    if lock_id:
        return await store.by_id(site.db, access.repository.id, lock_id)
    return await store.by_path(site.db, access.repository.id, path.strip("/"))


async def unlock(site: Site, access: Access, lock_id: str, *, force: bool) -> Lock:
    """End a lock: one's own, or with ``force`` anybody's if one administers the repository.

    Raises NotFound or Refused.
    """
    found = await store.by_id(site.db, access.repository.id, lock_id)
    if found is None:
        raise NotFound("there is no such lock")
    is_own = found.owner.id == _user(access.actor).id
    if not is_own and not (force and access.held >= Permission.ADMIN):
        raise Refused(Decision.PERMISSION, access.actor, access.need, held=access.held)
    await store.remove(site.db, access.repository.id, lock_id)
    return found


def _user(actor: Actor) -> User:
    if actor.user is None:
        raise Invalid("locks belong to people: sign in")
    return actor.user


async def share(site: Site, source: RepositoryId, target: RepositoryId) -> None:
    """Let a fork have what its parent has."""
    await lfs_objects.share(_root(site), source, target)


async def clean_leftovers(site: Site) -> None:
    """Remove what broken uploads have left."""
    await lfs_objects.sweep(_root(site), older_than=site.settings.git_timeout)


async def forget(site: Site, repository_id: RepositoryId) -> None:
    """Remove everything that a repository has."""
    await lfs_objects.delete(_root(site), repository_id)


def _root(site: Site) -> Path:
    return site.settings.data_path / "lfs"
