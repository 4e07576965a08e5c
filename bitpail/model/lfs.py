"""Locks of Git LFS: who works on a file that cannot be merged."""

from msgspec import Struct

from bitpail.model.users import User


class Lock(Struct, frozen=True):
    """``locked_on`` is microseconds since 1970, UTC; ``ref`` is empty for no branch in particular."""

    id: str
    path: str
    ref: str
    owner: User
    locked_on: int
