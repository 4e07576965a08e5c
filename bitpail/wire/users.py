"""People in the API's words: embedded, public, and as they see themselves."""

from typing import Any

from bitpail.model.users import User
from bitpail.wire.dates import instant
from bitpail.wire.links import Links
from bitpail.wire.text import clean


def embedded(links: Links, user: User) -> dict[str, Any]:
    """The condensed user, the same wherever one occurs. A robot has no page and no nickname."""
    if user.is_robot:
        return {
            "display_name": clean(user.display_name),
            "links": {"avatar": links.user_avatar(user)},
            "type": "app_user",
            "uuid": f"{{{user.id}}}",
            "account_id": user.account_id,
        }
    return {
        "display_name": clean(user.display_name),
        "links": {
            "self": links.user(user),
            "avatar": links.user_avatar(user),
            "html": links.user_html(user),
        },
        "type": "user",
        "uuid": f"{{{user.id}}}",
        "account_id": user.account_id,
        "nickname": clean(user.nickname),
    }


def public(links: Links, user: User) -> dict[str, Any]:
    """What anybody may see. The username is not part of it since 2019."""
    return {
        **embedded(links, user),
        "created_on": instant(user.created_on),
        # "active" is recorded; the word for the other state is ours (choice).
        "account_status": "active" if user.is_active else "inactive",
    }


def full(links: Links, user: User) -> dict[str, Any]:
    """What only the user sees: ``GET /2.0/user``."""
    return {
        **embedded(links, user),
        "username": user.username,
        "created_on": instant(user.created_on),
        # The vendor's staff there, the site's administrators here (choice).
        "is_staff": user.is_admin,
        "location": None,
        "account_status": "active" if user.is_active else "inactive",
    }
