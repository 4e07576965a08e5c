"""A git at somebody's desk that waits until they let it in, in their browser."""

from enum import StrEnum

from msgspec import Struct

from bitpail.model.users import UserId


class GitLoginState(StrEnum):
    """What was decided; one whose secret was fetched is gone."""

    WAITING = "waiting"
    ALLOWED = "allowed"
    DENIED = "denied"


class GitLogin(Struct, frozen=True):
    """``digest`` is of the secret by which the helper asks again, ``user_code`` what people read.

    ``repository`` is ``workspace/slug`` as the remote's address has it; ``machine`` what it calls itself,
    ``address`` where it asked from. ``user_id``, ``read_only`` and ``lifetime`` (seconds) are decided by whoever allows it.
    """

    digest: str
    user_code: str
    repository: str
    machine: str
    address: str
    created_on: int
    expires_on: int
    state: GitLoginState = GitLoginState.WAITING
    user_id: UserId | None = None
    read_only: bool = False
    lifetime: int = 0
