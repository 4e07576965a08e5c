"""Groups of people in a workspace, and who is in them."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Text, bindparam, column, select

from bitpail.model.groups import Group, GroupId
from bitpail.model.users import UserId
from bitpail.model.workspaces import WorkspaceId
from bitpail.store.database import Connection
from bitpail.store.repository_tables import group_members as _members
from bitpail.store.repository_tables import groups as _groups
from bitpail.store.statements import text_rows

COLUMNS = tuple(_groups.c[name] for name in Group.__struct_fields__)

_wanted = text_rows(bindparam("ids", type_=Text)).table_valued(column("value", Text), name="wanted")
_by_slug = select(*COLUMNS).where(
    _groups.c.workspace_id == bindparam("workspace", type_=Text),
    _groups.c.slug == bindparam("slug", type_=Text),
)
_by_ids = select(*COLUMNS).where(_groups.c.id.in_(select(_wanted.c.value)))
_those_with = select(_members.c.group_id).where(
    _members.c.user_id == bindparam("user", type_=Text), _members.c.group_id.in_(select(_wanted.c.value))
)


async def by_slug(db: Connection, workspace_id: WorkspaceId, slug: str) -> Group | None:
    """The one of that slug in a workspace."""
    row = await db.one(_by_slug, workspace=workspace_id, slug=slug)
    return Group(*row) if row else None


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
