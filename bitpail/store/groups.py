"""Groups of a workspace, and who is in them."""

from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Text, bindparam, column, insert, select

from bitpail.model.groups import Group, GroupId
from bitpail.model.users import User, UserId
from bitpail.model.workspaces import WorkspaceId
from bitpail.store import users
from bitpail.store.database import Connection
from bitpail.store.repository_tables import group_members as _members
from bitpail.store.repository_tables import groups as _groups
from bitpail.store.statements import Row, Upsert, text_rows
from bitpail.store.tables import users as _users

COLUMNS = tuple(_groups.c[name] for name in Group.__struct_fields__)
"""What ``from_row`` wants, for statements that join groups."""

_in_workspace = _groups.c.workspace_id == bindparam("workspace", type_=Text)
_group = bindparam("group", type_=Text)
_user = bindparam("user", type_=Text)

_insert = insert(_groups)
_delete = sa.delete(_groups).where(_groups.c.id == _group)
_of_workspace = select(*COLUMNS).where(_in_workspace).order_by(_groups.c.slug)
_by_slug = select(*COLUMNS).where(_in_workspace, _groups.c.slug == bindparam("slug", type_=Text))
_wanted = text_rows(bindparam("ids", type_=Text)).table_valued(column("value", Text), name="wanted")
_by_ids = select(*COLUMNS).where(_groups.c.id.in_(select(_wanted.c.value)))
_those_with = select(_members.c.group_id).where(
    _members.c.user_id == bindparam("user", type_=Text), _members.c.group_id.in_(select(_wanted.c.value))
)
_members_of = (
    select(*users.COLUMNS)
    .join_from(_members, _users, _users.c.id == _members.c.user_id)
    .where(_members.c.group_id == _group)
    .order_by(_users.c.username_key)
)
# With neither a column to change nor to add to: one who is in it stays so.
_add = Upsert(_members)
_remove = sa.delete(_members).where(_members.c.group_id == _group, _members.c.user_id == _user)
_remove_from_all = sa.delete(_members).where(
    _members.c.user_id == _user, _members.c.group_id.in_(select(_groups.c.id).where(_in_workspace))
)


def from_row(row: Row) -> Group:
    """A group from the columns of ``COLUMNS``."""
    return Group(*row[: len(COLUMNS)])


async def create(db: Connection, group: Group) -> None:
    """Write one; raises Conflict if the workspace has that slug."""
    values: dict[str, Any] = msgspec.structs.asdict(group)
    await db.run(_insert, **values)


async def delete(db: Connection, group_id: GroupId) -> None:
    """Forget one with all that was granted to it."""
    await db.run(_delete, group=group_id)


async def of_workspace(db: Connection, workspace_id: WorkspaceId) -> list[Group]:
    """All of a workspace, by slug."""
    return [from_row(row) for row in await db.all(_of_workspace, workspace=workspace_id)]


async def by_slug(db: Connection, workspace_id: WorkspaceId, slug: str) -> Group | None:
    """The one of that slug."""
    row = await db.one(_by_slug, workspace=workspace_id, slug=slug)
    return from_row(row) if row else None


async def members(db: Connection, group_id: GroupId) -> list[User]:
    """Who is in it, by username."""
    return [users.from_row(row) for row in await db.all(_members_of, group=group_id)]


async def add(db: Connection, group_id: GroupId, user_id: UserId) -> None:
    """Put somebody into a group; again is no error."""
    await db.run(_add, group_id=group_id, user_id=user_id)


async def remove(db: Connection, group_id: GroupId, user_id: UserId) -> bool:
    """Take somebody out; whether they were in it."""
    return await db.run(_remove, group=group_id, user=user_id) > 0


async def remove_from_all(db: Connection, workspace_id: WorkspaceId, user_id: UserId) -> None:
    """Take somebody out of every group of a workspace."""
    await db.run(_remove_from_all, workspace=workspace_id, user=user_id)


async def by_ids(db: Connection, ids: Collection[GroupId]) -> dict[GroupId, Group]:
    """Those of them that are there."""
    if not ids:
        return {}
    rows = await db.all(_by_ids, ids=_json(ids))
    return {group.id: group for group in (Group(*row) for row in rows)}


async def those_with(db: Connection, user_id: UserId, ids: Collection[GroupId]) -> frozenset[GroupId]:
    """Those of these groups that the user is in."""
    if not ids:
        return frozenset()
    return frozenset(row[0] for row in await db.all(_those_with, user=user_id, ids=_json(ids)))


def _json(ids: Collection[str]) -> str:
    return msgspec.json.encode(sorted(ids)).decode()
