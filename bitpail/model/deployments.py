"""What was deployed, to where, and how it went."""

from enum import StrEnum

from msgspec import Struct

from bitpail.model.repositories import RepositoryId
from bitpail.model.users import User, UserId


class DeploymentState(StrEnum):
    """How far it is, by Bitbucket's words."""

    UNDEPLOYED = "UNDEPLOYED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"


class DeploymentStatus(StrEnum):
    """How a completed one ended."""

    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


class DeploymentDetail(Struct, frozen=True, omit_defaults=True):
    """``release`` is what was deployed: its UUID, its name, and an address where there is more about it.

    ``status`` is set for a completed one only. Empty texts and zeros are what nobody told.
    """

    commit: str
    release: str
    release_name: str
    changed_on: int
    state: DeploymentState = DeploymentState.UNDEPLOYED
    status: DeploymentStatus | None = None
    release_url: str = ""
    url: str = ""
    deployer: UserId | None = None
    started_on: int | None = None
    completed_on: int | None = None


class Deployment(Struct, frozen=True):
    """``environment_name`` and ``deployer`` are looked up beside it."""

    id: str
    repository_id: RepositoryId
    environment_id: str
    detail: DeploymentDetail
    created_on: int
    environment_name: str = ""
    deployer: User | None = None
