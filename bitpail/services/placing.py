"""In which project a repository may be put: judged for whoever names it, and told to whoever is to choose."""

from msgspec import Struct

from bitpail.model.access import Access, Actor, Need, WorkspaceAccess
from bitpail.model.permissions import Permission
from bitpail.model.projects import Project, ProjectId
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.policy import permissions
from bitpail.policy.decide import Decision
from bitpail.services import workspaces
from bitpail.services.access import Refused, to_known_project, to_new_repository
from bitpail.services.site import Site
from bitpail.store import projects as store

MOST_OFFERED = 500


class Room(Struct, frozen=True):
    """A project in which somebody may make repositories."""

    workspace: Workspace
    project: Project

    @property
    def name(self) -> str:
        """``workspace/KEY``."""
        return f"{self.workspace.slug}/{self.project.key}"


async def project(
    site: Site,
    access: Access | WorkspaceAccess,
    need: Need,
    *,
    key: str | None = None,
    uuid: str | None = None,
) -> ProjectId | None:
    """Where a repository shall be; None: where it is. ``need`` is what that takes.

    With an access to a workspace it is a new one, which has to be in some project: the
    oldest if none is named. Raises Invalid, NotFound or Refused.
    """
    is_named = key is not None or uuid is not None
    if is_named:
        found = await workspaces.project_named(site, access.workspace, key=key, uuid=uuid)
    elif isinstance(access, WorkspaceAccess):
        found = await workspaces.project_for(site, access.workspace, None)
    else:
        return None
    if isinstance(access, Access) and found.id == access.repository.project_id:
        return None
    try:
        await to_known_project(site, access.actor, need, access.workspace, found)
    except Refused as refused:
        if refused.decision is not Decision.UNSEEN:
            raise
        if not is_named:
            raise Refused(Decision.PERMISSION, access.actor, need) from None
        # By the name that was given: the key of one that is named by its UUID would tell something.
        raise workspaces.no_project(key or uuid or "") from None
    return found.id


async def room(site: Site, actor: Actor, need: Need, name: str) -> tuple[WorkspaceAccess, ProjectId]:
    """What somebody chose: ``workspace/KEY``, or a workspace alone. Raises Invalid, NotFound or Refused."""
    slug, _, key = name.partition("/")
    into = await to_new_repository(site, actor, need, slug)
    chosen = await project(site, into, need, key=key or None)
    if chosen is None:
        raise workspaces.no_project(key)
    return into, chosen


async def rooms(site: Site, user: User) -> list[Room]:
    """Where somebody may make repositories: their own workspace first; at most ``MOST_OFFERED``."""
    found = [
        Room(one.workspace, one.project)
        for one in await store.creating(site.db, user.id, MOST_OFFERED)
        if permissions.held_on_project(one.grants, visible=False) >= Permission.WRITE
    ]
    return sorted(found, key=lambda one: one.workspace.personal_of != user.id)
