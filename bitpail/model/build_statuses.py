"""What builds and other checks said of a commit."""

from enum import StrEnum

from msgspec import Struct

from bitpail.model.repositories import RepositoryId


class State(StrEnum):
    """How it went, by Bitbucket's words."""

    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    INPROGRESS = "INPROGRESS"
    STOPPED = "STOPPED"


class BuildStatus(Struct, frozen=True):
    """One for each ``key`` of a commit. ``refname`` is empty for no branch in particular."""

    repository_id: RepositoryId
    commit: str
    key: str
    state: str
    name: str
    url: str
    description: str
    refname: str
    created_on: int
    updated_on: int
