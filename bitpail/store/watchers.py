"""Who watches a repository."""

from sqlalchemy import BigInteger, Text, bindparam, delete, func, literal_column, select

from bitpail.model.repositories import RepositoryId
from bitpail.model.users import User, UserId
from bitpail.store import users
from bitpail.store.database import Connection, Database
from bitpail.store.queries import Field, Narrowed
from bitpail.store.repository_tables import watchers as _watchers
from bitpail.store.statements import Upsert
from bitpail.store.tables import users as _users
from bitpail.wire.query_kinds import Asked

_c = _watchers.c
_of = _c.repository_id == bindparam("repository", type_=Text)
_joined = _watchers.join(_users, _users.c.id == _c.user_id)

FIELDS = {
    "type": Field(literal_column("'user'", Text)),
    "uuid": Field(literal_column("'{'", Text) + _users.c.id + literal_column("'}'", Text)),
    **{name: Field(_users.c[name]) for name in ("display_name", "nickname", "account_id")},
}

# Whoever watches already stays where they are in the order.
_add = Upsert(_watchers)
_remove = delete(_watchers).where(_of, _c.user_id == bindparam("user", type_=Text))
_part_of = (
    select(*users.COLUMNS)
    .select_from(_joined)
    .where(_of)
    .limit(bindparam("number", type_=BigInteger))
    .offset(bindparam("start", type_=BigInteger))
)
_count = select(func.count()).select_from(_joined).where(_of)
_chosen = Narrowed(_part_of, _count, FIELDS, (_c.since, _c.user_id))


async def add(db: Connection, repository_id: RepositoryId, user_id: UserId, since: int) -> None:
    """Let a user watch; again is no error."""
    await db.run(_add, repository_id=repository_id, user_id=user_id, since=since)


async def remove(db: Connection, repository_id: RepositoryId, user_id: UserId) -> bool:
    """Whether the user watched until now."""
    return await db.run(_remove, repository=repository_id, user=user_id) > 0


async def chosen(
    db: Database, repository_id: RepositoryId, asked: Asked, offset: int, limit: int
) -> tuple[list[User], int]:
    """One page of those that a query asks for, who began first; and how many there are. Raises Invalid."""
    rows, count, values = _chosen.statements(asked)
    found = await db.scan(rows, repository=repository_id, start=offset, number=limit, **values)
    number = await db.scan(count, repository=repository_id, **values)
    return [users.from_row(row) for row in found], int(number[0][0])
