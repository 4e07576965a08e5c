"""Repositories as the database knows them: names and settings, no Git data."""

from enum import StrEnum
from typing import NewType

from msgspec import Struct

from bitpail.model.permissions import Permission, Role
from bitpail.model.projects import Project, ProjectId
from bitpail.model.workspaces import Workspace, WorkspaceId

RepositoryId = NewType("RepositoryId", str)


class ForkPolicy(StrEnum):
    """Who may fork, by Bitbucket's names."""

    ALLOW_FORKS = "allow_forks"
    NO_PUBLIC_FORKS = "no_public_forks"
    NO_FORKS = "no_forks"


class Repository(Struct, frozen=True, gc=False):
    """``directory`` is None, or the absolute path of an adopted Git directory.

    ``size`` is the bytes on disk at the last push or import.
    """

    id: RepositoryId
    workspace_id: WorkspaceId
    project_id: ProjectId
    slug: str
    name: str
    description: str
    website: str
    language: str
    is_private: bool
    has_wiki: bool
    has_issues: bool
    fork_policy: ForkPolicy
    size: int
    directory: str | None
    created_on: int
    updated_on: int


class Grants(Struct, frozen=True, gc=False):
    """Everything that may give one person a permission on one repository.

    Facts only: ``policy/permissions.py`` says what they add up to. ``group`` and
    ``project_group`` are the strongest that any of the person's groups has.
    """

    direct: Permission = Permission.NONE
    project: Permission = Permission.NONE
    workspace: Permission = Permission.NONE
    role: Role | None = None
    group: Permission = Permission.NONE
    project_group: Permission = Permission.NONE


class Located(Struct, frozen=True, gc=False):
    """A repository with where it lives and what one person was granted on it."""

    repository: Repository
    workspace: Workspace
    project: Project
    grants: Grants
