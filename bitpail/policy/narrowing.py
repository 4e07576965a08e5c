"""Whether one app password may do nothing that another one may not: the rule for whoever manages them.

Facts come in, reasons go out; without a reason it is no wider. It is a partial
order, so that no chain of app passwords, each made by the one before, ever
comes to more than the first had.
"""

from collections.abc import Mapping

from msgspec import Struct

from bitpail.model.app_passwords import AppPassword
from bitpail.model.limits import Limits
from bitpail.model.projects import ProjectId
from bitpail.model.repositories import RepositoryId
from bitpail.model.workspaces import WorkspaceId
from bitpail.policy.limits import branches_inside, network_inside
from bitpail.policy.scopes import expand, minimal


class Whereabouts(Struct, frozen=True):
    """Where the places of a limit lie; what is not there any more is missing."""

    repositories: Mapping[RepositoryId, tuple[ProjectId, WorkspaceId]] = {}
    projects: Mapping[ProjectId, WorkspaceId] = {}


NOWHERE = Whereabouts()


def not_wider(parent: AppPassword, child: AppPassword, where: Whereabouts = NOWHERE) -> list[str]:
    """In what ``child`` is wider than ``parent``, in words; empty if in nothing."""
    found = [_scopes(parent, child), _expiry(parent, child), _places(parent.limits, child.limits, where)]
    found += [_networks(parent.limits, child.limits), _branches(parent.limits, child.limits)]
    # Of a robot the place is asked for: whoever manages its tokens administers that.
    if parent.user_id != child.user_id and not child.kind.is_robot:
        found.append("it is another user's")
    if parent.limits.no_force and not child.limits.no_force:
        found.append("it may force pushes")
    if parent.limits.no_delete and not child.limits.no_delete:
        found.append("it may delete branches and tags")
    return [sentence for sentence in found if sentence]


def _scopes(parent: AppPassword, child: AppPassword) -> str | None:
    more = expand(child.scopes) - expand(parent.scopes)
    return f"it has the permissions {', '.join(minimal(more))}" if more else None


def _expiry(parent: AppPassword, child: AppPassword) -> str | None:
    if parent.expires_on is None:
        return None
    if child.expires_on is None:
        return "it does not expire"
    return "it expires later" if child.expires_on > parent.expires_on else None


def _places(parent: Limits, child: Limits, where: Whereabouts) -> str | None:
    if not parent.places:
        return None
    if not child.places:
        return "it is not limited to places"
    is_inside = (
        all(_repository_inside(one, parent, where) for one in child.repositories)
        and all(_project_inside(one, parent, where) for one in child.projects)
        and set(child.workspaces) <= set(parent.workspaces)
    )
    return None if is_inside else "it works in other places"


def _repository_inside(one: RepositoryId, parent: Limits, where: Whereabouts) -> bool:
    if one in parent.repositories:
        return True
    lies = where.repositories.get(one)
    return lies is not None and (lies[0] in parent.projects or lies[1] in parent.workspaces)


def _project_inside(one: ProjectId, parent: Limits, where: Whereabouts) -> bool:
    return one in parent.projects or where.projects.get(one) in parent.workspaces


def _networks(parent: Limits, child: Limits) -> str | None:
    if not parent.networks:
        return None
    if child.networks and all(network_inside(one, parent.networks) for one in child.networks):
        return None
    return "it works from other networks"


def _branches(parent: Limits, child: Limits) -> str | None:
    if not parent.branches:
        return None
    if child.branches and all(branches_inside(one, parent.branches) for one in child.branches):
        return None
    return "it may push to other branches"
