"""Branch restrictions in the API's words."""

from collections.abc import Iterable
from typing import Any

from bitpail.model.branch_restrictions import Restriction
from bitpail.model.groups import Group
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.wire import groups as wire_groups
from bitpail.wire import users as wire_users
from bitpail.wire.links import Links
from bitpail.wire.text import clean


def restriction(
    links: Links,
    workspace: Workspace,
    repository: Repository,
    one: Restriction,
    users: Iterable[User],
    groups: Iterable[Group],
) -> dict[str, Any]:
    """One of them, with those whom it excepts; a branch type only where the branching model finds the branches."""
    at = links.repository(workspace, repository)
    branch_type = one.rule.branch_type
    return {
        "kind": one.kind.value,
        "users": [wire_users.embedded(links, user) for user in users],
        "groups": [wire_groups.embedded(links, workspace, group) for group in groups],
        "links": {"self": at.api_part(f"branch-restrictions/{one.number}")},
        "pattern": clean(one.pattern),
        "value": one.rule.value,
        "branch_match_kind": one.match_kind.value,
        **({"branch_type": branch_type.value} if branch_type is not None else {}),
        "type": "branchrestriction",
        "id": one.number,
    }
