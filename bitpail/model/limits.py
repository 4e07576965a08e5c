"""What an app password is limited to, beyond its permissions. A limit only ever narrows."""

from msgspec import Struct

from bitpail.model.projects import ProjectId
from bitpail.model.repositories import RepositoryId
from bitpail.model.workspaces import WorkspaceId


class Limits(Struct, frozen=True, omit_defaults=True):
    """An empty limit limits nothing.

    ``repositories``, ``projects`` and ``workspaces`` together are the places
    where it works. ``networks`` are CIDR. ``branches`` are patterns of full ref
    names, for pushes. Stored as JSON.
    """

    repositories: tuple[RepositoryId, ...] = ()
    projects: tuple[ProjectId, ...] = ()
    workspaces: tuple[WorkspaceId, ...] = ()
    networks: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    no_force: bool = False
    no_delete: bool = False

    @property
    def places(self) -> bool:
        """Whether it works in some places only."""
        return bool(self.repositories or self.projects or self.workspaces)


NO_LIMITS = Limits()
