"""Projects: folders of repositories inside a workspace."""

from typing import NewType

from msgspec import Struct

from bitpail.model.permissions import Permission, Role
from bitpail.model.workspaces import Workspace, WorkspaceId

ProjectId = NewType("ProjectId", str)


class Project(Struct, frozen=True, gc=False):
    """``key`` is upper case and unique in its workspace."""

    id: ProjectId
    workspace_id: WorkspaceId
    key: str
    name: str
    description: str
    is_private: bool
    created_on: int
    updated_on: int


class ProjectGrants(Struct, frozen=True, gc=False):
    """Everything that may give one person a permission on one project: facts only.

    ``direct`` and ``group``, the strongest of the person's groups, are for the project's
    repositories; ``creates`` is set if either lets new ones be made in it.
    """

    direct: Permission = Permission.NONE
    role: Role | None = None
    group: Permission = Permission.NONE
    creates: bool = False


class LocatedProject(Struct, frozen=True, gc=False):
    """A project with where it lives and what one person was granted on it."""

    project: Project
    workspace: Workspace
    grants: ProjectGrants
