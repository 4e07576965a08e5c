"""What people call robots: their tokens, and the places where these were made."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Text, bindparam, case, column, func, select

from bitpail.model.credentials import CredentialKind
from bitpail.model.robots import Robot
from bitpail.model.users import UserId
from bitpail.store.database import Connection
from bitpail.store.statements import text_rows
from bitpail.store.tables import app_passwords as _app_passwords
from bitpail.store.tables import projects as _projects
from bitpail.store.tables import repositories as _repositories
from bitpail.store.tables import users as _users
from bitpail.store.tables import workspaces as _workspaces

_c = _app_passwords.c
_ids = text_rows(bindparam("ids", type_=Text)).table_valued(column("value", Text), name="wanted")
_slug = _workspaces.c.slug
_place = case(
    (_c.repository_id.is_not(None), _slug + "/" + _repositories.c.slug),
    (_c.project_id.is_not(None), _slug + "/" + _projects.c.key),
    else_=_slug,
)
_by_ids = (
    select(_c.user_id, _c.kind, _users.c.display_name, _place)
    .join_from(_app_passwords, _users, _c.user_id == _users.c.id)
    .outerjoin(_repositories, _c.repository_id == _repositories.c.id)
    .outerjoin(_projects, _c.project_id == _projects.c.id)
    .join(
        _workspaces,
        _workspaces.c.id
        == func.coalesce(_c.workspace_id, _repositories.c.workspace_id, _projects.c.workspace_id),
    )
    .where(_c.user_id.in_(select(_ids.c.value)), _users.c.is_robot == 1)
)


async def by_ids(db: Connection, ids: Collection[UserId]) -> dict[UserId, Robot]:
    """Those of them whose place is there; one statement for all of them."""
    if not ids:
        return {}
    rows = await db.all(_by_ids, ids=msgspec.json.encode(sorted(ids)).decode())
    return {row[0]: Robot(CredentialKind(row[1]), row[2], row[3]) for row in rows}
