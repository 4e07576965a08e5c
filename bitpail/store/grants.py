"""What was granted explicitly on a repository or a project: to users and to groups."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ColumnElement, Select, Table, Text, bindparam, func, select

from bitpail.model.grants import Grant, Place
from bitpail.model.groups import Group
from bitpail.model.permissions import Permission
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.store import groups, users
from bitpail.store.database import Connection
from bitpail.store.repository_tables import groups as _groups
from bitpail.store.repository_tables import project_group_permissions as _project_groups
from bitpail.store.repository_tables import repository_group_permissions as _repository_groups
from bitpail.store.statements import Row, Upsert
from bitpail.store.tables import project_permissions as _project_users
from bitpail.store.tables import repository_permissions as _repository_users
from bitpail.store.tables import users as _users

_place = bindparam("place", type_=Text)
_whom = bindparam("whom", type_=Text)
_NEVER = sa.literal_column("0", sa.Integer)


class _Grants:
    """The statements of one table; ``at`` is the column of the place, ``to`` of whom it was granted to."""

    def __init__(self, table: Table, at: str, to: str, whom: Table, columns: Sequence[Any], by: Any) -> None:
        here = table.c[at] == _place
        creates: ColumnElement[int] = table.c.creates if "creates" in table.c else _NEVER
        every: Select[Any] = (
            select(*columns, table.c.permission, creates)
            .join_from(table, whom, whom.c.id == table.c[to])
            .where(here)
        )
        self.page = (
            every.order_by(by)
            .limit(bindparam("number", type_=BigInteger))
            .offset(bindparam("start", type_=BigInteger))
        )
        self.count = select(func.count()).select_from(table).where(here)
        self.one = every.where(table.c[to] == _whom)
        self.put = Upsert(table, *(["permission", "creates"] if "creates" in table.c else ["permission"]))
        self.delete = sa.delete(table).where(here, table.c[to] == _whom)
        self.at = at
        self.to = to
        self.creates = "creates" in table.c


_OF_USERS = {
    True: _Grants(
        _repository_users, "repository_id", "user_id", _users, users.COLUMNS, _users.c.username_key
    ),
    False: _Grants(_project_users, "project_id", "user_id", _users, users.COLUMNS, _users.c.username_key),
}
_OF_GROUPS = {
    True: _Grants(_repository_groups, "repository_id", "group_id", _groups, groups.COLUMNS, _groups.c.slug),
    False: _Grants(_project_groups, "project_id", "group_id", _groups, groups.COLUMNS, _groups.c.slug),
}


def _statements(place: Place, *, to_groups: bool) -> _Grants:
    return (_OF_GROUPS if to_groups else _OF_USERS)[isinstance(place, Repository)]


async def page(
    db: Connection, place: Place, *, to_groups: bool, offset: int, limit: int
) -> tuple[list[Grant], int]:
    """Some of those on a place, by name, and how many there are."""
    statements = _statements(place, to_groups=to_groups)
    rows = await db.all(statements.page, place=place.id, start=offset, number=limit)
    number = await db.one(statements.count, place=place.id)
    return [_from_row(row, to_groups=to_groups) for row in rows], int(number[0]) if number else 0


async def one(db: Connection, place: Place, whom: User | Group) -> Grant | None:
    """The one to a user or a group."""
    to_groups = isinstance(whom, Group)
    row = await db.one(_statements(place, to_groups=to_groups).one, place=place.id, whom=whom.id)
    return _from_row(row, to_groups=to_groups) if row else None


async def put(db: Connection, place: Place, grant: Grant) -> None:
    """Write one, or what it is now; raises Conflict if the place or whoever it is for is gone."""
    statements = _statements(place, to_groups=isinstance(grant.whom, Group))
    creates = {"creates": int(grant.creates)} if statements.creates else {}
    keys: dict[str, str] = {statements.at: place.id, statements.to: grant.whom.id}
    await db.run(statements.put, **keys, permission=int(grant.permission), **creates)


async def delete(db: Connection, place: Place, whom: User | Group) -> bool:
    """Take one away; whether there was one."""
    statements = _statements(place, to_groups=isinstance(whom, Group))
    return await db.run(statements.delete, place=place.id, whom=whom.id) > 0


def _from_row(row: Row, *, to_groups: bool) -> Grant:
    whom = groups.from_row(row) if to_groups else users.from_row(row)
    return Grant(whom, Permission(row[-2]), row[-1] == 1)
