"""Links that work once."""

from enum import StrEnum

from msgspec import Struct

from bitpail.model.users import UserId


class Purpose(StrEnum):
    """What one is good for, and for nothing else."""

    CONFIRM_EMAIL = "confirm-email"
    SET_PASSWORD = "set-password"  # noqa: S105 - the name of a purpose
    SET_UP = "set-up"


class OneTimeLink(Struct, frozen=True):
    """``digest`` is of its secret part, keyed; ``detail`` is the purpose's own."""

    digest: str
    purpose: str
    user_id: UserId | None
    expires_on: int
    detail: str | None
