"""What reports say of single places, by report and by the ID that their makers gave."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Text, bindparam, column, delete, func, select

from bitpail.model.reports import Annotation, AnnotationDetail
from bitpail.store import queries
from bitpail.store.database import Connection, Database
from bitpail.store.queries import Field, Narrowed, constant, told_number, told_texts
from bitpail.store.repository_tables import report_annotations as _annotations
from bitpail.store.statements import Row, Upsert, text_rows
from bitpail.wire.query_kinds import Asked, Kind

_c = _annotations.c
_COLUMNS = (_c.id, _c.report_id, _c.external_id, _c.detail, _c.created_on, _c.updated_on)
_report = _c.report_id == bindparam("report", type_=Text)
_id = _c.id == bindparam("annotation", type_=Text)
_wanted = text_rows(bindparam("external_ids", type_=Text)).table_valued(column("value", Text), name="wanted")

_FIELDS = {
    "type": Field(constant("report_annotation")),
    "uuid": Field(constant("{") + _c.id + constant("}")),
    "external_id": Field(_c.external_id),
    **told_texts(_c.detail, "annotation_type", "summary", "details", "path", "result", "severity", "link"),
    "line": told_number(_c.detail, "line"),
    **{name: Field(_c[name], Kind.MOMENT) for name in ("created_on", "updated_on")},
}

_put = Upsert(_annotations, "detail", "updated_on")
_by_id = select(*_COLUMNS).where(_report, _id)
_by_external_ids = select(*_COLUMNS).where(_report, _c.external_id.in_(select(_wanted.c.value)))
_page = (
    select(*_COLUMNS)
    .where(_report)
    .limit(bindparam("number", type_=BigInteger))
    .offset(bindparam("start", type_=BigInteger))
)
_count = select(func.count()).select_from(_annotations).where(_report)
_chosen = Narrowed(_page, _count, _FIELDS, (_c.created_on, _c.id))
_remove = delete(_annotations).where(_id)


async def put(db: Connection, annotation: Annotation) -> None:
    """Write one, or anew the detail of the one that is there."""
    await db.run(
        _put,
        **{**msgspec.structs.asdict(annotation), "detail": msgspec.json.encode(annotation.detail).decode()},
    )


async def by_id(db: Connection, report_id: str, annotation_id: str) -> Annotation | None:
    """The one of that UUID, without braces."""
    row = await db.one(_by_id, report=report_id, annotation=annotation_id)
    return _from_row(row) if row else None


async def by_external_ids(
    db: Connection, report_id: str, external_ids: Sequence[str]
) -> dict[str, Annotation]:
    """Those that their maker calls so, by what it calls them."""
    wanted = msgspec.json.encode(list(external_ids)).decode()
    rows = await db.all(_by_external_ids, report=report_id, external_ids=wanted)
    return {row[2]: _from_row(row) for row in rows}


async def page(
    db: Database, report_id: str, asked: Asked, offset: int, limit: int
) -> tuple[list[Annotation], int]:
    """Some of a report, as they came, and how many there are; raises Invalid."""
    rows, size = await queries.page(db, _chosen, asked, offset, limit, report=report_id)
    return [_from_row(row) for row in rows], size


async def count(db: Connection, report_id: str) -> int:
    """How many a report has."""
    row = await db.one(_count, report=report_id)
    return int(row[0]) if row else 0


async def remove(db: Connection, annotation_id: str) -> None:
    """Forget one."""
    await db.run(_remove, annotation=annotation_id)


def _from_row(row: Row) -> Annotation:
    annotation_id, report_id, external_id, detail, created_on, updated_on = row
    told = msgspec.json.decode(detail, type=AnnotationDetail)
    return Annotation(annotation_id, report_id, external_id, told, created_on, updated_on)
