"""Projects in the API's words."""

from typing import Any

from bitpail.model.projects import Project
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.wire import workspaces
from bitpail.wire.dates import instant
from bitpail.wire.links import Link, Links
from bitpail.wire.text import clean


def embedded(links: Links, workspace: Workspace, project: Project) -> dict[str, Any]:
    """The condensed project."""
    return {
        "type": "project",
        "key": project.key,
        "uuid": f"{{{project.id}}}",
        "name": clean(project.name),
        "links": _links(links, workspace, project),
    }


def full(links: Links, workspace: Workspace, project: Project, person: User | None = None) -> dict[str, Any]:
    """The whole project; ``person`` owns the workspace if it is a personal one."""
    return {
        "type": "project",
        "key": project.key,
        "uuid": f"{{{project.id}}}",
        "name": clean(project.name),
        "description": clean(project.description),
        "is_private": project.is_private,
        "owner": workspaces.owner(links, workspace, person),
        "workspace": workspaces.embedded(links, workspace),
        "created_on": instant(project.created_on),
        "updated_on": instant(project.updated_on),
        "links": _links(links, workspace, project),
    }


def _links(links: Links, workspace: Workspace, project: Project) -> dict[str, Link]:
    return {
        "self": links.project(workspace, project),
        "html": links.project_html(workspace, project),
        "avatar": links.project_avatar(workspace, project),
    }
