"""Groups: members of a workspace to whom something is granted together."""

from typing import NewType

from msgspec import Struct

from bitpail.model.workspaces import WorkspaceId

GroupId = NewType("GroupId", str)


class Group(Struct, frozen=True, gc=False):
    """``slug`` is unique in its workspace."""

    id: GroupId
    workspace_id: WorkspaceId
    slug: str
    name: str
    created_on: int
