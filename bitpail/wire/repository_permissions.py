"""What somebody holds on a repository, in the API's words."""

from typing import Any

from bitpail.model.repository_permissions import RepositoryPermission
from bitpail.wire import repositories, users
from bitpail.wire.links import Links


def permission(links: Links, one: RepositoryPermission) -> dict[str, Any]:
    """One user on one repository."""
    return {
        "type": "repository_permission",
        "permission": one.permission.name.lower(),
        "user": users.embedded(links, one.user),
        "repository": repositories.embedded(links, one.workspace, one.repository),
    }
