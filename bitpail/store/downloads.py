"""Files that are offered beside the code, by repository and name."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy import BigInteger, Text, bindparam, func, literal_column, select

from bitpail.model.downloads import Download
from bitpail.model.repositories import RepositoryId
from bitpail.model.users import User
from bitpail.store import users
from bitpail.store.database import Connection, Database
from bitpail.store.queries import Field, Narrowed
from bitpail.store.repository_tables import downloads as _downloads
from bitpail.store.statements import Row, Upsert
from bitpail.store.tables import repositories as _repositories
from bitpail.store.tables import users as _users
from bitpail.wire.query_kinds import Asked, Kind

_c = _downloads.c
_COLUMNS = tuple(_c[name] for name in Download.__struct_fields__)
_of = _c.repository_id == bindparam("repository", type_=Text)
_named = (_of, _c.name == bindparam("wanted", type_=Text))
_file = _c.file == bindparam("wanted_file", type_=Text)
_joined = _downloads.outerjoin(_users, _users.c.id == _c.user_id)

FIELDS = {
    "type": Field(literal_column("'download'", Text)),
    "name": Field(_c.name),
    "size": Field(_c.size, Kind.NUMBER),
    "downloads": Field(_c.fetched, Kind.NUMBER),
    "created_on": Field(_c.created_on, Kind.MOMENT),
    "user.uuid": Field(literal_column("'{'", Text) + _c.user_id + literal_column("'}'", Text)),
    **{f"user.{name}": Field(_users.c[name]) for name in ("display_name", "nickname", "account_id")},
}

# PostgreSQL lets others wait here; SQLite has let them wait already.
_hold = (
    select(_repositories.c.id)
    .where(_repositories.c.id == bindparam("repository", type_=Text))
    .with_for_update()
)
_put = Upsert(_downloads, "file", "size", "user_id", "fetched", "created_on")
_one = select(*_COLUMNS).where(*_named)
_by_file = select(*_COLUMNS).where(_of, _file)
_files = select(_c.file).where(_of)
_used = select(func.coalesce(func.sum(_c.size), 0)).where(_of)
_remove = sa.delete(_downloads).where(*_named, _file)
_count_fetch = (
    sa.update(_downloads).where(_of, _file).values(fetched=_c.fetched + bindparam("number", type_=BigInteger))
)
_part_of = (
    select(*_COLUMNS, *users.COLUMNS)
    .select_from(_joined)
    .where(_of)
    .limit(bindparam("most", type_=BigInteger))
    .offset(bindparam("start", type_=BigInteger))
)
_count = select(func.count()).select_from(_joined).where(_of)
_chosen = Narrowed(_part_of, _count, FIELDS, (_c.created_on.desc(), _c.name))
_WIDTH = len(_COLUMNS)


def _from_row(row: Row) -> Download:
    return Download(*row[:_WIDTH])


async def hold(db: Connection, repository_id: RepositoryId) -> bool:
    """Let nobody else change what a repository offers until this transaction ends; False if it is gone."""
    return await db.one(_hold, repository=repository_id) is not None


async def put(db: Connection, download: Download) -> None:
    """Write one, instead of the one of its name."""
    await db.run(_put, **msgspec.structs.asdict(download))


async def one(db: Connection, repository_id: RepositoryId, name: str) -> Download | None:
    """The one of that name."""
    row = await db.one(_one, repository=repository_id, wanted=name)
    return _from_row(row) if row else None


async def by_file(db: Connection, repository_id: RepositoryId, file: str) -> Download | None:
    """The one whose content is that file."""
    row = await db.one(_by_file, repository=repository_id, wanted_file=file)
    return _from_row(row) if row else None


async def files(db: Connection, repository_id: RepositoryId) -> set[str]:
    """The names on the disk of all that a repository offers."""
    return {row[0] for row in await db.all(_files, repository=repository_id)}


async def used(db: Connection, repository_id: RepositoryId) -> int:
    """The bytes of all of them."""
    row = await db.one(_used, repository=repository_id)
    return int(row[0]) if row else 0


async def chosen(
    db: Database, repository_id: RepositoryId, asked: Asked, offset: int, limit: int
) -> tuple[list[tuple[Download, User | None]], int]:
    """One page of those that a query asks for, the newest first, with who uploaded each; raises Invalid."""
    rows, count, values = _chosen.statements(asked)
    found = await db.scan(rows, repository=repository_id, start=offset, most=limit, **values)
    number = await db.scan(count, repository=repository_id, **values)
    listed = [
        (_from_row(row), users.from_row(row[_WIDTH:]) if row[_WIDTH] is not None else None) for row in found
    ]
    return listed, int(number[0][0])


async def remove(db: Connection, download: Download) -> bool:
    """Forget one, unless it has been replaced meanwhile; whether it was there."""
    return (
        await db.run(
            _remove, repository=download.repository_id, wanted=download.name, wanted_file=download.file
        )
        > 0
    )


async def count_fetches(db: Connection, counts: Sequence[tuple[RepositoryId, str, int]]) -> None:
    """Add how often these files were fetched."""
    for repository_id, file, number in counts:
        await db.run(_count_fetch, repository=repository_id, wanted_file=file, number=number)
