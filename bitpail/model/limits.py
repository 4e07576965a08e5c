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

    ``read_only`` and ``also`` are of secrets that were narrowed by whoever holds them, and
    are never stored: ``also`` are more limits, all of which hold beside these.
    """

    repositories: tuple[RepositoryId, ...] = ()
    projects: tuple[ProjectId, ...] = ()
    workspaces: tuple[WorkspaceId, ...] = ()
    networks: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    no_force: bool = False
    no_delete: bool = False
    read_only: bool = False
    also: tuple["Limits", ...] = ()

    @property
    def places(self) -> bool:
        """Whether it works in some places only."""
        return any(one.has_places for one in self.each)

    @property
    def has_places(self) -> bool:
        """The same of these alone, without what holds beside them."""
        return bool(self.repositories or self.projects or self.workspaces)

    @property
    def each(self) -> tuple["Limits", ...]:
        """All that hold at once."""
        return (self, *self.also)


NO_LIMITS = Limits()
