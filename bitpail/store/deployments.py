"""What was deployed, by repository and age."""

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, func, select

from bitpail.model.deployments import Deployment, DeploymentDetail
from bitpail.model.repositories import RepositoryId
from bitpail.store import queries, users
from bitpail.store.database import Connection, Database
from bitpail.store.queries import Field, Narrowed, constant, told_number
from bitpail.store.repository_tables import deployments as _deployments
from bitpail.store.repository_tables import environments as _environments
from bitpail.store.statements import Row, Upsert, text_field
from bitpail.store.tables import users as _users
from bitpail.wire.query_kinds import Asked, Kind

_c, _e = _deployments.c, _environments.c
_COLUMNS = (_c.id, _c.repository_id, _c.environment_id, _c.detail, _c.created_on, _e.name)
_in = _c.repository_id == bindparam("repository", type_=Text)


def _told(name: str) -> ColumnElement[str]:
    return text_field(_c.detail, constant(name))


def _moment(name: str) -> Field:
    return told_number(_c.detail, name, Kind.MOMENT)


def _braced(column: ColumnElement[str]) -> Field:
    return Field(constant("{") + column + constant("}"))


_joined = _deployments.join(_environments, _e.id == _c.environment_id).outerjoin(
    _users, _users.c.id == _told("deployer")
)
_FIELDS = {
    "type": Field(constant("deployment")),
    "uuid": _braced(_c.id),
    # Left out of the detail of one that was not begun.
    "state.name": Field(func.coalesce(_told("state"), constant("UNDEPLOYED"))),
    "state.status.name": Field(_told("status")),
    "state.start_date": _moment("started_on"),
    "state.completion_date": _moment("completed_on"),
    # As recorded clients say it.
    "state.started_on": _moment("started_on"),
    "state.completed_on": _moment("completed_on"),
    "state.deployer.uuid": _braced(_users.c.id),
    "environment.uuid": _braced(_e.id),
    "environment.name": Field(_e.name),
    "release.uuid": _braced(_told("release")),
    "release.name": Field(_told("release_name")),
    "release.commit.hash": Field(_told("commit")),
    "release.created_on": Field(_c.created_on, Kind.MOMENT),
    "created_on": Field(_c.created_on, Kind.MOMENT),
    "last_update_time": _moment("changed_on"),
}

_put = Upsert(_deployments, "environment_id", "detail")
_rows = select(*_COLUMNS, *users.COLUMNS).select_from(_joined).where(_in)
_by_id = _rows.where(_c.id == bindparam("deployment", type_=Text))
_page = _rows.limit(bindparam("number", type_=BigInteger)).offset(bindparam("start", type_=BigInteger))
_count = select(func.count()).select_from(_joined).where(_in)
_newest_first = (_c.created_on.desc(), _c.id.desc())
_chosen = Narrowed(_page, _count, _FIELDS, _newest_first)
# All of them are counted without looking at what each says.
_count_all = select(func.count()).select_from(_deployments).where(_in)
_all = Narrowed(_page, _count_all, {}, _newest_first)


async def put(db: Connection, deployment: Deployment) -> None:
    """Write one, or how the one that is there went on."""
    await db.run(
        _put,
        id=deployment.id,
        repository_id=deployment.repository_id,
        environment_id=deployment.environment_id,
        detail=msgspec.json.encode(deployment.detail).decode(),
        created_on=deployment.created_on,
    )


async def by_id(db: Connection, repository_id: RepositoryId, deployment_id: str) -> Deployment | None:
    """The one of that UUID, without braces."""
    row = await db.one(_by_id, repository=repository_id, deployment=deployment_id)
    return _from_row(row) if row else None


async def page(
    db: Database, repository_id: RepositoryId, asked: Asked, offset: int, limit: int
) -> tuple[list[Deployment], int]:
    """Some of a repository, the newest first, and how many there are; raises Invalid."""
    listing = _chosen if asked else _all
    rows, size = await queries.page(db, listing, asked, offset, limit, repository=repository_id)
    return [_from_row(row) for row in rows], size


def _from_row(row: Row) -> Deployment:
    deployment_id, repository_id, environment_id, detail, created_on, environment_name = row[:6]
    told = msgspec.json.decode(detail, type=DeploymentDetail)
    deployer = None if row[6] is None else users.from_row(row[6:])
    return Deployment(
        deployment_id, repository_id, environment_id, told, created_on, environment_name, deployer
    )
