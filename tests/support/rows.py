"""Rows to begin a test of the store with: each function writes one and returns its value."""

import itertools
from collections.abc import Iterable
from typing import Any

import msgspec

from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.groups import Group, GroupId
from bitpail.model.limits import NO_LIMITS
from bitpail.model.permissions import Permission, Role
from bitpail.model.projects import Project, ProjectId
from bitpail.model.repositories import ForkPolicy, Repository, RepositoryId
from bitpail.model.scopes import Scope
from bitpail.model.users import User, UserId
from bitpail.model.workspaces import Workspace, WorkspaceId
from bitpail.store import app_passwords, groups, projects, repositories, users, workspaces
from bitpail.store.database import Connection

_numbers = itertools.count(1)


def unused_id() -> str:
    return f"00000000-0000-4000-8000-{next(_numbers):012x}"


async def a_user(db: Connection, username: str = "alice", **changes: Any) -> User:
    user = User(UserId(unused_id()), username, username.title(), username, unused_id(), False, True, 1)
    user = msgspec.structs.replace(user, **changes)
    await users.create(db, user, password_digest=None, email=f"{username}@example.org", confirmed=True)
    return user


async def a_workspace(
    db: Connection, slug: str = "team", *, owner: User | None = None, **changes: Any
) -> Workspace:
    workspace = Workspace(WorkspaceId(unused_id()), slug, slug.title(), None, True, 1, 1)
    workspace = msgspec.structs.replace(workspace, **changes)
    await workspaces.create(db, workspace)
    if owner is not None:
        await workspaces.add_member(db, workspace.id, owner.id, Role.OWNER, Permission.NONE, 1)
    return workspace


async def a_project(db: Connection, workspace: Workspace, key: str = "PROJ", **changes: Any) -> Project:
    project = Project(ProjectId(unused_id()), workspace.id, key, key.title(), "", True, 1, 1)
    project = msgspec.structs.replace(project, **changes)
    await projects.create(db, project)
    return project


async def a_group(
    db: Connection, workspace: Workspace, slug: str = "devs", *, members: Iterable[User] = ()
) -> Group:
    group = Group(GroupId(unused_id()), workspace.id, slug, slug.title(), 1)
    await groups.create(db, group)
    for user in members:
        await groups.add(db, group.id, user.id)
    return group


async def a_repository(db: Connection, project: Project, slug: str = "website", **changes: Any) -> Repository:
    repository = Repository(
        RepositoryId(unused_id()), project.workspace_id, project.id, slug, slug, "", "", "", True, True, False,
        ForkPolicy.ALLOW_FORKS, 0, None, 1, 1,
    )  # fmt: skip
    repository = msgspec.structs.replace(repository, **changes)
    await repositories.create(db, repository)
    return repository


async def an_app_password(db: Connection, user: User, label: str = "ci", **changes: Any) -> AppPassword:
    """Its public name is its ID, its digest the label."""
    app_password = AppPassword(
        AppPasswordId(unused_id()), user.id, label, (Scope.REPOSITORY_WRITE, Scope.ACCOUNT), NO_LIMITS, 1,
        None, None, None, None, None,
    )  # fmt: skip
    app_password = msgspec.structs.replace(app_password, **changes)
    await app_passwords.create(db, app_password)
    await app_passwords.add_secret(db, app_password.id, app_password.id, label.encode(), 7, 1)
    return app_password
