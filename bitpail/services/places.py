"""The places that an app password is limited to: from what its user called them, and back to names.

Asked as the user, without a credential's own limits: a place that the user may
not see sounds like one that does not exist.
"""

from msgspec import Struct

from bitpail.errors import BitpailError, NotFound
from bitpail.model.access import Access, Actor, Need, WorkspaceAccess
from bitpail.model.limits import Limits
from bitpail.model.projects import ProjectId
from bitpail.model.repositories import RepositoryId
from bitpail.model.scopes import Scope
from bitpail.model.users import User
from bitpail.model.workspaces import WorkspaceId
from bitpail.services import access, repositories, workspaces
from bitpail.services.access import Refused
from bitpail.services.repositories import Among
from bitpail.services.site import Site
from bitpail.store import projects
from bitpail.store import repositories as repositories_store
from bitpail.store import workspaces as store

_SEEN = Need()
_GONE = "one that is gone, or that you can't see any more"


class Places(Struct, frozen=True):
    """``workspace/slug``, ``workspace/KEY`` and slugs."""

    repositories: tuple[str, ...]
    projects: tuple[str, ...]
    workspaces: tuple[str, ...]


async def repository(site: Site, user: User, workspace: str, slug: str) -> RepositoryId:
    """The repository of that name; raises NotFound."""
    try:
        found: Access = await access.to_repository(site, _actor(user), _SEEN, workspace, slug)
    except Refused:
        raise NotFound(f"no repository {workspace}/{slug}") from None
    return found.repository.id


async def project(site: Site, user: User, workspace: str, key: str) -> ProjectId:
    """The project of that key; raises NotFound."""
    seen = await _workspace(site, user, workspace)
    return (await workspaces.project_for(site, seen.workspace, key)).id


async def workspace(site: Site, user: User, slug: str) -> WorkspaceId:
    """The workspace of that slug; raises NotFound."""
    return (await _workspace(site, user, slug)).workspace.id


async def names(site: Site, user: User, limits: Limits) -> list[str]:
    """What people call the places of these limits, as far as the user sees them."""
    listed = [f"repository {await _repository_name(site, user, one)}" for one in limits.repositories]
    listed += [f"project {await _project_name(site, user, one)}" for one in limits.projects]
    listed += [f"workspace {await _workspace_name(site, user, one)}" for one in limits.workspaces]
    return listed


async def named(site: Site, user: User | None, limits: Limits) -> Places:
    """The same by kind, as they are given when one is made; an id in braces for what is not to be seen.

    ``user`` None is whoever holds the data directory, who sees all.
    """

    def shown(name: str, identifier: str) -> str:
        return f"{{{identifier}}}" if name == _GONE else name

    return Places(
        tuple([shown(await _repository_name(site, user, one), one) for one in limits.repositories]),
        tuple([shown(await _project_name(site, user, one), one) for one in limits.projects]),
        tuple([shown(await _workspace_name(site, user, one), one) for one in limits.workspaces]),
    )


async def example(site: Site, user: User, limits: Limits) -> str | None:
    """A repository for which a command can be shown: where the limits allow it, and the user sees one."""
    for repository_id in limits.repositories:
        name = await _repository_name(site, user, repository_id)
        if name != _GONE:
            return name
    for one in await store.of_user(site.db, user.id):
        if not limits.places or one.id in limits.workspaces:
            seen = await _workspace(site, user, one.slug)
            found = await repositories.visible(site, seen, Among.VISIBLE, 0, 1)
            if found.repositories:
                return f"{one.slug}/{found.repositories[0].repository.slug}"
    return None


async def _workspace(site: Site, user: User, slug: str) -> WorkspaceAccess:
    try:
        return await access.to_workspace(site, _actor(user), _SEEN, slug)
    except Refused:
        raise NotFound(f"no workspace {slug!r}") from None


async def repository_name(site: Site, user: User | None, repository_id: str) -> str | None:
    """What people call a repository; None if it is gone or the user can't see it any more."""
    if user is None:
        located = await repositories_store.find(site.db, "{}", f"{{{repository_id}}}", None)
        return f"{located.workspace.slug}/{located.repository.slug}" if located else None
    try:
        found = await access.to_repository(site, _actor(user), _SEEN, "{}", f"{{{repository_id}}}")
    except BitpailError:
        return None
    return f"{found.workspace.slug}/{found.repository.slug}"


async def _repository_name(site: Site, user: User | None, repository_id: RepositoryId) -> str:
    return await repository_name(site, user, repository_id) or _GONE


async def _project_name(site: Site, user: User | None, project_id: ProjectId) -> str:
    found = await projects.by_id(site.db, project_id)
    if found is None:
        return _GONE
    slug = await _workspace_name(site, user, found.workspace_id)
    return slug if slug == _GONE else f"{slug}/{found.key}"


async def _workspace_name(site: Site, user: User | None, workspace_id: WorkspaceId) -> str:
    if user is None:
        found = await store.by_id(site.db, workspace_id)
        return found.slug if found else _GONE
    try:
        return (await _workspace(site, user, f"{{{workspace_id}}}")).workspace.slug
    except BitpailError:
        return _GONE


def _actor(user: User) -> Actor:
    return Actor(user, None, frozenset(Scope))
