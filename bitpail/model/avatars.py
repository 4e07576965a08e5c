"""Pictures of people."""

from msgspec import Struct

from bitpail.model.users import UserId


class Avatar(Struct, frozen=True):
    """What a user has uploaded, as it was made ready to be shown."""

    user_id: UserId
    media_type: str
    content: bytes
    changed_on: int
