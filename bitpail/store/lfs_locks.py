"""Locks of Git LFS, one for each path of a repository."""

from sqlalchemy import BigInteger, Text, bindparam, delete, insert, select

from bitpail.model.lfs import Lock
from bitpail.model.repositories import RepositoryId
from bitpail.store import users
from bitpail.store.database import Connection
from bitpail.store.statements import Row
from bitpail.store.tables import lfs_locks as _locks
from bitpail.store.tables import users as _users

_c = _locks.c
_COLUMNS = (_c.id, _c.path, _c.ref, _c.locked_on, *users.COLUMNS)
_in = _c.repository_id == bindparam("repository", type_=Text)
_all = select(*_COLUMNS).join_from(_locks, _users, _c.user_id == _users.c.id).where(_in)

_insert = insert(_locks)
_by_path = _all.where(_c.path == bindparam("wanted", type_=Text))
_by_id = _all.where(_c.id == bindparam("lock_id", type_=Text))
_page = (
    _all.order_by(_c.locked_on, _c.id)
    .limit(bindparam("number", type_=BigInteger))
    .offset(bindparam("start", type_=BigInteger))
)
_remove = delete(_locks).where(_in, _c.id == bindparam("lock_id", type_=Text))


async def create(db: Connection, repository_id: RepositoryId, lock: Lock) -> None:
    """Write one; raises Conflict if the path is locked."""
    await db.run(
        _insert,
        id=lock.id,
        repository_id=repository_id,
        path=lock.path,
        ref=lock.ref,
        user_id=lock.owner.id,
        locked_on=lock.locked_on,
    )


async def by_path(db: Connection, repository_id: RepositoryId, path: str) -> Lock | None:
    """The one of a path."""
    row = await db.one(_by_path, repository=repository_id, wanted=path)
    return _lock(row) if row else None


async def by_id(db: Connection, repository_id: RepositoryId, lock_id: str) -> Lock | None:
    """The one of that id."""
    row = await db.one(_by_id, repository=repository_id, lock_id=lock_id)
    return _lock(row) if row else None


async def page(db: Connection, repository_id: RepositoryId, start: int, number: int) -> list[Lock]:
    """Some of them, the oldest first."""
    rows = await db.all(_page, repository=repository_id, start=start, number=number)
    return [_lock(row) for row in rows]


async def remove(db: Connection, repository_id: RepositoryId, lock_id: str) -> bool:
    """End one; False if there is none."""
    return await db.run(_remove, repository=repository_id, lock_id=lock_id) > 0


def _lock(row: Row) -> Lock:
    return Lock(row[0], row[1], row[2], users.from_row(row[4:]), row[3])
