"""What a person's grants on a repository add up to.

The same rule is written once more in SQL, in ``store/permissions.py``, to
answer "which may I see?"; a test holds the two together.
"""

from bitpail.model.permissions import Permission, Role
from bitpail.model.projects import ProjectGrants
from bitpail.model.repositories import Grants


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
