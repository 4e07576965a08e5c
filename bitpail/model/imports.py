"""Repositories that are being copied from elsewhere."""

from enum import StrEnum
from typing import NewType

from msgspec import Struct

from bitpail.model.projects import ProjectId
from bitpail.model.repositories import RepositoryId
from bitpail.model.users import UserId
from bitpail.model.workspaces import WorkspaceId

ImportId = NewType("ImportId", str)


class State(StrEnum):
    """How far one is; the last three are ends."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Import(Struct, frozen=True):
    """One import. ``source`` is an address without a credential.

    ``repository_id`` is what the repository will have, or has once it is done; ``said`` is git's last line,
    or why it failed. ``seen_on`` is when whoever runs it was last heard of.
    """

    id: ImportId
    user_id: UserId
    workspace_id: WorkspaceId
    project_id: ProjectId
    repository_id: RepositoryId
    slug: str
    name: str
    source: str
    state: State
    said: str
    started_on: int
    seen_on: int
