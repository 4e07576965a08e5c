"""What people say of commits, and where in them."""

from msgspec import Struct

from bitpail.model.repositories import RepositoryId
from bitpail.model.users import User

LIVE, KEPT, GONE = 0, 1, 2
"""Said; deleted, but with answers below it, so that its place stays; deleted."""


class Inline(Struct, frozen=True):
    """A file, and lines of it: ``from_line`` before the commit, ``to_line`` after it, each with its first line."""

    path: str
    from_line: int | None = None
    to_line: int | None = None
    start_from: int | None = None
    start_to: int | None = None


class CommitComment(Struct, frozen=True):
    """``number`` counts from 1 in its repository and is never given twice. ``user`` is None once gone."""

    repository_id: RepositoryId
    number: int
    commit: str
    user: User | None
    parent: int | None
    inline: Inline | None
    content: str
    state: int
    created_on: int
    updated_on: int
