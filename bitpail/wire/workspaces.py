"""Workspaces in the API's words, and the older form in which they own things."""

from typing import Any

from bitpail.model.permissions import Role
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.wire import users
from bitpail.wire.dates import instant
from bitpail.wire.links import Links, braced, link
from bitpail.wire.text import clean


def embedded(links: Links, workspace: Workspace) -> dict[str, Any]:
    """The condensed workspace."""
    return {
        "type": "workspace",
        "uuid": f"{{{workspace.id}}}",
        "name": clean(workspace.name),
        "slug": workspace.slug,
        "links": {
            "avatar": links.workspace_avatar(workspace),
            "html": links.workspace_html(workspace),
            "self": links.workspace(workspace),
        },
    }


def full(links: Links, workspace: Workspace) -> dict[str, Any]:
    """The whole workspace."""
    members = links.workspace_part(workspace, "members")
    return {
        "type": "workspace",
        "uuid": f"{{{workspace.id}}}",
        "name": clean(workspace.name),
        "slug": workspace.slug,
        "is_private": workspace.is_private,
        "is_privacy_enforced": False,
        "forking_mode": "allow_forks",
        "is_personal": workspace.personal_of is not None,
        "created_on": instant(workspace.created_on),
        "links": {
            "avatar": links.workspace_avatar(workspace),
            "hooks": links.workspace_part(workspace, "hooks"),
            "html": links.workspace_html(workspace),
            "html_overview": links.workspace_overview(workspace),
            "members": members,
            "owners": link(f"{members['href']}?q=permission%3D%22owner%22"),
            "projects": links.workspace_part(workspace, "projects"),
            "repositories": links.workspace_repositories(workspace),
            "snippets": links.workspace_snippets(workspace),
            "self": links.workspace(workspace),
        },
    }


def access(links: Links, workspace: Workspace, *, is_administrator: bool) -> dict[str, Any]:
    """What ``user/workspaces`` wraps a workspace in."""
    found = embedded(links, workspace)
    base = {"type": "workspace_base", "uuid": found["uuid"], "slug": found["slug"], "links": found["links"]}
    return {"type": "workspace_access", "administrator": is_administrator, "workspace": base}


def membership(
    links: Links, workspace: Workspace, user: User, role: Role, email: str | None = None
) -> dict[str, Any]:
    """Somebody's place in a workspace; ``email`` for who asked by it."""
    members = links.workspace_part(workspace, "members")["href"]
    shown = users.embedded(links, user)
    return {
        "type": "workspace_membership",
        "permission": role.value,
        "user": shown if email is None else {**shown, "email": clean(email)},
        "workspace": embedded(links, workspace),
        "links": {"self": link(f"{members}/{braced(user.id)}")},
    }


def owner(links: Links, workspace: Workspace, person: User | None) -> dict[str, Any]:
    """The ``owner`` of what lies in a workspace: ``person`` if it is that person's own, else a team."""
    if person is not None:
        return users.embedded(links, person)
    return {
        "display_name": clean(workspace.name),
        "links": {
            "self": links.workspace(workspace),
            "avatar": links.workspace_avatar(workspace),
            "html": links.workspace_html(workspace),
        },
        "type": "team",
        "uuid": f"{{{workspace.id}}}",
        "username": workspace.slug,
    }
