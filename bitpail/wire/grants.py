"""Explicit permissions of users and groups, in the API's words."""

from typing import Any

from bitpail.model.grants import Grant
from bitpail.model.groups import Group
from bitpail.model.projects import Project
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.wire import groups, projects, repositories, users
from bitpail.wire.links import Links, braced


def on_repository(links: Links, workspace: Workspace, repository: Repository, grant: Grant) -> dict[str, Any]:
    """One on a repository."""
    return {
        "type": f"repository_{_kind(grant.whom)}_permission",
        "permission": grant.word,
        **_whom(links, workspace, grant.whom),
        "repository": repositories.embedded(links, workspace, repository),
        "links": {"self": links.repository(workspace, repository).api_part(_place(grant.whom))},
    }


def on_project(links: Links, workspace: Workspace, project: Project, grant: Grant) -> dict[str, Any]:
    """One on a project."""
    return {
        "type": f"project_{_kind(grant.whom)}_permission",
        "permission": grant.word,
        **_whom(links, workspace, grant.whom),
        "project": projects.embedded(links, workspace, project),
        "links": {"self": links.project_part(workspace, project, _place(grant.whom))},
    }


def _kind(whom: User | Group) -> str:
    return "group" if isinstance(whom, Group) else "user"


def _whom(links: Links, workspace: Workspace, whom: User | Group) -> dict[str, Any]:
    if isinstance(whom, Group):
        return {"group": groups.embedded(links, workspace, whom)}
    return {"user": users.embedded(links, whom)}


def _place(whom: User | Group) -> str:
    if isinstance(whom, Group):
        return f"permissions-config/groups/{whom.slug}"
    return f"permissions-config/users/{braced(whom.id)}"
