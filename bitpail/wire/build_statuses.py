"""What builds said of commits, in the API's words."""

from typing import Any

from bitpail.model.access import Access
from bitpail.model.build_statuses import BuildStatus
from bitpail.wire import repositories
from bitpail.wire.dates import instant
from bitpail.wire.links import Links
from bitpail.wire.text import clean


def status(links: Links, access: Access, one: BuildStatus) -> dict[str, Any]:
    """One build status."""
    at = links.repository(access.workspace, access.repository)
    commit_links = {"self": at.commit(one.commit), "html": at.commit_html(one.commit)}
    return {
        "key": clean(one.key),
        "type": "build",
        "state": one.state,
        "name": clean(one.name),
        "refname": clean(one.refname) or None,
        "commit": {"type": "commit", "hash": one.commit, "links": commit_links},
        "url": clean(one.url),
        "repository": repositories.embedded(links, access.workspace, access.repository),
        "description": clean(one.description),
        "created_on": instant(one.created_on),
        "updated_on": instant(one.updated_on),
        "links": {"self": at.build_status(one.commit, one.key), "commit": at.commit(one.commit)},
    }
