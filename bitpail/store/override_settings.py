"""Settings of projects and of the repositories in them, each one JSON document."""

import msgspec
from sqlalchemy import Text, and_, bindparam, column, select

from bitpail.model.override_settings import ProjectSettings, RepositorySettings
from bitpail.model.projects import ProjectId
from bitpail.model.repositories import RepositoryId
from bitpail.store.database import Connection
from bitpail.store.repository_tables import project_settings as _of_projects
from bitpail.store.repository_tables import repository_settings as _of_repositories
from bitpail.store.statements import Upsert, text_rows
from bitpail.store.tables import projects as _projects

_both = (
    select(_of_repositories.c.settings, _of_projects.c.settings)
    .select_from(
        _projects.outerjoin(_of_projects, _of_projects.c.project_id == _projects.c.id).outerjoin(
            _of_repositories, and_(_of_repositories.c.repository_id == bindparam("repository", type_=Text))
        )
    )
    .where(_projects.c.id == bindparam("project", type_=Text))
)
_of_project = select(_of_projects.c.settings).where(
    _of_projects.c.project_id == bindparam("project", type_=Text)
)
_wanted = text_rows(bindparam("ids", type_=Text)).table_valued(column("value", Text), name="wanted")
_of_several = select(_of_repositories.c.repository_id, _of_repositories.c.settings).where(
    _of_repositories.c.repository_id.in_(select(_wanted.c.value))
)
_put_repository = Upsert(_of_repositories, "settings")
_put_project = Upsert(_of_projects, "settings")

_repository = msgspec.json.Decoder(RepositorySettings)
_project = msgspec.json.Decoder(ProjectSettings)


async def of_repository(
    db: Connection, repository_id: RepositoryId, project_id: ProjectId
) -> tuple[RepositorySettings, ProjectSettings]:
    """A repository's own, and those of its project."""
    row = await db.one(_both, repository=repository_id, project=project_id)
    own, inherited = row or (None, None)
    return (
        _repository.decode(own) if own else RepositorySettings(),
        _project.decode(inherited) if inherited else ProjectSettings(),
    )


async def of_project(db: Connection, project_id: ProjectId) -> ProjectSettings:
    """Those of a project."""
    row = await db.one(_of_project, project=project_id)
    return _project.decode(row[0]) if row else ProjectSettings()


async def of_repositories(db: Connection, ids: list[RepositoryId]) -> dict[RepositoryId, RepositorySettings]:
    """The own ones of several repositories, of those that have any; one statement for all of them."""
    rows = await db.all(_of_several, ids=msgspec.json.encode(ids).decode()) if ids else []
    return {row[0]: _repository.decode(row[1]) for row in rows}


async def put_repository(db: Connection, repository_id: RepositoryId, settings: RepositorySettings) -> None:
    """Write a repository's own."""
    await db.run(
        _put_repository, repository_id=repository_id, settings=msgspec.json.encode(settings).decode()
    )


async def put_project(db: Connection, project_id: ProjectId, settings: ProjectSettings) -> None:
    """Write those of a project."""
    await db.run(_put_project, project_id=project_id, settings=msgspec.json.encode(settings).decode())
