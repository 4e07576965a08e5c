"""Who holds what on which repositories, all grants together."""

from msgspec import Struct

from bitpail.model.access import Access, WorkspaceAccess
from bitpail.model.repository_permissions import RepositoryPermission
from bitpail.model.users import User
from bitpail.services.site import Site
from bitpail.store import repository_permissions as store
from bitpail.wire.query_kinds import Asked


class Part(Struct, frozen=True):
    """Which of them, in which order, and which page."""

    asked: Asked
    offset: int
    limit: int


async def of_user(site: Site, user: User, part: Part) -> tuple[list[RepositoryPermission], int]:
    """One's own, wherever, and how many there are; raises Invalid, as the others do."""
    return await store.of_user(site.db, user.id, part.asked, part.offset, part.limit)


async def of_user_in(
    site: Site, access: WorkspaceAccess, user: User, part: Part
) -> tuple[list[RepositoryPermission], int]:
    """One's own in a workspace."""
    return await store.of_user_in(site.db, user.id, access.workspace.id, part.asked, part.offset, part.limit)


async def of_repository(site: Site, access: Access, part: Part) -> tuple[list[RepositoryPermission], int]:
    """Everybody's on one repository."""
    return await store.of_repository(
        site.db, access.workspace.id, access.repository.id, part.asked, part.offset, part.limit
    )


async def of_workspace(
    site: Site, access: WorkspaceAccess, part: Part
) -> tuple[list[RepositoryPermission], bool]:
    """Everybody's on each repository of a workspace, and whether there are more."""
    found = await store.of_workspace(site.db, access.workspace.id, part.asked, part.offset, part.limit + 1)
    return found[: part.limit], len(found) > part.limit
