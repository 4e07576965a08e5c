"""Default reviewers in the API's words."""

from typing import Any

from bitpail.model.users import User
from bitpail.wire import users
from bitpail.wire.links import Links


def reviewer(links: Links, user: User, place: str) -> dict[str, Any]:
    """Somebody with where they were named: ``repository`` or ``project``."""
    return {"type": "default_reviewer", "reviewer_type": place, "user": users.embedded(links, user)}
