"""What tools found out about commits, by commit and by the ID that they gave it."""

import msgspec
from sqlalchemy import (
    BigInteger,
    Text,
    bindparam,
    delete,
    func,
    select,
)

from bitpail.model.reports import Report, ReportDetail
from bitpail.model.repositories import RepositoryId
from bitpail.store import queries
from bitpail.store.database import Connection, Database
from bitpail.store.queries import Field, Narrowed, constant, told_flag, told_texts
from bitpail.store.repository_tables import reports as _reports
from bitpail.store.statements import Row, Upsert
from bitpail.wire.query_kinds import Asked, Kind

_c = _reports.c
_COLUMNS = (_c.id, _c.repository_id, _c.commit, _c.external_id, _c.detail, _c.created_on, _c.updated_on)
_commit = (
    _c.repository_id == bindparam("repository", type_=Text),
    _c.commit == bindparam("wanted", type_=Text),
)
_id = _c.id == bindparam("report", type_=Text)


_FIELDS = {
    "type": Field(constant("report")),
    "uuid": Field(constant("{") + _c.id + constant("}")),
    "external_id": Field(_c.external_id),
    **told_texts(_c.detail, "title", "details", "reporter", "link", "logo_url", "report_type", "result"),
    "remote_link_enabled": told_flag(_c.detail, "remote_link_enabled"),
    **{name: Field(_c[name], Kind.MOMENT) for name in ("created_on", "updated_on")},
}

_put = Upsert(_reports, "detail", "updated_on")
_by_id = select(*_COLUMNS).where(*_commit, _id)
_by_external_id = select(*_COLUMNS).where(*_commit, _c.external_id == bindparam("external_id", type_=Text))
_page = (
    select(*_COLUMNS)
    .where(*_commit)
    .limit(bindparam("number", type_=BigInteger))
    .offset(bindparam("start", type_=BigInteger))
)
_count = select(func.count()).select_from(_reports).where(*_commit)
_chosen = Narrowed(_page, _count, _FIELDS, (_c.created_on, _c.id))
_remove = delete(_reports).where(_id)


async def put(db: Connection, report: Report) -> None:
    """Write one, or anew the detail of the one that is there."""
    await db.run(
        _put,
        **{**msgspec.structs.asdict(report), "detail": msgspec.json.encode(report.detail).decode()},
    )


async def by_id(db: Connection, repository_id: RepositoryId, commit: str, report_id: str) -> Report | None:
    """The one of that UUID, without braces."""
    row = await db.one(_by_id, repository=repository_id, wanted=commit, report=report_id)
    return _from_row(row) if row else None


async def by_external_id(
    db: Connection, repository_id: RepositoryId, commit: str, external_id: str
) -> Report | None:
    """The one that its maker calls so."""
    row = await db.one(_by_external_id, repository=repository_id, wanted=commit, external_id=external_id)
    return _from_row(row) if row else None


async def page(  # a commit, what is asked of its reports, which part
    db: Database, repository_id: RepositoryId, commit: str, asked: Asked, offset: int, limit: int
) -> tuple[list[Report], int]:
    """Some of a commit, the oldest first, and how many there are; raises Invalid."""
    given = {"repository": repository_id, "wanted": commit}
    rows, size = await queries.page(db, _chosen, asked, offset, limit, **given)
    return [_from_row(row) for row in rows], size


async def count(db: Connection, repository_id: RepositoryId, commit: str) -> int:
    """How many a commit has."""
    row = await db.one(_count, repository=repository_id, wanted=commit)
    return int(row[0]) if row else 0


async def remove(db: Connection, report_id: str) -> None:
    """Forget one with its annotations."""
    await db.run(_remove, report=report_id)


def _from_row(row: Row) -> Report:
    report_id, repository_id, commit, external_id, detail, created_on, updated_on = row
    told = msgspec.json.decode(detail, type=ReportDetail)
    return Report(report_id, repository_id, commit, external_id, told, created_on, updated_on)
