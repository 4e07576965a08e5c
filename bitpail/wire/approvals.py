"""Who took part in what was said of something, in the API's words."""

from typing import Any

from bitpail.model.approvals import Participant
from bitpail.wire import users
from bitpail.wire.dates import instant
from bitpail.wire.links import Links


def participant(links: Links, one: Participant) -> dict[str, Any]:
    """One of them; ``participated_on`` is when they approved, else when they last commented."""
    approved = one.approved_on is not None
    at = one.approved_on if one.approved_on is not None else one.commented_on
    return {
        "type": "participant",
        "user": users.embedded(links, one.user),
        "role": "PARTICIPANT",
        "approved": approved,
        "state": "approved" if approved else None,
        "participated_on": None if at is None else instant(at),
    }
