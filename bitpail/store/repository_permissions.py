"""Who holds what on which repositories, all grants together: pairs of a user and a repository."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, func, literal_column, select, true, union

from bitpail.model.permissions import Permission
from bitpail.model.repositories import RepositoryId
from bitpail.model.repository_permissions import RepositoryPermission
from bitpail.model.users import UserId
from bitpail.model.workspaces import WorkspaceId
from bitpail.store import permissions, queries, repositories, users, workspaces
from bitpail.store.database import Database
from bitpail.store.permissions import effective
from bitpail.store.queries import Field, Narrowed, Paged
from bitpail.store.repository_fields import FIELDS as _OF_REPOSITORY
from bitpail.store.repository_tables import group_members as _group_members
from bitpail.store.repository_tables import groups as _groups
from bitpail.store.statements import Row
from bitpail.store.tables import project_permissions as _project_permissions
from bitpail.store.tables import projects as _projects
from bitpail.store.tables import repositories as _repositories
from bitpail.store.tables import repository_permissions as _repository_permissions
from bitpail.store.tables import users as _users
from bitpail.store.tables import workspace_members as _members
from bitpail.store.tables import workspaces as _workspaces
from bitpail.wire.query_kinds import Asked, Kind

_c = _repositories.c
_id = _c.id == bindparam("repository", type_=Text)
_workspace = bindparam("workspace", type_=Text)
_in_workspace = _c.workspace_id == _workspace
_number = bindparam("number", type_=BigInteger)
_start = bindparam("start", type_=BigInteger)
_words = tuple(permission.name.lower() for permission in Permission)
_braces = [literal_column(f"'{brace}'", Text) for brace in "{}"]
_by_age = (_c.created_on, _c.id)

_WORKSPACE = len(_c)
_USER = _WORKSPACE + len(workspaces.COLUMNS)
_HELD = _USER + len(users.COLUMNS)


def _fields(person: Any, held: ColumnElement[int]) -> dict[str, Field]:
    """By what they can be asked for, where ``person`` has the columns of a user."""
    return {
        "type": Field(literal_column("'repository_permission'", Text)),
        "permission": Field(held, Kind.RANK, _words),
        **{f"repository.{name}": _OF_REPOSITORY[name] for name in ("type", "uuid", "full_name", "name")},
        "user.type": Field(literal_column("'user'", Text)),
        "user.uuid": Field(_braces[0] + person.c.id + _braces[1]),
        **{f"user.{name}": Field(person.c[name]) for name in ("display_name", "nickname", "account_id")},
    }


def _rows(person: Any, held: ColumnElement[int]) -> sa.Select[Row]:
    return select(
        *(*_c, *_workspaces.c, *(person.c[column.name] for column in users.COLUMNS)), held.label("held")
    )


# One's own: they begin with the person.
_own_held = effective(_users.c.id)
_own_fields = _fields(_users, _own_held)
_mine = (
    select(_c.id)
    .select_from(_repositories.join(_users, true()))
    .where(_users.c.id == permissions.USER, permissions.MINE)
)


def _joined(page: sa.Subquery) -> sa.Select[Row]:
    return (
        _rows(_users, _own_held)
        .select_from(page)
        .join(_repositories, _c.id == page.c.id)
        .join(_workspaces, _workspaces.c.id == _c.workspace_id)
        .join(_users, _users.c.id == permissions.USER)
    )


_of_user = Paged(_mine, _joined, _own_fields, _by_age)
_of_user_in = Paged(_mine.where(_in_workspace), _joined, _own_fields, _by_age)

# Everybody's. People to whom anything in the workspace was granted are few, compared with its repositories.
_people = (
    select(*users.COLUMNS, _users.c.username_key)
    .where(
        _users.c.id.in_(
            union(
                select(_members.c.user_id).where(_members.c.workspace_id == _workspace),
                select(_repository_permissions.c.user_id)
                .join_from(
                    _repositories, _repository_permissions, _repository_permissions.c.repository_id == _c.id
                )
                .where(_in_workspace)
                .correlate(None),
                select(_project_permissions.c.user_id)
                .join_from(
                    _projects, _project_permissions, _project_permissions.c.project_id == _projects.c.id
                )
                .where(_projects.c.workspace_id == _workspace),
                select(_group_members.c.user_id)
                .join_from(_groups, _group_members, _group_members.c.group_id == _groups.c.id)
                .where(_groups.c.workspace_id == _workspace),
            )
        )
    )
    .subquery("people")
)
_held = effective(_people.c.id)
# An outer join keeps the databases from beginning with the people: a page ends where it is
# full, without having looked at the rest of the repositories. Nobody holds more than nothing.
_pairs = _repositories.join(_workspaces, _workspaces.c.id == _c.workspace_id).outerjoin(_people, true())
_everybody = _rows(_people, _held).select_from(_pairs).where(_in_workspace, _held > 0)
_fields_of_all = _fields(_people, _held)
_by_person = (*_by_age, _people.c.username_key, _people.c.id)
_of_workspace = Narrowed(
    _everybody.limit(_number).offset(_start), select(func.count()), _fields_of_all, _by_person
)
_of_repository = Narrowed(
    _everybody.where(_id).limit(_number).offset(_start),
    select(func.count()).select_from(_pairs).where(_in_workspace, _held > 0, _id),
    _fields_of_all,
    _by_person,
)
_AT_LEAST = {"at_least": int(Permission.READ)}


def _from_row(row: Row) -> RepositoryPermission:
    return RepositoryPermission(
        repositories.from_row(row),
        workspaces.from_row(row[_WORKSPACE:]),
        users.from_row(row[_USER:]),
        Permission(row[_HELD]),
    )


async def of_user(
    db: Database, user_id: UserId, asked: Asked, offset: int, limit: int
) -> tuple[list[RepositoryPermission], int]:
    """What a user holds by grants, wherever: a page of it, and the number of all; raises Invalid."""
    given = {"user": user_id, **_AT_LEAST}
    rows, size = await queries.page(db, _of_user, asked, offset, limit, **given)
    return [_from_row(row) for row in rows], size


async def of_user_in(  # as above
    db: Database, user_id: UserId, workspace_id: WorkspaceId, asked: Asked, offset: int, limit: int
) -> tuple[list[RepositoryPermission], int]:
    """The same in one workspace."""
    given = {"user": user_id, "workspace": workspace_id, **_AT_LEAST}
    rows, size = await queries.page(db, _of_user_in, asked, offset, limit, **given)
    return [_from_row(row) for row in rows], size


async def of_repository(  # as above
    db: Database,
    workspace_id: WorkspaceId,
    repository_id: RepositoryId,
    asked: Asked,
    offset: int,
    limit: int,
) -> tuple[list[RepositoryPermission], int]:
    """What everybody holds on one repository."""
    given = {"repository": repository_id, "workspace": workspace_id}
    rows, size = await queries.page(db, _of_repository, asked, offset, limit, **given)
    return [_from_row(row) for row in rows], size


async def of_workspace(
    db: Database, workspace_id: WorkspaceId, asked: Asked, offset: int, limit: int
) -> list[RepositoryPermission]:
    """What everybody holds on each repository of a workspace, by repository. They may be too many to be counted."""
    rows, _, values = _of_workspace.statements(asked)
    found = await db.scan(rows, workspace=workspace_id, start=offset, number=limit, **values)
    return [_from_row(row) for row in found]
