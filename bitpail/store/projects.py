"""Projects, and what was granted on them."""

import sqlalchemy as sa
from sqlalchemy import Text, and_, bindparam, exists, insert, or_, select

from bitpail.model.credentials import CredentialKind
from bitpail.model.permissions import Permission, Role
from bitpail.model.projects import LocatedProject, Project, ProjectGrants, ProjectId
from bitpail.model.users import UserId
from bitpail.model.workspaces import WorkspaceId
from bitpail.store import permissions, workspaces
from bitpail.store.database import Connection, Database
from bitpail.store.statements import Row, Upsert
from bitpail.store.tables import app_passwords as _app_passwords
from bitpail.store.tables import project_permissions as _permissions
from bitpail.store.tables import projects as _projects
from bitpail.store.tables import repositories as _repositories
from bitpail.store.tables import workspace_members as _members
from bitpail.store.tables import workspaces as _workspaces

COLUMNS = tuple(_projects.c)
"""What ``from_row`` wants, for statements that join projects."""
_WORKSPACE = len(COLUMNS)
_GRANTS = _WORKSPACE + len(workspaces.COLUMNS)

_in_workspace = _projects.c.workspace_id == bindparam("workspace", type_=Text)

_insert = insert(_projects)
_by_key = select(*COLUMNS).where(_in_workspace, _projects.c.key == bindparam("project_key", type_=Text))
_user = bindparam("user", type_=Text)
_own_roles = _members.alias("own_roles")
_own = _projects.alias("own_projects")
_located = select(
    *(*COLUMNS, *workspaces.COLUMNS, _permissions.c.permission, _permissions.c.creates, _members.c.role),
    *permissions.by_groups_on_project(_projects.c.id),
).select_from(
    _projects.join(_workspaces, _workspaces.c.id == _projects.c.workspace_id)
    .outerjoin(
        _permissions, and_(_permissions.c.project_id == _projects.c.id, _permissions.c.user_id == _user)
    )
    .outerjoin(_members, and_(_members.c.workspace_id == _workspaces.c.id, _members.c.user_id == _user))
)
_is_key = _projects.c.key == bindparam("project_key", type_=Text)
_located_by_slug = _located.where(_workspaces.c.slug == bindparam("workspace", type_=Text), _is_key)
_located_by_id = _located.where(_workspaces.c.id == bindparam("workspace", type_=Text), _is_key)
_grants_on = _located.where(_projects.c.id == bindparam("project", type_=Text))
# Begins with the person, so that nobody else's projects are looked at; policy judges what is found.
_in_own_workspaces = select(_own.c.id).where(
    _own.c.workspace_id.in_(
        select(_own_roles.c.workspace_id).where(
            _own_roles.c.user_id == _user,
            or_(_own_roles.c.role == Role.OWNER.value, _own_roles.c.role == Role.COLLABORATOR.value),
        )
    )
)
_creating = (
    _located.where(
        _projects.c.id.in_(
            sa.union(_in_own_workspaces, *(one.correlate(None) for one in permissions.IN_PROJECTS))
        )
    )
    .order_by(_workspaces.c.slug, _projects.c.created_on, _projects.c.id)
    .limit(bindparam("number", type_=sa.BigInteger))
)
_by_id = select(*COLUMNS).where(_projects.c.id == bindparam("project", type_=Text))
_of_workspace = select(*COLUMNS).where(_in_workspace).order_by(_projects.c.created_on, _projects.c.id)
_oldest = _of_workspace.limit(1)
_is_member = exists().where(
    _members.c.workspace_id == bindparam("workspace", type_=Text), _members.c.user_id == _user
)
_is_robot = exists().where(
    _app_passwords.c.user_id == _user,
    _app_passwords.c.kind == CredentialKind.WORKSPACE_ACCESS_TOKEN.value,
    _app_passwords.c.revoked_on.is_(None),
    _app_passwords.c.workspace_id == bindparam("workspace", type_=Text),
)
_visible = _of_workspace.where(
    or_(
        _is_member,
        _is_robot,
        _projects.c.is_private == 0,
        *(_projects.c.id.in_(one) for one in permissions.IN_PROJECTS),
        _projects.c.id.in_(
            select(_repositories.c.project_id)
            .where(_repositories.c.workspace_id == bindparam("workspace", type_=Text), permissions.VISIBLE)
            .correlate(None)
        ),
    )
)
_CHANGEABLE = ("key", "name", "description", "is_private", "updated_on")
_update = (
    sa.update(_projects)
    .where(_projects.c.id == bindparam("project", type_=Text))
    .values({name: bindparam(f"new_{name}", type_=_projects.c[name].type) for name in _CHANGEABLE})
)
_delete = sa.delete(_projects).where(_projects.c.id == bindparam("project", type_=Text))
_grant = Upsert(_permissions, "permission", "creates")
_revoke = sa.delete(_permissions).where(
    _permissions.c.project_id == bindparam("project", type_=Text),
    _permissions.c.user_id == bindparam("user", type_=Text),
)


def from_row(row: Row) -> Project:
    """A project from the columns of ``COLUMNS``."""
    return Project(row[0], row[1], row[2], row[3], row[4], row[5] == 1, row[6], row[7])


async def create(db: Connection, project: Project) -> None:
    """Write a project; raises Conflict if the workspace has that key, or if there is no workspace."""
    await db.run(
        _insert,
        id=project.id,
        workspace_id=project.workspace_id,
        key=project.key,
        name=project.name,
        description=project.description,
        is_private=int(project.is_private),
        created_on=project.created_on,
        updated_on=project.updated_on,
    )


async def by_key(db: Connection, workspace_id: WorkspaceId, key: str) -> Project | None:
    """The project of that key in a workspace."""
    row = await db.one(_by_key, workspace=workspace_id, project_key=key)
    return from_row(row) if row else None


async def find(db: Connection, workspace: str, key: str, user_id: UserId | None) -> LocatedProject | None:
    """A project by workspace (slug, or UUID in braces) and key, with what the user was granted on it."""
    statement = _located_by_slug
    if workspace[:1] == "{" and workspace[-1:] == "}":
        statement, workspace = _located_by_id, workspace[1:-1].lower()
    row = await db.one(statement, workspace=workspace, project_key=key, user=user_id)
    if row is None:
        return None
    return LocatedProject(from_row(row), workspaces.from_row(row[_WORKSPACE:]), _grants(row[_GRANTS:]))


async def creating(db: Connection, user_id: UserId, limit: int) -> list[LocatedProject]:
    """Projects in which a user may perhaps make repositories, by workspace, with what was granted on each."""
    rows = await db.all(_creating, user=user_id, number=limit, **permissions.granted(int(Permission.WRITE)))
    return [
        LocatedProject(from_row(row), workspaces.from_row(row[_WORKSPACE:]), _grants(row[_GRANTS:]))
        for row in rows
    ]


async def grants(db: Connection, project_id: ProjectId, user_id: UserId | None) -> ProjectGrants:
    """What the user was granted on a project that is known."""
    row = await db.one(_grants_on, project=project_id, user=user_id)
    return _grants(row[_GRANTS:]) if row else ProjectGrants()


def _grants(row: Row) -> ProjectGrants:
    direct, creates, role, group, group_creates = row
    return ProjectGrants(
        direct=workspaces.PERMISSIONS[direct or 0],
        role=workspaces.ROLES[role],
        group=workspaces.PERMISSIONS[group or 0],
        creates=bool(creates or group_creates),
    )


async def by_id(db: Connection, project_id: ProjectId) -> Project | None:
    """The project of that UUID, without braces."""
    row = await db.one(_by_id, project=project_id)
    return from_row(row) if row else None


async def oldest(db: Connection, workspace_id: WorkspaceId) -> Project | None:
    """The project that repositories go to when none is named."""
    row = await db.one(_oldest, workspace=workspace_id)
    return from_row(row) if row else None


async def of_workspace(db: Connection, workspace_id: WorkspaceId) -> list[Project]:
    """All projects of a workspace, oldest first."""
    return [from_row(row) for row in await db.all(_of_workspace, workspace=workspace_id)]


async def visible(db: Database, workspace_id: WorkspaceId, user_id: UserId | None) -> list[Project]:
    """Those that a user, or anybody, may see, oldest first.

    Members see all, others the public ones, where something was granted to them, and what
    holds a repository that they see.
    """
    asked = permissions.to_see(Permission.READ)
    return [from_row(row) for row in await db.scan(_visible, workspace=workspace_id, user=user_id, **asked)]


async def update(db: Connection, project: Project) -> None:
    """Write what people can change; raises Conflict for a key that is taken."""
    await db.run(
        _update,
        project=project.id,
        new_key=project.key,
        new_name=project.name,
        new_description=project.description,
        new_is_private=int(project.is_private),
        new_updated_on=project.updated_on,
    )


async def delete(db: Connection, project_id: ProjectId) -> None:
    """Delete one; raises Conflict while repositories are in it."""
    await db.run(_delete, project=project_id)


async def grant(
    db: Connection,
    project_id: ProjectId,
    user_id: UserId,
    permission: Permission,
    *,
    creates: bool = False,
) -> None:
    """Give a permission on every repository of the project, ``creates`` to make new ones too; NONE takes it away."""
    if permission is Permission.NONE:
        await db.run(_revoke, project=project_id, user=user_id)
    else:
        values = {"permission": int(permission), "creates": int(creates)}
        await db.run(_grant, project_id=project_id, user_id=user_id, **values)
