"""Where repositories are deployed to, by repository."""

from typing import Any

import msgspec
from sqlalchemy import BigInteger, Text, bindparam, case, delete, func, insert, select, update

from bitpail.model.environments import RANKS, Environment, EnvironmentDetail
from bitpail.model.repositories import RepositoryId
from bitpail.store import queries
from bitpail.store.database import Connection, Database
from bitpail.store.queries import Field, Narrowed, constant, told_flag, told_number
from bitpail.store.repository_tables import environments as _environments
from bitpail.store.statements import Row, text_field
from bitpail.wire.query_kinds import Asked, Kind

_c = _environments.c
_COLUMNS = (_c.id, _c.repository_id, _c.slug, _c.name, _c.detail, _c.created_on)
_in = _c.repository_id == bindparam("repository", type_=Text)
_id = _c.id == bindparam("environment", type_=Text)
_type = text_field(_c.detail, constant("environment_type"))
_rank = told_number(_c.detail, "rank")
_type_rank = case({kind.value: rank for kind, rank in RANKS.items()}, value=_type, else_=len(RANKS))

_FIELDS = {
    "type": Field(constant("deployment_environment")),
    "uuid": Field(constant("{") + _c.id + constant("}")),
    "name": Field(_c.name),
    "slug": Field(_c.slug),
    "rank": _rank,
    "environment_type.name": Field(_type),
    "environment_type.rank": Field(_type_rank, Kind.NUMBER),
    "category.name": Field(_type),
    **{
        name: told_flag(_c.detail, name)
        for name in ("hidden", "environment_lock_enabled", "deployment_gate_enabled")
    },
    "restrictions.admin_only": told_flag(_c.detail, "admin_only"),
}

_insert = insert(_environments)
_by_id = select(*_COLUMNS).where(_in, _id)
_by_slug = select(*_COLUMNS).where(_in, _c.slug == bindparam("wanted", type_=Text))
_page = (
    select(*_COLUMNS)
    .where(_in)
    .limit(bindparam("number", type_=BigInteger))
    .offset(bindparam("start", type_=BigInteger))
)
_count = select(func.count()).select_from(_environments).where(_in)
_chosen = Narrowed(_page, _count, _FIELDS, (_type_rank, _rank.column, _c.created_on, _c.id))
_update = (
    update(_environments)
    .where(_id)
    .values(
        slug=bindparam("new_slug", type_=Text),
        name=bindparam("new_name", type_=Text),
        detail=bindparam("new_detail", type_=Text),
    )
)
_remove = delete(_environments).where(_in, _id)


async def create(db: Connection, environment: Environment) -> None:
    """Write one; raises Conflict if its slug is taken."""
    await db.run(_insert, **_values(environment))


async def change(db: Connection, environment: Environment) -> None:
    """Write another name, slug and detail; raises Conflict if the slug is taken."""
    values = _values(environment)
    changes = {f"new_{name}": values[name] for name in ("slug", "name", "detail")}
    await db.run(_update, environment=environment.id, **changes)


async def by_id(db: Connection, repository_id: RepositoryId, environment_id: str) -> Environment | None:
    """The one of that UUID, without braces."""
    row = await db.one(_by_id, repository=repository_id, environment=environment_id)
    return _from_row(row) if row else None


async def by_slug(db: Connection, repository_id: RepositoryId, slug: str) -> Environment | None:
    """The one of that slug."""
    row = await db.one(_by_slug, repository=repository_id, wanted=slug)
    return _from_row(row) if row else None


async def page(
    db: Database, repository_id: RepositoryId, asked: Asked, offset: int, limit: int
) -> tuple[list[Environment], int]:
    """Some of a repository, Test before Staging before Production; and how many there are. Raises Invalid."""
    rows, size = await queries.page(db, _chosen, asked, offset, limit, repository=repository_id)
    return [_from_row(row) for row in rows], size


async def count(db: Connection, repository_id: RepositoryId) -> int:
    """How many a repository has."""
    row = await db.one(_count, repository=repository_id)
    return int(row[0]) if row else 0


async def remove(db: Connection, repository_id: RepositoryId, environment_id: str) -> bool:
    """Forget one with what was deployed there; False if there is none."""
    return await db.run(_remove, repository=repository_id, environment=environment_id) > 0


def _values(environment: Environment) -> dict[str, Any]:
    detail = msgspec.json.encode(environment.detail).decode()
    return {**msgspec.structs.asdict(environment), "detail": detail}


def _from_row(row: Row) -> Environment:
    environment_id, repository_id, slug, name, detail, created_on = row
    told = msgspec.json.decode(detail, type=EnvironmentDetail)
    return Environment(environment_id, repository_id, slug, name, told, created_on)
