"""E-mail addresses of the person who asks."""

from typing import Any

from bitpail.model.users import Email
from bitpail.wire.links import Links
from bitpail.wire.text import clean


def email(links: Links, email: Email) -> dict[str, Any]:
    """One address."""
    return {
        "type": "email",
        "email": clean(email.address),
        "is_primary": email.is_primary,
        "is_confirmed": email.is_confirmed,
        "links": {"self": links.email(email.address)},
    }
