"""The audit log. Nothing here changes or removes an event."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Text, and_, bindparam, func, insert, literal, or_, select

from bitpail.model.audit import ABOUT_SOMEBODY, Event, Filter, Kind
from bitpail.model.users import UserId
from bitpail.store.database import Connection, Database
from bitpail.store.statements import Row, insert_gathered, text_field
from bitpail.store.tables import audit_events as _events

_e = _events.c
_NAMES = Event.__struct_fields__
_COLUMNS = tuple(_e[name] for name in _NAMES)

_insert = insert(_events)
# The same event may come twice, from two workers or after an answer that got lost.
_insert_all = insert_gathered(_events, _NAMES, "events")
_user, _kind = bindparam("user", type_=Text), bindparam("kind", type_=Text)
_at, _id = bindparam("at", type_=BigInteger), bindparam("after", type_=Text)
_limit = bindparam("most", type_=BigInteger)
_app_password, _address = bindparam("app_password", type_=Text), bindparam("address", type_=Text)
_place = bindparam("place", type_=Text)


def _member(name: str) -> ColumnElement[str]:
    return text_field(_e.detail, literal(name, Text))


def _is_in(name: str) -> ColumnElement[bool]:
    """Whether a member names the place, or one in it."""
    inside = _place + "/"
    return or_(_member(name) == _place, func.substr(_member(name), 1, func.length(inside)) == inside)


_wanted = and_(
    or_(
        _user == "",
        _e.user_id == _user,
        and_(
            or_(*(_e.kind == kind.value for kind in ABOUT_SOMEBODY)),
            _member("whom_uuid") == "{" + _user + "}",
        ),
    ),
    or_(_place == "", *(_is_in(name) for name in ("repository", "project", "workspace", "moved_from"))),
    or_(_kind == "", _e.kind == _kind),
    or_(_app_password == "", _e.label == _app_password, _e.app_password_id == _app_password),
    or_(_address == "", _e.address == _address),
    _e.at >= bindparam("since", type_=BigInteger),
    _e.at < bindparam("until", type_=BigInteger),
)
_newest = (
    select(*_COLUMNS)
    .where(_wanted, or_(_e.at < _at, and_(_e.at == _at, _e.id < _id)))
    .order_by(_e.at.desc(), _e.id.desc())
    .limit(_limit)
)
_newest_of_user = (
    select(*_COLUMNS)
    .where(_e.user_id == _user, _e.at <= _at, or_(_e.at < _at, _e.id < _id))
    .order_by(_e.at.desc(), _e.id.desc())
    .limit(_limit)
)
_last_of_two = (
    select(*_COLUMNS)
    .where(_e.app_password_id == bindparam("app_password", type_=Text))
    .where(or_(_e.kind == _kind, _e.kind == bindparam("other", type_=Text)))
    .order_by(_e.at.desc())
    .limit(1)
)
_oldest = (
    select(*_COLUMNS)
    .where(_wanted, or_(_e.at > _at, and_(_e.at == _at, _e.id > _id)))
    .order_by(_e.at, _e.id)
    .limit(_limit)
)


async def add(db: Connection, event: Event) -> None:
    """Write one event, in the transaction of what it tells of."""
    await db.run(_insert, **msgspec.structs.asdict(event))


async def add_all(db: Connection, events: Sequence[Event]) -> None:
    """Write several in one statement; one that is there already stays as it is."""
    if events:
        await db.run(_insert_all, events=msgspec.json.encode(events).decode())


async def newest(db: Database, wanted: Filter, *, before: tuple[int, str], limit: int) -> list[Event]:
    """Events before one, the newest first."""
    rows = await db.scan(_newest, **_asked(wanted), at=before[0], after=before[1], most=limit)
    return [_from_row(row) for row in rows]


async def newest_of_user(
    db: Connection, user_id: UserId, *, before: tuple[int, str], limit: int
) -> list[Event]:
    """A user's events before one, the newest first; the cost grows with ``limit`` only."""
    rows = await db.all(_newest_of_user, user=user_id, at=before[0], after=before[1], most=limit)
    return [_from_row(row) for row in rows]


async def oldest(db: Database, wanted: Filter, *, after: tuple[int, str], limit: int) -> list[Event]:
    """Events after one, the oldest first."""
    rows = await db.scan(_oldest, **_asked(wanted), at=after[0], after=after[1], most=limit)
    return [_from_row(row) for row in rows]


async def last_of_two(db: Connection, app_password_id: str, kind: Kind, other: Kind) -> Event | None:
    """The newest event of either kind about an app password."""
    row = await db.one(_last_of_two, app_password=app_password_id, kind=kind, other=other)
    return _from_row(row) if row else None


def _asked(wanted: Filter) -> dict[str, Any]:
    asked = msgspec.structs.asdict(wanted)
    return {"user": asked.pop("user_id"), **asked}


def _from_row(row: Row) -> Event:
    return Event(row[0], row[1], Kind(row[2]), *row[3:])
