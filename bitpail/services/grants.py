"""Explicit permissions on repositories and projects: listed, given, taken away.

On the command line anybody may be given one; people who ask by the API give them to
members of the workspace.
"""

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.grants import Grant, Place
from bitpail.model.groups import Group
from bitpail.model.permissions import Permission, ProjectPermission, Role
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace, WorkspaceId
from bitpail.services import groups, place_events, users
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import grants as store
from bitpail.store import workspaces
from bitpail.store.database import Connection


async def page(
    site: Site, place: Place, *, to_groups: bool, offset: int, limit: int
) -> tuple[list[Grant], int]:
    """Those to users, or to groups, by name, and how many there are."""
    return await store.page(site.db, place, to_groups=to_groups, offset=offset, limit=limit)


async def one(site: Site, place: Place, whom: User | Group) -> Grant:
    """What a user or a group was given; NONE if nothing was."""
    return await store.one(site.db, place, whom) or Grant(whom, Permission.NONE)


def named(place: Place, whom: User | Group, word: str) -> Grant:
    """The grant that a client calls by its word; raises Invalid."""
    is_repository = isinstance(place, Repository)
    words = [
        one.value
        for one in ProjectPermission
        if one is not ProjectPermission.CREATE_REPO or not is_repository
    ]
    if word not in words:
        text = f"{word[:50]} is not a valid permission"
        raise Invalid(text, {"permission": [text]})
    permission = ProjectPermission(word)
    return Grant(whom, permission.on_repositories, permission is ProjectPermission.CREATE_REPO)


async def give(
    site: Site, workspace: Workspace, place: Place, name: str, word: str, *, is_group: bool
) -> None:
    """What the command line does: to anybody, by name; ``none`` takes it away. Raises NotFound."""
    whom = await groups.named(site, workspace, name) if is_group else await users.named(site, name)
    if word == "none":
        await delete(site, place, whom)
        return
    async with site.db.transaction() as db:
        await _put(db, place, named(place, whom, word))


async def put(site: Site, place: Place, grant: Grant) -> None:
    """Give it, or change what was given: to a group, or to one who belongs to the workspace and doesn't own it.

    Raises Invalid for another user, NotFound if the place has just gone.
    """
    async with site.db.transaction() as db:
        if isinstance(grant.whom, User):
            await _check_member(db, place.workspace_id, grant.whom)
        await _put(db, place, grant)


async def _put(db: Connection, place: Place, grant: Grant) -> None:
    before = await store.one(db, place, grant.whom)
    try:
        await store.put(db, place, grant)
    except Conflict:
        raise NotFound("what it is granted on, or whom it is granted to, is just gone") from None
    await place_events.granted(db, place, before, grant)


async def _check_member(db: Connection, workspace_id: WorkspaceId, user: User) -> None:
    # Written first, so that nobody leaves the workspace meanwhile.
    await workspaces.set_updated(db, workspace_id, now())
    membership = await workspaces.membership(db, workspace_id, user.id)
    if membership is None:
        raise Invalid("The selected user must be a member of the workspace.")
    if membership[0] is Role.OWNER:
        raise Invalid("The selected user owns the workspace, and holds everything anyway.")


async def delete(site: Site, place: Place, whom: User | Group) -> None:
    """Take it away, if there is one."""
    async with site.db.transaction() as db:
        before = await store.one(db, place, whom)
        if await store.delete(db, place, whom):
            await place_events.granted(db, place, before, None)
