"""Browsers that are logged in: what is kept of one. Its cookie is not."""

from msgspec import Struct

from bitpail.model.users import UserId


class Session(Struct, frozen=True, gc=False):
    """``digest`` is of the cookie, keyed; ``address`` and ``client`` are those of the log-in."""

    digest: str
    user_id: UserId
    created_on: int
    last_seen_on: int
    expires_on: int
    address: str
    client: str
