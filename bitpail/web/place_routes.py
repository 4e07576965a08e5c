"""The pages where repositories are made and set up, and those of workspaces: one table."""

from collections.abc import Awaitable, Callable
from typing import Any

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.web import (
    access_keys,
    branch_restrictions,
    creating,
    default_reviewers,
    forks,
    grants,
    groups,
    imports,
    members,
    projects,
    repository_settings,
    workspace_settings,
    years,
)

_Handler = Callable[..., Awaitable[Any]]

OWN = Need(signed_in=True)
"""Where something is made is said in the form: there it is judged."""

SEE = Need()
ADMINISTER = Need(permission=Permission.ADMIN, signed_in=True)

_REPOSITORY = "/{workspace}/{repo_slug}"
_BELOW = "/{workspace}/workspace"
_PROJECT = "projects/{project_key}"


def _settings() -> list[Route]:
    """Each page of a repository's settings, and what its form is sent to: the same address."""
    pages: list[tuple[str, _Handler, _Handler]] = [
        ("", repository_settings.details, repository_settings.change),
        ("/permissions", grants.page, grants.change),
        ("/branch-permissions", branch_restrictions.page, branch_restrictions.change),
        ("/access-keys", access_keys.page, access_keys.change),
        ("/default-reviewers", default_reviewers.page, default_reviewers.change),
        ("/transfer", repository_settings.ask_to_transfer, repository_settings.transfer),
        ("/delete", repository_settings.ask_to_delete, repository_settings.delete),
    ]
    return [
        Route(method, f"{_REPOSITORY}/admin{part}", Opens.REPOSITORY, ADMINISTER, handler)
        for part, shown, sent in pages
        for method, handler in (("GET", shown), ("POST", sent))
    ]


def _of_workspaces() -> list[Route]:
    """The pages below ``/{workspace}/workspace``."""
    pages: list[tuple[str, Opens, Need, _Handler, Need, _Handler]] = [
        ("members", Opens.WORKSPACE, OWN, members.page, ADMINISTER, members.change),
        ("groups", Opens.WORKSPACE, ADMINISTER, groups.page, ADMINISTER, groups.create),
        ("groups/{group_slug}", Opens.WORKSPACE, ADMINISTER, groups.one, ADMINISTER, groups.change),
        (
            "settings",
            Opens.WORKSPACE,
            ADMINISTER,
            workspace_settings.page,
            ADMINISTER,
            workspace_settings.change,
        ),
        (
            "settings/year",
            Opens.WORKSPACE,
            ADMINISTER,
            years.of_workspace,
            ADMINISTER,
            years.change_workspace,
        ),
        ("create-project", Opens.WORKSPACE, ADMINISTER, projects.new, ADMINISTER, projects.create),
        (f"{_PROJECT}/settings", Opens.PROJECT, ADMINISTER, projects.settings, ADMINISTER, projects.change),
        (
            f"{_PROJECT}/permissions",
            Opens.PROJECT,
            ADMINISTER,
            projects.permissions,
            ADMINISTER,
            projects.change_permissions,
        ),
    ]
    return [
        Route("GET", f"{_BELOW}/projects", Opens.WORKSPACE, SEE, projects.listed),
        Route("GET", f"{_BELOW}/{_PROJECT}", Opens.PROJECT, SEE, projects.one),
        *(
            Route(method, f"{_BELOW}/{part}", opens, need, handler)
            for part, opens, see, shown, do, sent in pages
            for method, need, handler in (("GET", see, shown), ("POST", do, sent))
        ),
    ]


ROUTES = [
    Route("GET", "/repo/create", Opens.OWN_ACCOUNT, OWN, creating.page),
    Route("POST", "/repo/create", Opens.OWN_ACCOUNT, OWN, creating.create),
    Route("GET", "/repo/import", Opens.OWN_ACCOUNT, OWN, imports.page),
    Route("POST", "/repo/import", Opens.OWN_ACCOUNT, OWN, imports.start),
    Route("GET", "/repo/import/{id}", Opens.OWN_ACCOUNT, OWN, imports.one),
    Route("POST", "/repo/import/{id}/cancel", Opens.OWN_ACCOUNT, OWN, imports.cancel),
    *_settings(),
    *_of_workspaces(),
    Route("GET", f"{_REPOSITORY}/fork", Opens.REPOSITORY, OWN, forks.page),
    Route("POST", f"{_REPOSITORY}/fork", Opens.REPOSITORY, OWN, forks.create),
]
