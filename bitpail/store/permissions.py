"""What a person's grants on repositories add up to, in SQL: the twin of ``policy/permissions.py``.

Parts of statements on the table of repositories. A test holds the two rules together.
Lists of what one person was granted are asked for once in a statement, by the person, and
so cost nothing for each repository and nothing for what other people have.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union,
)

from bitpail.model.credentials import CredentialKind
from bitpail.model.permissions import Permission, Role
from bitpail.store.repository_tables import group_members as _group_members
from bitpail.store.repository_tables import project_group_permissions as _project_groups
from bitpail.store.repository_tables import repository_group_permissions as _repository_groups
from bitpail.store.statements import greatest
from bitpail.store.tables import app_passwords as _app_passwords
from bitpail.store.tables import project_permissions as _projects
from bitpail.store.tables import repositories as _repositories
from bitpail.store.tables import repository_permissions as _direct
from bitpail.store.tables import workspace_members as _members

OWNER = len(Permission)
"""For ``at_least``: more than anything that can be granted; only owners of the workspace have it."""

USER = bindparam("user", type_=Text)
AT_LEAST = bindparam("at_least", type_=Integer)

_c = _repositories.c
_is_owner = _members.c.role == Role.OWNER.value


def _of_user(table: Table, place: str) -> Select[Any]:
    return select(table.c[place]).where(table.c.user_id == USER, table.c.permission >= AT_LEAST)


def _of_groups(table: Table, place: str) -> Select[Any]:
    """The same by the user's groups."""
    return (
        select(table.c[place])
        .join_from(_group_members, table, table.c.group_id == _group_members.c.group_id)
        .where(_group_members.c.user_id == USER, table.c.permission >= AT_LEAST)
    )


def _of_robot(kind: CredentialKind, place: str) -> Select[Any]:
    """Where the access token of a robot was made; how much it may there, its scopes say."""
    return select(_app_passwords.c[place]).where(
        _app_passwords.c.user_id == USER,
        _app_passwords.c.kind == kind.value,
        _app_passwords.c.revoked_on.is_(None),
        int(Permission.ADMIN) >= AT_LEAST,
    )


_in_workspaces = (
    select(_members.c.workspace_id).where(
        _members.c.user_id == USER, or_(_is_owner, _members.c.repositories >= AT_LEAST)
    ),
    _of_robot(CredentialKind.WORKSPACE_ACCESS_TOKEN, "workspace_id"),
)
IN_PROJECTS = (
    _of_user(_projects, "project_id"),
    _of_groups(_project_groups, "project_id"),
    _of_robot(CredentialKind.PROJECT_ACCESS_TOKEN, "project_id"),
)
"""The projects on which the user, or a group of the user's, was granted so much."""
_by_themselves = (
    _of_user(_direct, "repository_id"),
    _of_groups(_repository_groups, "repository_id"),
    _of_robot(CredentialKind.REPOSITORY_ACCESS_TOKEN, "repository_id"),
)

GRANTED: ColumnElement[bool] = or_(
    *(_c.workspace_id.in_(one) for one in _in_workspaces),
    *(_c.id.in_(one) for one in _by_themselves),
    *(_c.project_id.in_(one) for one in IN_PROJECTS),
)
"""Whether ``user`` was granted ``at_least`` so much on a repository, by whatever way."""

VISIBLE: ColumnElement[bool] = or_(
    GRANTED, and_(_c.is_private == 0, bindparam("with_public", type_=Integer) == 1)
)
"""The same, with public ones if ``with_public`` is 1."""

MINE: ColumnElement[bool] = _c.id.in_(
    union(
        *(select(_c.id).where(_c.workspace_id.in_(one)).correlate(None) for one in _in_workspaces),
        *_by_themselves,
        *(select(_c.id).where(_c.project_id.in_(one)).correlate(None) for one in IN_PROJECTS),
    )
)
"""What ``GRANTED`` says, for statements that begin with the person: they look at nobody else's repositories."""


def _strongest(table: Table, place: ColumnElement[str], user: ColumnElement[str]) -> ScalarSelect[int]:
    """The strongest grant on a place to any group of a user."""
    at = table.c.repository_id if "repository_id" in table.c else table.c.project_id
    return (
        select(func.max(table.c.permission))
        .select_from(table.join(_group_members, _group_members.c.group_id == table.c.group_id))
        .where(at == place, _group_members.c.user_id == user)
        .correlate_except(table, _group_members)
        .scalar_subquery()
    )


def by_groups(user: ColumnElement[str] = USER) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """What a user's groups have on a repository itself, and on its project; null for nothing."""
    return _strongest(_repository_groups, _c.id, user), _strongest(_project_groups, _c.project_id, user)


def by_groups_on_project(project: ColumnElement[str]) -> tuple[ScalarSelect[int], ScalarSelect[int]]:
    """What the user's groups have on a project: the permission, and whether they may make repositories."""
    strongest = _strongest(_project_groups, project, USER)
    creates = (
        select(func.max(_project_groups.c.creates))
        .select_from(
            _project_groups.join(_group_members, _group_members.c.group_id == _project_groups.c.group_id)
        )
        .where(_project_groups.c.project_id == project, _group_members.c.user_id == USER)
        .correlate_except(_project_groups, _group_members)
        .scalar_subquery()
    )
    return strongest, creates


def effective(user: ColumnElement[str]) -> ColumnElement[int]:
    """The strongest of all grants that a user has on a repository, 0 for none; that it is public doesn't count."""
    by_membership = (
        select(case((_is_owner, int(Permission.ADMIN)), else_=_members.c.repositories))
        .where(_members.c.workspace_id == _c.workspace_id, _members.c.user_id == user)
        .correlate_except(_members)
        .scalar_subquery()
    )
    direct = (
        select(_direct.c.permission)
        .where(_direct.c.repository_id == _c.id, _direct.c.user_id == user)
        .correlate_except(_direct)
        .scalar_subquery()
    )
    by_project = (
        select(_projects.c.permission)
        .where(_projects.c.project_id == _c.project_id, _projects.c.user_id == user)
        .correlate_except(_projects)
        .scalar_subquery()
    )
    every = (by_membership, direct, by_project, *by_groups(user))
    return greatest(*(func.coalesce(one, 0) for one in every))


def to_see(at_least: Permission) -> dict[str, int]:
    """The parameters of VISIBLE, beside ``user``."""
    return {"at_least": int(at_least), "with_public": int(at_least <= Permission.READ)}


def granted(at_least: int) -> dict[str, int]:
    """The same for what was granted, however public it is; ``at_least`` may be OWNER."""
    return {"at_least": at_least, "with_public": 0}
