"""Repositories in the API's words."""

from typing import Any

from bitpail.model.override_settings import Overrides
from bitpail.model.projects import Project
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.wire import override_settings, projects, workspaces
from bitpail.wire.dates import instant
from bitpail.wire.links import Links, link
from bitpail.wire.text import clean

_INHERITS = Overrides()


def embedded(links: Links, workspace: Workspace, repository: Repository) -> dict[str, Any]:
    """The condensed repository."""
    at = links.repository(workspace, repository)
    return {
        "type": "repository",
        "full_name": f"{workspace.slug}/{repository.slug}",
        "links": {"self": link(at.api), "html": link(at.web), "avatar": at.avatar()},
        "name": clean(repository.name),
        "uuid": f"{{{repository.id}}}",
    }


def full(
    links: Links,
    workspace: Workspace,
    project: Project,
    repository: Repository,
    *,
    main_branch: str | None,
    overrides: Overrides = _INHERITS,
    person: User | None = None,
    parent: tuple[Workspace, Repository] | None = None,
) -> dict[str, Any]:
    """The whole repository.

    ``main_branch`` is a short name, None while there is no commit; ``overrides`` is what
    the project has no say in; ``person`` owns the workspace if it is a personal one; ``parent``
    is what it was forked from, if whoever reads this may see that.
    """
    return {
        "type": "repository",
        "full_name": f"{workspace.slug}/{repository.slug}",
        "links": _links(links, workspace, repository),
        "name": clean(repository.name),
        "slug": repository.slug,
        "description": clean(repository.description),
        "scm": "git",
        "website": clean(repository.website),
        "owner": workspaces.owner(links, workspace, person),
        "workspace": workspaces.embedded(links, workspace),
        "is_private": repository.is_private,
        "project": projects.embedded(links, workspace, project),
        "fork_policy": repository.fork_policy.value,
        "created_on": instant(repository.created_on),
        "updated_on": instant(repository.updated_on),
        "size": repository.size,
        "language": clean(repository.language),
        "uuid": f"{{{repository.id}}}",
        "mainbranch": None if main_branch is None else {"name": clean(main_branch), "type": "branch"},
        "override_settings": override_settings.flags(overrides),
        "parent": None if parent is None else embedded(links, *parent),
        "enforced_signed_commits": None,
        "has_issues": repository.has_issues,
        "has_wiki": repository.has_wiki,
    }


def _links(links: Links, workspace: Workspace, repository: Repository) -> dict[str, Any]:
    at = links.repository(workspace, repository)
    found: dict[str, Any] = {
        "self": link(at.api),
        "html": link(at.web),
        "avatar": at.avatar(),
        "pullrequests": at.api_part("pullrequests"),
        "commits": at.api_part("commits"),
        "forks": at.api_part("forks"),
        "watchers": at.api_part("watchers"),
        "branches": at.api_part("refs/branches"),
        "tags": at.api_part("refs/tags"),
        "downloads": at.api_part("downloads"),
        "source": at.api_part("src"),
        "clone": links.clone(workspace, repository),
        "hooks": at.api_part("hooks"),
    }
    if repository.has_issues:
        found["issues"] = at.api_part("issues")
    return found
