"""Workspaces, their members, and the first project that each of them has."""

import uuid
from collections.abc import Iterable

from msgspec.structs import replace

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.audit import Kind
from bitpail.model.permissions import Permission, Role
from bitpail.model.projects import Project, ProjectId
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.model.workspaces import Member, Workspace, WorkspaceId
from bitpail.policy import names
from bitpail.services import audit, place_events
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import groups, projects, users
from bitpail.store import workspaces as store
from bitpail.store.database import Connection

FIRST_PROJECT_KEY = "PROJ"


async def create(
    site: Site, slug: str, *, owner: User, name: str | None = None, public: bool = False
) -> Workspace:
    """A new workspace with its owner and a first project; raises Invalid or Conflict."""
    workspace = Workspace(
        id=WorkspaceId(str(uuid.uuid4())),
        slug=names.check_workspace_slug(slug),
        name=names.check_text(name or slug, "workspace name", 255),
        personal_of=None,
        is_private=not public,
        created_on=(created := now()),
        updated_on=created,
    )
    try:
        async with site.db.transaction() as db:
            await add(db, workspace, owner=owner)
            await audit.record_deed(
                db, Kind.WORKSPACE_CREATED, workspace, is_private=workspace.is_private, owner=owner.username
            )
    except Conflict:
        raise Conflict(f"the workspace {slug!r} exists already") from None
    return workspace


async def add(db: Connection, workspace: Workspace, *, owner: User) -> None:
    """Write a workspace with its owner and its first project, in the caller's transaction."""
    await store.create(db, workspace)
    await store.add_member(db, workspace.id, owner.id, Role.OWNER, Permission.NONE, workspace.created_on)
    project = Project(
        id=ProjectId(str(uuid.uuid4())),
        workspace_id=workspace.id,
        key=FIRST_PROJECT_KEY,
        name="Untitled project",
        description="",
        is_private=workspace.is_private,
        created_on=workspace.created_on,
        updated_on=workspace.created_on,
    )
    await projects.create(db, project)


async def change(site: Site, workspace: Workspace, *, name: str, is_private: bool) -> Workspace:
    """Another name, and whether anybody may see that it exists; raises Invalid."""
    text = names.check_text(name.strip(), "workspace name", 255)
    if not text:
        raise Invalid("the workspace name is empty")
    changed = replace(workspace, name=text, is_private=is_private, updated_on=now())
    async with site.db.transaction() as db:
        await store.change(db, changed)
        await place_events.workspace_changed(db, workspace, changed)
    return changed


async def named(site: Site, slug: str) -> Workspace:
    """The workspace of that slug; raises NotFound."""
    workspace = await store.by_slug(site.db, slug)
    if workspace is None:
        raise NotFound(f"no workspace {slug!r}")
    return workspace


async def by_id(site: Site, workspace_id: WorkspaceId) -> Workspace:
    """The workspace of that id; raises NotFound."""
    workspace = await store.by_id(site.db, workspace_id)
    if workspace is None:
        raise NotFound("the workspace is gone")
    return workspace


async def every(site: Site) -> list[Workspace]:
    """All workspaces, by slug."""
    return await store.every(site.db)


async def of_user(site: Site, user: User) -> list[tuple[Workspace, Role]]:
    """Those that a user belongs to, by slug, and as what."""
    return await store.memberships(site.db, user.id)


async def personal(site: Site, user: User) -> Workspace | None:
    """A user's own one; None if there is none any more."""
    return await store.personal_of(site.db, user.id)


async def members(site: Site, workspace: Workspace) -> list[Member]:
    """Who belongs to it, by username."""
    return await store.members(site.db, workspace.id)


async def put_member(
    site: Site, workspace: Workspace, user: User, role: Role, repositories: Permission
) -> None:
    """Add a member or change one; the last owner stays an owner. Raises Invalid, or NotFound for a robot."""
    if user.is_robot:
        raise NotFound(f"no user {user.username!r}")
    async with site.db.transaction() as db:
        await _keep_an_owner(db, workspace, user, still_owner=role is Role.OWNER)
        before = await _member(db, workspace, user)
        await store.add_member(db, workspace.id, user.id, role, repositories, now())
        await place_events.member_changed(db, workspace, before, await _member(db, workspace, user))


async def remove_member(site: Site, workspace: Workspace, user: User) -> None:
    """End a membership, also in the groups of the workspace; the last owner stays."""
    async with site.db.transaction() as db:
        await _keep_an_owner(db, workspace, user, still_owner=False)
        before = await _member(db, workspace, user)
        await store.remove_member(db, workspace.id, user.id)
        await place_events.member_changed(db, workspace, before, None)
        await groups.remove_from_all(db, workspace.id, user.id)


async def _member(db: Connection, workspace: Workspace, user: User) -> Member | None:
    found = await store.membership(db, workspace.id, user.id)
    return Member(workspace.id, user, *found, added_on=0) if found else None


async def _keep_an_owner(db: Connection, workspace: Workspace, user: User, *, still_owner: bool) -> None:
    # Writing to the workspace's row first makes two changes of its members wait for each other.
    await store.set_updated(db, workspace.id, now())
    owners = await store.owners(db, workspace.id)
    if still_owner or all(owner.id != user.id for owner in owners):
        return
    others = [owner for owner in owners if owner.id != user.id]
    # One whose account is off can do nothing for it; who is off as well, leaves it no worse.
    if not any(owner.is_active for owner in others) and (user.is_active or not others):
        raise Invalid(f"{user.username} is the last owner of {workspace.slug}")


async def project_named(site: Site, workspace: Workspace, *, key: str | None, uuid: str | None) -> Project:
    """A project by what a client called it; raises Invalid, as a member of a body that is wrong.

    A UUID in braces may stand in ``key`` as well, as in the vendor's own example.
    """
    in_braces = key if key is not None and key.startswith("{") else None
    if key is not None and in_braces is None:
        project = await projects.by_key(site.db, workspace.id, key)
    else:
        project = await projects.by_id(site.db, ProjectId((in_braces or uuid or "").strip("{}").lower()))
    if project is None or project.workspace_id != workspace.id:
        raise no_project(key or uuid or "")
    return project


def no_project(name: str) -> Invalid:
    """What is said of a project that is not there, or not to be seen, where a body names it."""
    text = f"project not found: {name}"
    return Invalid(f"project: {text}", {"project": [text]})


async def project_of(site: Site, repository: Repository) -> Project:
    """The project that a repository is in; raises NotFound if it is just gone."""
    project = await projects.by_id(site.db, repository.project_id)
    if project is None:
        raise NotFound("the project of this repository is gone")
    return project


async def person(site: Site, workspace: Workspace) -> User | None:
    """Whose personal workspace it is, if it is one."""
    return await users.by_id(site.db, workspace.personal_of) if workspace.personal_of else None


async def persons(site: Site, among: Iterable[Workspace]) -> dict[str, User]:
    """The same of several in one look, by the IDs of the workspaces; of personal ones only."""
    personal = {one.id: one.personal_of for one in among if one.personal_of}
    found = await users.by_ids(site.db, set(personal.values()))
    return {workspace: found[user] for workspace, user in personal.items() if user in found}


async def project_for(site: Site, workspace: Workspace, key: str | None) -> Project:
    """The project of that key, or the workspace's oldest when none is named; raises NotFound."""
    if key is None:
        project = await projects.oldest(site.db, workspace.id)
    else:
        project = await projects.by_key(site.db, workspace.id, key)
    if project is None:
        raise NotFound(f"no project {key!r} in workspace {workspace.slug!r}")
    return project
