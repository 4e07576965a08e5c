"""Devices that wait for somebody to allow them something elsewhere."""

import msgspec
from sqlalchemy import BigInteger, Integer, Text, bindparam, insert, select, update

from bitpail.model.oauth_grants import DeviceCode, DeviceState
from bitpail.model.users import UserId
from bitpail.store.database import Connection
from bitpail.store.oauth_consumers import scopes_of, scopes_text
from bitpail.store.oauth_tables import oauth_device_codes as _codes
from bitpail.store.statements import Row

_c = _codes.c
_COLUMNS = tuple(_c[name] for name in DeviceCode.__struct_fields__)
_lookup = _c.lookup == bindparam("wanted", type_=Text)
_SCOPES = DeviceCode.__struct_fields__.index("scopes")
_STATE = DeviceCode.__struct_fields__.index("state")

_insert = insert(_codes)
_by_lookup = select(*_COLUMNS).where(_lookup)
_by_user_code = select(*_COLUMNS).where(_c.user_code == bindparam("typed", type_=Text))
_polled = (
    update(_codes)
    .where(_lookup)
    .values(polled_on=bindparam("at", type_=BigInteger), poll_every=bindparam("every", type_=Integer))
)
_decide = (
    update(_codes)
    .where(_lookup, _c.state == DeviceState.WAITING.value)
    .values(state=bindparam("new_state", type_=Text), user_id=bindparam("user", type_=Text))
)
_use = (
    update(_codes).where(_lookup, _c.state == DeviceState.ALLOWED.value).values(state=DeviceState.USED.value)
)


def _from_row(row: Row) -> DeviceCode:
    values = list(row)
    values[_SCOPES], values[_STATE] = scopes_of(row[_SCOPES]), DeviceState(row[_STATE])
    return DeviceCode(*values)


async def create(db: Connection, code: DeviceCode) -> None:
    """Write a new one; raises Conflict if the short code is in use."""
    values = msgspec.structs.asdict(code)
    values.update(scopes=scopes_text(code.scopes), state=code.state.value)
    await db.run(_insert, **values)


async def by_lookup(db: Connection, lookup: str) -> DeviceCode | None:
    """The one of that public name, whatever became of it."""
    row = await db.one(_by_lookup, wanted=lookup)
    return _from_row(row) if row else None


async def by_user_code(db: Connection, user_code: str) -> DeviceCode | None:
    """The one of that short code, whatever became of it."""
    row = await db.one(_by_user_code, typed=user_code)
    return _from_row(row) if row else None


async def polled(db: Connection, lookup: str, at: int, poll_every: int) -> None:
    """Write down when the device asked, and how long it has to wait from now on."""
    await db.run(_polled, wanted=lookup, at=at, every=poll_every)


async def decide(db: Connection, lookup: str, state: DeviceState, user_id: UserId) -> bool:
    """Write down what somebody decided; False if that was decided before."""
    return await db.run(_decide, wanted=lookup, new_state=state.value, user=user_id) > 0


async def use(db: Connection, lookup: str) -> bool:
    """Use it up; False unless it is allowed and was not used."""
    return await db.run(_use, wanted=lookup) > 0
