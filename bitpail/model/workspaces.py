"""Workspaces and who belongs to them."""

from typing import NewType

from msgspec import Struct

from bitpail.model.credentials import Year
from bitpail.model.permissions import Permission, Role
from bitpail.model.users import User, UserId

WorkspaceId = NewType("WorkspaceId", str)


class Workspace(Struct, frozen=True, gc=False):
    """The owner of repositories. ``personal_of`` is set on the one that each user gets.

    ``year`` is whose rules credentials keep here, beside those of the server.
    """

    id: WorkspaceId
    slug: str
    name: str
    personal_of: UserId | None
    is_private: bool
    created_on: int
    updated_on: int
    year: Year | None = None


class Member(Struct, frozen=True):
    """A user's place in a workspace.

    ``repositories`` is what membership alone grants on every repository of the
    workspace; an owner holds ADMIN whatever it says.
    """

    workspace_id: WorkspaceId
    user: User
    role: Role
    repositories: Permission
    added_on: int
