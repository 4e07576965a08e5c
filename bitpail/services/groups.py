"""Groups of a workspace: made, deleted, joined and left. Only its members can be in one."""

import uuid

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.audit import Kind
from bitpail.model.groups import Group, GroupId
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.policy import names
from bitpail.services import place_events
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import groups as store
from bitpail.store import workspaces


async def create(site: Site, workspace: Workspace, slug: str, *, name: str | None = None) -> Group:
    """A new, empty group; raises Invalid or Conflict."""
    group = Group(
        id=GroupId(str(uuid.uuid4())),
        workspace_id=workspace.id,
        slug=names.check_group_slug(slug),
        name=names.check_text((name or slug).strip(), "group name", 255) or slug,
        created_on=now(),
    )
    try:
        async with site.db.transaction() as db:
            await store.create(db, group)
            await place_events.group_changed(db, Kind.GROUP_CREATED, workspace, group)
    except Conflict:
        raise Conflict(f"the group {slug!r} exists already in {workspace.slug!r}") from None
    return group


async def delete(site: Site, group: Group) -> None:
    """End a group, and with it everything that was granted to it."""
    async with site.db.transaction() as db:
        if await store.by_slug(db, group.workspace_id, group.slug) is not None:
            await store.delete(db, group.id)
            workspace = await workspaces.by_id(db, group.workspace_id)
            await place_events.group_changed(db, Kind.GROUP_DELETED, workspace, group)


async def of_workspace(site: Site, workspace: Workspace) -> list[Group]:
    """All of them, by slug."""
    return await store.of_workspace(site.db, workspace.id)


async def named(site: Site, workspace: Workspace, slug: str) -> Group:
    """The one of that slug; raises NotFound."""
    found = await store.by_slug(site.db, workspace.id, slug)
    if found is None:
        raise NotFound(f"no group {slug!r} in workspace {workspace.slug!r}")
    return found


async def members(site: Site, group: Group) -> list[User]:
    """Who is in it, by username."""
    return await store.members(site.db, group.id)


async def add(site: Site, workspace: Workspace, group: Group, user: User) -> None:
    """Put a member of the workspace into a group; raises Invalid for anybody else."""
    async with site.db.transaction() as db:
        # Or one who leaves the workspace at this moment would be left in the group.
        await workspaces.set_updated(db, workspace.id, now())
        if await workspaces.membership(db, workspace.id, user.id) is None:
            raise Invalid(f"{user.username} is no member of {workspace.slug}")
        is_new = not await store.those_with(db, user.id, [group.id])
        await store.add(db, group.id, user.id)
        if is_new:
            await place_events.group_changed(db, Kind.GROUP_MEMBER_ADDED, workspace, group, user)


async def remove(site: Site, group: Group, user: User) -> None:
    """Take somebody out; raises NotFound if they are not in it."""
    async with site.db.transaction() as db:
        if not await store.remove(db, group.id, user.id):
            raise NotFound(f"{user.username} is not in the group {group.slug!r}")
        workspace = await workspaces.by_id(db, group.workspace_id)
        await place_events.group_changed(db, Kind.GROUP_MEMBER_REMOVED, workspace, group, user)
