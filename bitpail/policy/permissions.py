"""What a person's grants on a repository add up to.

The same rule is written once more in SQL, in ``store/permissions.py``, to
answer "which may I see?"; a test holds the two together.
"""

from collections.abc import Iterable

from bitpail.model.permissions import Permission, Role
from bitpail.model.projects import ProjectGrants
from bitpail.model.repositories import Grants
from bitpail.model.scopes import AnyScope, Scope

BY_SCOPE: dict[AnyScope, Permission] = {
    Scope.REPOSITORY: Permission.READ,
    Scope.REPOSITORY_WRITE: Permission.WRITE,
    Scope.REPOSITORY_ADMIN: Permission.ADMIN,
    Scope.REPOSITORY_DELETE: Permission.ADMIN,
    Scope.PULLREQUEST: Permission.READ,
    Scope.PULLREQUEST_WRITE: Permission.WRITE,
    Scope.WEBHOOK: Permission.ADMIN,
    Scope.PIPELINE: Permission.READ,
    Scope.PIPELINE_WRITE: Permission.WRITE,
    Scope.PIPELINE_VARIABLE: Permission.ADMIN,
    Scope.RUNNER: Permission.READ,
    Scope.RUNNER_WRITE: Permission.ADMIN,
    Scope.PROJECT: Permission.READ,
    Scope.PROJECT_ADMIN: Permission.ADMIN,
    Scope.ACCOUNT: Permission.READ,
}
"""What a robot holds by each scope that an access token may have: what the scope is about takes so much."""


def held_by_scopes(scopes: Iterable[AnyScope]) -> Permission:
    """What the robot of an access token holds where the token was made: nobody grants it anything else."""
    return max((BY_SCOPE[scope] for scope in scopes if scope in BY_SCOPE), default=Permission.NONE)


def held(grants: Grants, *, is_private: bool) -> Permission:
    """The strongest of all grants, to oneself and to one's groups; a public repository can be read."""
    if grants.role is Role.OWNER:
        return Permission.ADMIN
    strongest = max(grants.direct, grants.project, grants.workspace, grants.group, grants.project_group)
    if strongest is Permission.NONE and not is_private:
        return Permission.READ
    return strongest


def held_on_workspace(role: Role | None, *, visible: bool) -> Permission:
    """What a role in a workspace allows there; whoever may see anything in it may read it."""
    if role is Role.OWNER:
        return Permission.ADMIN
    if role is Role.COLLABORATOR:
        return Permission.WRITE
    if role is Role.MEMBER or visible:
        return Permission.READ
    return Permission.NONE


def held_on_project(grants: ProjectGrants, *, visible: bool) -> Permission:
    """What may be done to a project itself: seen, given new repositories (WRITE), run (ADMIN).

    Permission to write to its repositories changes nothing of the project. ``visible`` is
    whether it can be seen without any grant: a public one, or one that holds a repository that can.
    """
    strongest = max(grants.direct, grants.group)
    if grants.role is Role.OWNER or strongest is Permission.ADMIN:
        return Permission.ADMIN
    if grants.role is Role.COLLABORATOR or grants.creates:
        return Permission.WRITE
    if grants.role is Role.MEMBER or strongest is not Permission.NONE or visible:
        return Permission.READ
    return Permission.NONE
