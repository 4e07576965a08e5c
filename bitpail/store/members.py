"""Who belongs to a workspace, as it is asked for by ``q`` and ``sort``."""

from sqlalchemy import BigInteger, ColumnElement, Integer, Text, bindparam, case, func, literal_column, select

from bitpail.model.permissions import Permission, Role
from bitpail.model.workspaces import Member, WorkspaceId
from bitpail.store import queries, users
from bitpail.store.database import Database
from bitpail.store.queries import Field, Narrowed
from bitpail.store.statements import Row
from bitpail.store.tables import users as _users
from bitpail.store.tables import workspace_members as _members
from bitpail.store.tables import workspaces as _workspaces
from bitpail.wire.query_kinds import Asked, Kind

_WORDS = (Role.MEMBER.value, Role.COLLABORATOR.value, Role.OWNER.value)


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", Text)


def _braced(column: ColumnElement[str]) -> ColumnElement[str]:
    return _text("{") + column + _text("}")


_rank: ColumnElement[int] = case(
    {word: number for number, word in enumerate(_WORDS)}, value=_members.c.role, else_=0
).cast(Integer)
_FIELDS = {
    "type": Field(_text("workspace_membership")),
    "permission": Field(_rank, Kind.RANK, _WORDS),
    "user.type": Field(_text("user")),
    "user.uuid": Field(_braced(_users.c.id)),
    **{f"user.{name}": Field(_users.c[name]) for name in ("display_name", "nickname", "account_id")},
    "workspace.type": Field(_text("workspace")),
    "workspace.uuid": Field(_braced(_workspaces.c.id)),
    **{f"workspace.{name}": Field(_workspaces.c[name]) for name in ("slug", "name")},
}
_here = _members.c.workspace_id == bindparam("workspace", type_=Text)
_rows = _members.join(_users, _users.c.id == _members.c.user_id).join(
    _workspaces, _workspaces.c.id == _members.c.workspace_id
)
_members_of = Narrowed(
    select(*users.COLUMNS, _members.c.role, _members.c.repositories, _members.c.added_on)
    .select_from(_rows)
    .where(_here)
    .limit(bindparam("number", type_=BigInteger))
    .offset(bindparam("start", type_=BigInteger)),
    select(func.count()).select_from(_rows).where(_here),
    _FIELDS,
    (_users.c.username_key, _users.c.id),
)


def from_row(row: Row, workspace_id: WorkspaceId) -> Member:
    """A member from the columns of a user, the role, what it grants, and since when."""
    return Member(workspace_id, users.from_row(row), Role(row[-3]), Permission(row[-2]), row[-1])


async def page(
    db: Database, workspace_id: WorkspaceId, asked: Asked, offset: int, limit: int
) -> tuple[list[Member], int]:
    """One page of those that are asked for, by username, and how many there are; raises Invalid."""
    rows, size = await queries.page(db, _members_of, asked, offset, limit, workspace=workspace_id)
    return [from_row(row, workspace_id) for row in rows], size
