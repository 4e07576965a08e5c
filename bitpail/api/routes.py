"""Every operation with its address and its need: the table of each resource, gathered.

A new resource is one more name in ``_RESOURCES``. What the contract has and no
resource serves answers 501.
"""

from types import ModuleType
from typing import NoReturn

from msgspec import structs

from bitpail.api import (
    annotations,
    approvals,
    branch_restrictions,
    branching_models,
    build_statuses,
    code_search,
    commit_comments,
    commits,
    default_reviewers,
    deploy_keys,
    deployments,
    diffs,
    downloads,
    environments,
    file_history,
    forks,
    gpg_keys,
    grants,
    hook_events,
    override_settings,
    projects,
    properties,
    refs,
    reports,
    repositories,
    repository_permissions,
    source,
    ssh_keys,
    users,
    watchers,
    workspaces,
)
from bitpail.api.needs import PUBLIC
from bitpail.http.routing import REST, REST_OR_NOTHING, Opens, Route
from bitpail.model.scopes import AnyScope, ApiScope
from bitpail.wire.operations import api_scopes, operations

_RESOURCES: list[ModuleType] = [
    users,
    workspaces,
    projects,
    repositories,
    forks,
    watchers,
    grants,
    repository_permissions,
    downloads,
    commits,
    build_statuses,
    reports,
    annotations,
    commit_comments,
    approvals,
    properties,
    environments,
    deployments,
    deploy_keys,
    diffs,
    source,
    file_history,
    code_search,
    ssh_keys,
    gpg_keys,
    hook_events,
    refs,
    branch_restrictions,
    branching_models,
    override_settings,
    default_reviewers,
]


def in_contract(template: str) -> str:
    """The template of a route as the contract writes it."""
    return template.replace(f"{REST_OR_NOTHING}}}", "}").replace(f"{REST}}}", "}")


def _with_api_scopes(route: Route) -> Route:
    """The row with what the contract asks of an API token; what it says nothing of is translated."""
    names = api_scopes().get((route.method, in_contract(route.template)))
    if names is None:
        return route
    needed: frozenset[AnyScope] = frozenset(ApiScope(name) for name in names)
    return structs.replace(route, need=structs.replace(route.need, api_scopes=(needed,)))


ROUTES = [_with_api_scopes(route) for resource in _RESOURCES for route in resource.ROUTES]


async def not_served(*_: object) -> NoReturn:
    """Stands in a row that the door answers without anybody's access."""
    raise AssertionError


def _rest() -> list[Route]:
    """The contract's operations that no resource has, so that their addresses are known nevertheless."""
    served = {(route.method, in_contract(route.template)) for route in ROUTES}
    return [
        Route(operation.method, _with_rest(operation.template), Opens.SITE, PUBLIC, not_served)
        for operation in operations()
        if (operation.method, operation.template) not in served
    ]


def _with_rest(template: str) -> str:
    head, _, last = template.rpartition("/")
    return f"{head}/{last[:-1]}{REST}}}" if last in _TAKE_REST else template


# A parameter that ends an address and may hold slashes.
_TAKE_REST = frozenset({"{path}", "{name}", "{revision}", "{spec}", "{revspec}"})

NOT_SERVED = _rest()
