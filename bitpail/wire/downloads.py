"""Files that are offered beside the code, in the API's words."""

from typing import Any

from bitpail.model.downloads import Download
from bitpail.model.users import User
from bitpail.wire import users
from bitpail.wire.dates import instant
from bitpail.wire.links import Links, RepositoryLinks
from bitpail.wire.text import clean


def download(links: Links, at: RepositoryLinks, one: Download, user: User | None) -> dict[str, Any]:
    """One of them; ``user`` uploaded it."""
    return {
        "type": "download",
        "name": clean(one.name),
        "size": one.size,
        "downloads": one.fetched,
        "created_on": instant(one.created_on),
        "user": None if user is None else users.embedded(links, user),
        "links": {"self": at.download(one.name)},
    }
