"""Repositories: found by name or UUID with one person's grants, listed by what that person may see.

What may be seen is in ``store/permissions.py``.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import BigInteger, Integer, Text, and_, bindparam, func, select

from bitpail.model.permissions import Permission
from bitpail.model.projects import ProjectId
from bitpail.model.repositories import ForkPolicy, Grants, Located, Repository, RepositoryId
from bitpail.model.users import UserId
from bitpail.model.workspaces import WorkspaceId
from bitpail.store import permissions, projects, queries, workspaces
from bitpail.store.database import Connection, Database
from bitpail.store.queries import Narrowed, Paged
from bitpail.store.repository_fields import FIELDS
from bitpail.store.repository_tables import forks as _forks
from bitpail.store.repository_tables import repository_group_permissions as _group_permissions
from bitpail.store.statements import Row, Upsert
from bitpail.store.tables import project_permissions as _project_permissions
from bitpail.store.tables import projects as _projects
from bitpail.store.tables import repositories as _repositories
from bitpail.store.tables import repository_permissions as _repository_permissions
from bitpail.store.tables import workspace_members as _members
from bitpail.store.tables import workspaces as _workspaces
from bitpail.store.workspaces import PERMISSIONS, ROLES
from bitpail.wire.query_kinds import Asked

_c = _repositories.c
_COLUMNS = tuple(_c)
_WORKSPACE = len(_COLUMNS)
_PROJECT = _WORKSPACE + len(workspaces.COLUMNS)
_AFTER_PROJECT = _PROJECT + len(projects.COLUMNS)
_GRANTS = (
    *(_repository_permissions.c.permission, _project_permissions.c.permission),
    *(_members.c.repositories, _members.c.role, *permissions.by_groups()),
)
_FORK_POLICIES = {policy.value: policy for policy in ForkPolicy}
_NO_GRANTS = Grants()
_CHANGEABLE = (
    *("project_id", "slug", "name", "description", "website", "language"),
    *("is_private", "has_wiki", "has_issues", "fork_policy", "updated_on"),
)

_user = bindparam("user", type_=Text)
_id = _c.id == bindparam("repository", type_=Text)
_in_workspace = _c.workspace_id == bindparam("workspace", type_=Text)

_granted = (
    _repositories.outerjoin(
        _repository_permissions,
        and_(_repository_permissions.c.repository_id == _c.id, _repository_permissions.c.user_id == _user),
    )
    .outerjoin(
        _project_permissions,
        and_(_project_permissions.c.project_id == _c.project_id, _project_permissions.c.user_id == _user),
    )
    .outerjoin(_members, and_(_members.c.workspace_id == _c.workspace_id, _members.c.user_id == _user))
)
_located_rows = _granted.join(_workspaces, _workspaces.c.id == _c.workspace_id).join(
    _projects, _projects.c.id == _c.project_id
)
_everything = select(*_COLUMNS, *workspaces.COLUMNS, *projects.COLUMNS, *_GRANTS).select_from(_located_rows)
_workspace_is_slug = _workspaces.c.slug == bindparam("workspace", type_=Text)
_workspace_is_id = _workspaces.c.id == bindparam("workspace", type_=Text)
_is_slug = _c.slug == bindparam("repository", type_=Text)

_by_slugs = _everything.where(_workspace_is_slug, _is_slug)
_by_slug_and_id = _everything.where(_workspace_is_slug, _id)
_by_id_and_slug = _everything.where(_workspace_is_id, _is_slug)
_by_ids = _everything.where(_workspace_is_id, _id)
_by_id = _everything.where(_id)

_by_age = (_c.created_on, _c.id)
_number = bindparam("number", type_=BigInteger)
_start = bindparam("start", type_=BigInteger)
_visible = (
    _everything.where(_in_workspace, permissions.VISIBLE).order_by(*_by_age).limit(_number).offset(_start)
)
_visible_in_project: sa.Select[int] = (
    select(sa.literal_column("1", Integer))
    .select_from(_repositories)
    .where(_c.project_id == bindparam("project", type_=Text), permissions.VISIBLE)
    .limit(1)
)
_is_fork = _c.id.in_(
    select(_forks.c.repository_id).where(_forks.c.parent_id == bindparam("parent", type_=Text))
)
_count_visible = select(func.count()).select_from(_repositories).where(_in_workspace, permissions.VISIBLE)


def _whole(page: sa.Subquery) -> sa.Select[Row]:
    return _everything.join(page, page.c.id == _c.id)


_chosen = Paged(select(_c.id).where(_in_workspace, permissions.VISIBLE), _whole, FIELDS, _by_age)
_forks_chosen = Paged(select(_c.id).where(_is_fork, permissions.VISIBLE), _whole, FIELDS, _by_age)
_mine = Paged(
    select(_c.id).where(permissions.MINE, _c.created_on >= bindparam("after", type_=BigInteger)),
    _whole,
    FIELDS,
    _by_age,
)
_is_public = (_c.is_private == 0, _c.created_on >= bindparam("after", type_=BigInteger))
_public = Paged(select(_c.id).where(*_is_public), _whole, FIELDS, _by_age)
_walked = Narrowed(
    _everything.where(
        *_is_public,
        sa.tuple_(_c.created_on, _c.id)
        > sa.tuple_(bindparam("after", type_=BigInteger), bindparam("after_id", type_=Text)),
    ).limit(_number),
    select(func.count()),
    FIELDS,
    _by_age,
)
_every = _everything.order_by(_workspaces.c.slug, _c.slug)
# Whose code can be searched: little of each, since there may be many.
_to_be_searched = (
    select(_c.id, _c.slug, _projects.c.key, _projects.c.name)
    .select_from(_repositories.join(_projects, _projects.c.id == _c.project_id))
    .where(_in_workspace, permissions.VISIBLE)
    .order_by(_c.slug)
)
_places = select(_c.workspace_id, _c.id, _c.directory.is_not(None))
_by_directory = select(*_COLUMNS).where(_c.directory == bindparam("path", type_=Text)).order_by(_c.created_on)

_insert = sa.insert(_repositories)
_update = (
    sa.update(_repositories)
    .where(_id)
    .values({name: bindparam(f"new_{name}", type_=_c[name].type) for name in _CHANGEABLE})
)
_move = (
    sa.update(_repositories)
    .where(_id)
    .values(
        workspace_id=bindparam("new_workspace_id", type_=Text),
        project_id=bindparam("new_project_id", type_=Text),
        updated_on=bindparam("new_updated_on", type_=BigInteger),
    )
)
_revoke_groups = sa.delete(_group_permissions).where(
    _group_permissions.c.repository_id == bindparam("repository", type_=Text)
)
_note_push = (
    sa.update(_repositories)
    .where(_id)
    .values(
        size=_c.size + bindparam("grown", type_=BigInteger),
        updated_on=bindparam("new_updated_on", type_=BigInteger),
    )
)
_set_size = sa.update(_repositories).where(_id).values(size=bindparam("new_size", type_=BigInteger))
_hold = select(_c.id).where(_id).with_for_update(key_share=True)
_delete = sa.delete(_repositories).where(_id)
_grant = Upsert(_repository_permissions, "permission")
_revoke = sa.delete(_repository_permissions).where(
    _repository_permissions.c.repository_id == bindparam("repository", type_=Text),
    _repository_permissions.c.user_id == _user,
)


def from_row(row: Row) -> Repository:
    """A repository from its columns, in their order."""
    flags = row[8] == 1, row[9] == 1, row[10] == 1, _FORK_POLICIES[row[11]]
    return Repository(*(row[:8] + flags + row[12:16]))


def _located(row: Row) -> Located:
    direct, project, workspace, role, group, project_group = row[
        _AFTER_PROJECT : _AFTER_PROJECT + len(_GRANTS)
    ]
    if direct is None and project is None and role is None and group is None and project_group is None:
        grants = _NO_GRANTS
    else:
        grants = Grants(
            *(PERMISSIONS[direct or 0], PERMISSIONS[project or 0], PERMISSIONS[workspace or 0], ROLES[role]),
            *(PERMISSIONS[group or 0], PERMISSIONS[project_group or 0]),
        )
    workspace_row, project_row = row[_WORKSPACE:_PROJECT], row[_PROJECT:]
    return Located(from_row(row), workspaces.from_row(workspace_row), projects.from_row(project_row), grants)


async def find(db: Connection, workspace: str, repository: str, user_id: UserId | None) -> Located | None:
    """A repository by workspace and name, with what the user (None: anonymous) was granted on it.

    Each is a slug or a UUID in braces; beside a UUID the workspace may be ``{}``.
    """
    statement, workspace, repository = _shape(workspace, repository)
    if statement is None:
        return None
    row = await db.one(statement, workspace=workspace, repository=repository, user=user_id)
    return _located(row) if row else None


def _shape(workspace: str, repository: str) -> tuple[sa.Select[Row] | None, str, str]:
    """The statement for these identifiers, and what to look for."""
    if repository[:1] == "{" and repository[-1:] == "}":
        repository = repository[1:-1].lower()
        if workspace == "{}":
            return _by_id, workspace, repository
        if workspace[:1] == "{" and workspace[-1:] == "}":
            return _by_ids, workspace[1:-1].lower(), repository
        return _by_slug_and_id, workspace, repository
    if workspace == "{}":
        return None, workspace, repository
    if workspace[:1] == "{" and workspace[-1:] == "}":
        return _by_id_and_slug, workspace[1:-1].lower(), repository
    return _by_slugs, workspace, repository


async def visible(  # who asks, for what, which part of it
    db: Database,
    workspace_id: WorkspaceId,
    user_id: UserId | None,
    seen: Mapping[str, int],
    offset: int,
    limit: int,
) -> list[Located]:
    """The repositories of a workspace on which the user holds so much, oldest first.

    ``seen`` is made by ``permissions.to_see`` or ``permissions.granted``.
    """
    rows = await db.scan(_visible, workspace=workspace_id, user=user_id, start=offset, number=limit, **seen)
    return [_located(row) for row in rows]


async def count_visible(
    db: Database, workspace_id: WorkspaceId, user_id: UserId | None, seen: Mapping[str, int]
) -> int:
    """How many there are of them."""
    rows = await db.scan(_count_visible, workspace=workspace_id, user=user_id, **seen)
    return int(rows[0][0])


async def visible_in_project(db: Database, project_id: ProjectId, user_id: UserId | None) -> bool:
    """Whether a user, or anybody, sees some repository of a project."""
    seen = permissions.to_see(Permission.READ)
    return bool(await db.scan(_visible_in_project, project=project_id, user=user_id, **seen))


async def chosen(  # as ``visible``, and what to choose and how to order them
    db: Database,
    workspace_id: WorkspaceId,
    user_id: UserId | None,
    seen: Mapping[str, int],
    asked: Asked,
    offset: int,
    limit: int,
) -> tuple[list[Located], int]:
    """One page of those of them that a query asks for, and how many there are; raises Invalid."""
    given = {"workspace": workspace_id, "user": user_id, **seen}
    return await _page(db, _chosen, asked, offset, limit, given)


async def of_user(  # as ``chosen``
    db: Database, user_id: UserId, at_least: int, after: int, asked: Asked, offset: int, limit: int
) -> tuple[list[Located], int]:
    """The same of all repositories on which a user was granted so much, made at ``after`` or later."""
    given = {"user": user_id, "at_least": at_least, "after": after}
    return await _page(db, _mine, asked, offset, limit, given)


async def public(
    db: Database, after: int, asked: Asked, offset: int, limit: int
) -> tuple[list[Located], int]:
    """The same of all public repositories."""
    return await _page(db, _public, asked, offset, limit, {"user": None, "after": after})


async def _page(  # as above
    db: Database, paged: Paged, asked: Asked, offset: int, limit: int, given: dict[str, Any]
) -> tuple[list[Located], int]:
    rows, size = await queries.page(db, paged, asked, offset, limit, **given)
    return [_located(row) for row in rows], size


async def forks(  # as ``chosen``, of a repository
    db: Database,
    parent: RepositoryId,
    user_id: UserId | None,
    seen: Mapping[str, int],
    asked: Asked,
    offset: int,
    limit: int,
) -> tuple[list[Located], int]:
    """One page of a repository's forks on which the user holds so much, and how many there are; raises Invalid."""
    return await _page(db, _forks_chosen, asked, offset, limit, {"parent": parent, "user": user_id, **seen})


async def walk(db: Database, after: int, after_id: str, asked: Asked, limit: int) -> list[Located]:
    """Public repositories behind one of them, oldest first: it looks at no more than it gives, and what ``q`` leaves out."""
    rows, _, values = _walked.statements(asked)
    found = await db.scan(rows, user=None, after=after, after_id=after_id, number=limit, **values)
    return [_located(row) for row in found]


async def to_be_searched(
    db: Database, workspace_id: WorkspaceId, user_id: UserId | None
) -> list[tuple[RepositoryId, str, str, str]]:
    """What a user may see in a workspace, by slug: id and slug, key and name of the project."""
    seen = permissions.to_see(Permission.READ)
    rows = await db.scan(_to_be_searched, workspace=workspace_id, user=user_id, **seen)
    return [tuple(row) for row in rows]


async def places(db: Database) -> list[tuple[WorkspaceId, RepositoryId, bool]]:
    """All repositories with their workspaces, and whether they lie in directories of others."""
    return [(row[0], row[1], bool(row[2])) for row in await db.scan(_places)]


async def every(db: Database) -> list[Located]:
    """All repositories, by workspace and slug, with nobody's grants."""
    return [_located(row) for row in await db.scan(_every, user=None)]


async def by_directory(db: Connection, directory: str) -> list[Repository]:
    """The repositories that serve an adopted Git directory, oldest first."""
    return [from_row(row) for row in await db.all(_by_directory, path=directory)]


async def create(db: Connection, repository: Repository) -> None:
    """Write a repository; raises Conflict if its slug is taken, or if its project is not there."""
    await db.run(_insert, **_values(repository))


async def update(db: Connection, repository: Repository) -> None:
    """Write what people can change, not its size, directory or workspace; raises Conflict."""
    values = _values(repository)
    changes = {f"new_{name}": values[name] for name in _CHANGEABLE}
    await db.run(_update, repository=repository.id, **changes)


async def move(db: Connection, repository: Repository) -> None:
    """Write its workspace and project; raises Conflict if the slug is taken there, or the project is gone."""
    await db.run(
        _move,
        repository=repository.id,
        new_workspace_id=repository.workspace_id,
        new_project_id=repository.project_id,
        new_updated_on=repository.updated_on,
    )


async def revoke_groups(db: Connection, repository_id: RepositoryId) -> None:
    """Take away what was granted on it to groups."""
    await db.run(_revoke_groups, repository=repository_id)


def _values(repository: Repository) -> dict[str, Any]:
    return msgspec.structs.asdict(repository) | {
        "is_private": int(repository.is_private),
        "has_wiki": int(repository.has_wiki),
        "has_issues": int(repository.has_issues),
        "fork_policy": repository.fork_policy.value,
    }


async def note_push(db: Connection, repository_id: RepositoryId, grown: int, updated_on: int) -> None:
    """Write down that a push of so many bytes has landed."""
    await db.run(_note_push, repository=repository_id, grown=grown, new_updated_on=updated_on)


async def set_size(db: Connection, repository_id: RepositoryId, size: int) -> None:
    """Write down how many bytes it has on disk."""
    await db.run(_set_size, repository=repository_id, new_size=size)


async def hold(db: Connection, repository_id: RepositoryId) -> bool:
    """Let nobody else hold it until the transaction ends; False if it is gone."""
    return await db.one(_hold, repository=repository_id) is not None


async def delete(db: Connection, repository_id: RepositoryId) -> bool:
    """Forget a repository and what was granted on it; whether there was one."""
    return await db.run(_delete, repository=repository_id) > 0


async def grant(db: Connection, repository_id: RepositoryId, user_id: UserId, permission: Permission) -> None:
    """Give a permission on one repository; NONE takes it away."""
    if permission is Permission.NONE:
        await db.run(_revoke, repository=repository_id, user=user_id)
    else:
        await db.run(_grant, repository_id=repository_id, user_id=user_id, permission=int(permission))
