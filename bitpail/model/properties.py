"""What programs keep at repositories, commits and people: JSON objects by a key and a name."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from bitpail.model.repositories import RepositoryId
from bitpail.model.users import UserId

ATTRIBUTES = "_attributes"
"""The member of a value that says who may do what with it."""


class Attribute(StrEnum):
    """Whoever sees what it is kept at may read it; only whose it is may change it."""

    PUBLIC = "public"
    READ_ONLY = "read_only"


class Subject(Struct, frozen=True):
    """What something is kept at: a user, or a repository, or with ``commit`` one of its commits."""

    repository_id: RepositoryId | None = None
    user_id: UserId | None = None
    commit: str = ""


class Property(Struct, frozen=True):
    """One for each ``app_key`` and ``name`` of a subject. It belongs to ``owner``: who wrote it last."""

    id: str
    subject: Subject
    app_key: str
    name: str
    value: dict[str, Any]
    owner: UserId | None
    changed_on: int

    @property
    def attributes(self) -> frozenset[str]:
        """What its value says of who may do what."""
        return frozenset(self.value.get(ATTRIBUTES, ()))
