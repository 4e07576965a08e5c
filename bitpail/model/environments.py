"""Where a repository is deployed to."""

from enum import StrEnum

from msgspec import Struct

from bitpail.model.repositories import RepositoryId


class EnvironmentType(StrEnum):
    """What it is for, by Bitbucket's words, in the order in which a change goes through them."""

    TEST = "Test"
    STAGING = "Staging"
    PRODUCTION = "Production"


RANKS = {kind: rank for rank, kind in enumerate(EnvironmentType)}


class EnvironmentDetail(Struct, frozen=True):
    """``rank`` orders those of one type; with ``admin_only`` only administrators may deploy there."""

    environment_type: EnvironmentType = EnvironmentType.TEST
    rank: int = 0
    admin_only: bool = False
    hidden: bool = False
    environment_lock_enabled: bool = True
    deployment_gate_enabled: bool = False


class Environment(Struct, frozen=True):
    """One for each ``slug`` of a repository."""

    id: str
    repository_id: RepositoryId
    slug: str
    name: str
    detail: EnvironmentDetail
    created_on: int
