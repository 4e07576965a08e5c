"""Who is asked to review every new pull request, of a repository and of all in a project."""

import sqlalchemy as sa
from sqlalchemy import Text, bindparam, select

from bitpail.model.projects import ProjectId
from bitpail.model.repositories import RepositoryId
from bitpail.model.users import User, UserId
from bitpail.store import users
from bitpail.store.database import Connection
from bitpail.store.repository_tables import project_default_reviewers as _of_projects
from bitpail.store.repository_tables import repository_default_reviewers as _of_repositories
from bitpail.store.statements import Upsert
from bitpail.store.tables import users as _users

_in_repository = _of_repositories.c.repository_id == bindparam("place", type_=Text)
_in_project = _of_projects.c.project_id == bindparam("place", type_=Text)
_user = bindparam("user", type_=Text)
_by_name = (_users.c.username_key, _users.c.id)

_of_repository = (
    select(*users.COLUMNS)
    .join_from(_of_repositories, _users, _users.c.id == _of_repositories.c.user_id)
    .where(_in_repository)
    .order_by(*_by_name)
)
_of_project = (
    select(*users.COLUMNS)
    .join_from(_of_projects, _users, _users.c.id == _of_projects.c.user_id)
    .where(_in_project)
    .order_by(*_by_name)
)
_add_to_repository = Upsert(_of_repositories)
_add_to_project = Upsert(_of_projects)
_remove_from_repository = sa.delete(_of_repositories).where(
    _in_repository, _of_repositories.c.user_id == _user
)
_remove_from_project = sa.delete(_of_projects).where(_in_project, _of_projects.c.user_id == _user)


async def of_repository(db: Connection, repository_id: RepositoryId) -> list[User]:
    """A repository's own, by username."""
    return [users.from_row(row) for row in await db.all(_of_repository, place=repository_id)]


async def of_project(db: Connection, project_id: ProjectId) -> list[User]:
    """Those of a project, by username."""
    return [users.from_row(row) for row in await db.all(_of_project, place=project_id)]


async def add_to_repository(db: Connection, repository_id: RepositoryId, user_id: UserId) -> None:
    """One more; again is no error."""
    await db.run(_add_to_repository, repository_id=repository_id, user_id=user_id)


async def add_to_project(db: Connection, project_id: ProjectId, user_id: UserId) -> None:
    """One more; again is no error."""
    await db.run(_add_to_project, project_id=project_id, user_id=user_id)


async def remove_from_repository(db: Connection, repository_id: RepositoryId, user_id: UserId) -> bool:
    """One less; whether there was that one."""
    return await db.run(_remove_from_repository, place=repository_id, user=user_id) > 0


async def remove_from_project(db: Connection, project_id: ProjectId, user_id: UserId) -> bool:
    """One less; whether there was that one."""
    return await db.run(_remove_from_project, place=project_id, user=user_id) > 0
