"""Who took part in what was said of a commit."""

from msgspec import Struct

from bitpail.model.users import User


class Participant(Struct, frozen=True):
    """``approved_on`` is None for who has only commented, ``commented_on`` the last time."""

    user: User
    approved_on: int | None
    commented_on: int | None = None
