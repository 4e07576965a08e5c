"""Imports: what runs, what came of it. Credentials are not among it."""

import msgspec
import sqlalchemy as sa
from sqlalchemy import BigInteger, Text, bindparam, delete, insert, select, update

from bitpail.model.imports import Import, ImportId, State
from bitpail.model.users import UserId
from bitpail.store.database import Connection
from bitpail.store.repository_tables import imports as _imports
from bitpail.store.statements import Row

_c = _imports.c
_COLUMNS = tuple(_c)
_id = _c.id == bindparam("import", type_=Text)
_user = _c.user_id == bindparam("user", type_=Text)
_runs = _c.state == State.RUNNING.value

_insert = insert(_imports)
_one = select(*_COLUMNS).where(_id, _user)
_recent = (
    select(*_COLUMNS)
    .where(_user)
    .order_by(_c.started_on.desc(), _c.id)
    .limit(bindparam("number", type_=BigInteger))
)
_note = (
    update(_imports)
    .where(_id, _runs)
    .values(said=bindparam("new_said", type_=Text), seen_on=bindparam("new_seen_on", type_=BigInteger))
)
_finish = (
    update(_imports)
    .where(_id, _runs)
    .values(state=bindparam("new_state", type_=Text), said=bindparam("new_said", type_=Text))
)
_lost = select(*_COLUMNS).where(_runs, _c.seen_on < bindparam("before", type_=BigInteger))
_forget = delete(_imports).where(
    sa.or_(*(_c.state == state.value for state in State if state is not State.RUNNING)),
    _c.seen_on < bindparam("before", type_=BigInteger),
)


def _from_row(row: Row) -> Import:
    state = (State(row[8]),)
    return Import(*(row[:8] + state + row[9:]))


async def create(db: Connection, one: Import) -> None:
    """Write one that begins."""
    await db.run(_insert, **msgspec.structs.asdict(one) | {"state": one.state.value})


async def one(db: Connection, import_id: str, user_id: UserId) -> Import | None:
    """One of a user's."""
    row = await db.one(_one, **{"import": import_id}, user=user_id)
    return _from_row(row) if row else None


async def recent(db: Connection, user_id: UserId, limit: int) -> list[Import]:
    """A user's newest."""
    return [_from_row(row) for row in await db.all(_recent, user=user_id, number=limit)]


async def note(db: Connection, import_id: ImportId, said: str, seen_on: int) -> bool:
    """How far it is; False if it is to run no longer."""
    return await db.run(_note, **{"import": import_id}, new_said=said, new_seen_on=seen_on) > 0


async def finish(db: Connection, import_id: ImportId, state: State, said: str) -> bool:
    """End one; False if it had ended already."""
    return await db.run(_finish, **{"import": import_id}, new_state=state.value, new_said=said) > 0


async def lost(db: Connection, before: int) -> list[Import]:
    """Those that run, of which nothing was heard since."""
    return [_from_row(row) for row in await db.all(_lost, before=before)]


async def forget(db: Connection, before: int) -> None:
    """Delete what ended before that moment."""
    await db.run(_forget, before=before)
