"""Groups of a workspace in the API's words."""

from typing import Any

from bitpail.model.groups import Group
from bitpail.model.workspaces import Workspace
from bitpail.wire import workspaces
from bitpail.wire.links import Links
from bitpail.wire.text import clean


def embedded(links: Links, workspace: Workspace, group: Group) -> dict[str, Any]:
    """A group, wherever one occurs: there is no operation of 2.0 to ask for one by itself."""
    return {
        "type": "group",
        "name": clean(group.name),
        "slug": group.slug,
        "full_slug": f"{workspace.slug}:{group.slug}",
        "workspace": workspaces.embedded(links, workspace),
    }
