"""Projects: folders of repositories inside a workspace."""

from typing import NewType

from msgspec import Struct

from bitpail.model.workspaces import WorkspaceId

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
