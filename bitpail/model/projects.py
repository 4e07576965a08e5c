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

    ``direct`` is what it grants on the project's repositories.
    """

    direct: Permission = Permission.NONE
    role: Role | None = None


class LocatedProject(Struct, frozen=True, gc=False):
    """A project with where it lives and what one person was granted on it."""

    project: Project
    workspace: Workspace
    grants: ProjectGrants
