"""Workspaces and who belongs to them."""

from sqlalchemy import (
    Integer,
    Select,
    Text,
    bindparam,
    delete,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from bitpail.model.credentials import Year
from bitpail.model.permissions import Permission, Role
from bitpail.model.users import User, UserId
from bitpail.model.workspaces import Member, Workspace, WorkspaceId
from bitpail.store import users
from bitpail.store.database import Connection, Database
from bitpail.store.repository_tables import group_members as _group_members
from bitpail.store.repository_tables import groups as _groups
from bitpail.store.repository_tables import project_group_permissions as _project_groups
from bitpail.store.statements import Row, Upsert
from bitpail.store.tables import project_permissions as _project_permissions
from bitpail.store.tables import projects as _projects
from bitpail.store.tables import repositories as _repositories
from bitpail.store.tables import repository_permissions as _repository_permissions
from bitpail.store.tables import users as _users
from bitpail.store.tables import workspace_members as _members
from bitpail.store.tables import workspaces as _workspaces

COLUMNS = tuple(_workspaces.c)
"""What ``from_row`` wants, for statements that join workspaces."""

PERMISSIONS = tuple(Permission)
"""By number; indexing costs a fraction of ``Permission(number)``."""
_YEARS: dict[str | None, Year | None] = {None: None, **{year.value: year for year in Year}}
ROLES: dict[str | None, Role | None] = {None: None, **{role.value: role for role in Role}}

_workspace = bindparam("workspace", type_=Text)
_user = bindparam("user", type_=Text)
_membership_key = (_members.c.workspace_id == _workspace, _members.c.user_id == _user)

_insert = insert(_workspaces)
_set_updated = update(_workspaces).where(_workspaces.c.id == _workspace).values(updated_on=bindparam("at"))
_set_year = (
    update(_workspaces).where(_workspaces.c.id == _workspace).values(year=bindparam("new_year", type_=Text))
)
_update = (
    update(_workspaces)
    .where(_workspaces.c.id == _workspace)
    .values(
        name=bindparam("new_name", type_=Text),
        is_private=bindparam("new_is_private", type_=Integer),
        updated_on=bindparam("at"),
    )
)
_by_slug = select(*COLUMNS).where(_workspaces.c.slug == bindparam("slug", type_=Text))
_by_id = select(*COLUMNS).where(_workspaces.c.id == _workspace)
_personal_of = select(*COLUMNS).where(_workspaces.c.personal_of == _user)
_every = select(*COLUMNS).order_by(_workspaces.c.slug)
_of_user = (
    select(*COLUMNS)
    .join_from(_members, _workspaces, _members.c.workspace_id == _workspaces.c.id)
    .where(_members.c.user_id == _user)
    .order_by(_workspaces.c.slug)
)
_memberships = (
    select(*COLUMNS, _members.c.role)
    .join_from(_members, _workspaces, _members.c.workspace_id == _workspaces.c.id)
    .where(_members.c.user_id == _user)
    .order_by(_workspaces.c.slug)
)
_members_of = (
    select(*users.COLUMNS, _members.c.role, _members.c.repositories, _members.c.added_on)
    .join_from(_members, _users, _members.c.user_id == _users.c.id)
    .where(_members.c.workspace_id == _workspace)
    .order_by(_users.c.username_key)
)
_owners = (
    select(*users.COLUMNS)
    .join_from(_members, _users, _members.c.user_id == _users.c.id)
    .where(_members.c.workspace_id == _workspace, _members.c.role == Role.OWNER.value)
    .order_by(_users.c.username_key)
)
_membership = select(_members.c.role, _members.c.repositories).where(*_membership_key)
_add_member = Upsert(_members, "role", "repositories")
_remove_member = delete(_members).where(*_membership_key)
_visible: Select[int] = select(literal_column("1", Integer)).where(
    or_(
        exists().where(_workspaces.c.id == _workspace, _workspaces.c.is_private == 0),
        exists().where(*_membership_key),
        exists().where(_repositories.c.workspace_id == _workspace, _repositories.c.is_private == 0),
        exists().where(
            _repository_permissions.c.user_id == _user,
            _repository_permissions.c.repository_id == _repositories.c.id,
            _repositories.c.workspace_id == _workspace,
        ),
        exists().where(
            _project_permissions.c.user_id == _user,
            _project_permissions.c.project_id == _projects.c.id,
            _projects.c.workspace_id == _workspace,
        ),
        exists().where(
            _group_members.c.user_id == _user,
            _group_members.c.group_id == _groups.c.id,
            _groups.c.workspace_id == _workspace,
        ),
    )
)


_ADMIN = int(Permission.ADMIN)
_creates: Select[int] = select(literal_column("1", Integer)).where(
    or_(
        exists().where(
            _project_permissions.c.user_id == _user,
            or_(_project_permissions.c.creates == 1, _project_permissions.c.permission == _ADMIN),
            _project_permissions.c.project_id == _projects.c.id,
            _projects.c.workspace_id == _workspace,
        ),
        exists().where(
            _group_members.c.user_id == _user,
            _project_groups.c.group_id == _group_members.c.group_id,
            or_(_project_groups.c.creates == 1, _project_groups.c.permission == _ADMIN),
            _project_groups.c.project_id == _projects.c.id,
            _projects.c.workspace_id == _workspace,
        ),
    )
)


def from_row(row: Row) -> Workspace:
    """A workspace from the columns of ``COLUMNS``."""
    return Workspace(row[0], row[1], row[2], row[3], row[4] == 1, row[5], row[6], _YEARS[row[7]])


async def create(db: Connection, workspace: Workspace) -> None:
    """Write a workspace; raises Conflict if its slug or its person has one."""
    await db.run(
        _insert,
        id=workspace.id,
        slug=workspace.slug,
        name=workspace.name,
        personal_of=workspace.personal_of,
        is_private=int(workspace.is_private),
        created_on=workspace.created_on,
        updated_on=workspace.updated_on,
        year=workspace.year.value if workspace.year else None,
    )


async def by_slug(db: Connection, slug: str) -> Workspace | None:
    """The workspace of that slug."""
    row = await db.one(_by_slug, slug=slug)
    return from_row(row) if row else None


async def by_id(db: Connection, workspace_id: str) -> Workspace | None:
    """The workspace of that UUID, without braces."""
    row = await db.one(_by_id, workspace=workspace_id)
    return from_row(row) if row else None


async def personal_of(db: Connection, user_id: UserId) -> Workspace | None:
    """The user's own workspace."""
    row = await db.one(_personal_of, user=user_id)
    return from_row(row) if row else None


async def every(db: Database) -> list[Workspace]:
    """All workspaces, by slug."""
    return [from_row(row) for row in await db.scan(_every)]


async def set_updated(db: Connection, workspace_id: WorkspaceId, updated_on: int) -> None:
    """Note a change; in a transaction it also keeps the next one waiting until this one ends."""
    await db.run(_set_updated, workspace=workspace_id, at=updated_on)


async def set_year(db: Connection, workspace_id: WorkspaceId, year: Year | None) -> None:
    """Whose rules credentials keep there; None: no more than the server's."""
    await db.run(_set_year, workspace=workspace_id, new_year=year.value if year else None)


async def change(db: Connection, workspace: Workspace) -> None:
    """Write what its owners can change."""
    await db.run(
        _update,
        workspace=workspace.id,
        new_name=workspace.name,
        new_is_private=int(workspace.is_private),
        at=workspace.updated_on,
    )


async def of_user(db: Connection, user_id: UserId) -> list[Workspace]:
    """The workspaces that the user is a member of, by slug."""
    return [from_row(row) for row in await db.all(_of_user, user=user_id)]


async def memberships(db: Connection, user_id: UserId) -> list[tuple[Workspace, Role]]:
    """The workspaces that a user belongs to, by slug, and as what."""
    return [(from_row(row[:-1]), Role(row[-1])) for row in await db.all(_memberships, user=user_id)]


async def members(db: Connection, workspace_id: WorkspaceId) -> list[Member]:
    """Who belongs to a workspace, by username."""
    rows = await db.all(_members_of, workspace=workspace_id)
    return [
        Member(workspace_id, users.from_row(row), Role(row[-3]), PERMISSIONS[row[-2]], row[-1])
        for row in rows
    ]


async def owners(db: Connection, workspace_id: WorkspaceId) -> list[User]:
    """Who owns a workspace, by username."""
    return [users.from_row(row) for row in await db.all(_owners, workspace=workspace_id)]


async def membership(
    db: Connection, workspace_id: WorkspaceId, user_id: UserId
) -> tuple[Role, Permission] | None:
    """The user's role, and what the membership grants on every repository."""
    row = await db.one(_membership, workspace=workspace_id, user=user_id)
    return (Role(row[0]), PERMISSIONS[row[1]]) if row else None


async def add_member(  # the row's columns, in their order
    db: Connection,
    workspace_id: WorkspaceId,
    user_id: UserId,
    role: Role,
    repositories: Permission,
    added_on: int,
) -> None:
    """Add a member, or change what one is: then the time of joining stays."""
    await db.run(
        _add_member,
        workspace_id=workspace_id,
        user_id=user_id,
        role=role.value,
        repositories=int(repositories),
        added_on=added_on,
    )


async def remove_member(db: Connection, workspace_id: WorkspaceId, user_id: UserId) -> bool:
    """End a membership; whether there was one. Grants on single repositories stay."""
    return await db.run(_remove_member, workspace=workspace_id, user=user_id) > 0


async def visible(db: Connection, workspace_id: WorkspaceId, user_id: UserId | None) -> bool:
    """Whether the user may know of the workspace; None asks for the anonymous.

    A member may, whoever was granted anything in it or is in a group of its, and everybody if the
    workspace or one of its repositories is public.
    """
    return await db.one(_visible, workspace=workspace_id, user=user_id) is not None


async def creates_somewhere(db: Connection, workspace_id: WorkspaceId, user_id: UserId) -> bool:
    """Whether some project of the workspace was given to the user to make repositories in."""
    return await db.one(_creates, workspace=workspace_id, user=user_id) is not None
