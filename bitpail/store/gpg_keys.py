"""OpenPGP keys of people. One may be on several accounts: it lets nobody in."""

import msgspec
from sqlalchemy import Text, bindparam, delete, func, insert, select

from bitpail.model.gpg_keys import Certificate, GpgKey, Subkey
from bitpail.model.users import UserId
from bitpail.store.database import Connection
from bitpail.store.repository_tables import gpg_keys as _keys
from bitpail.store.statements import Row

_c = _keys.c
_COLUMNS = (_c.user_id, _c.key, _c.name, _c.detail, _c.added_on)
_user = _c.user_id == bindparam("user", type_=Text)
_fingerprint = _c.fingerprint == bindparam("wanted", type_=Text)

_insert = insert(_keys)
_of_user = select(*_COLUMNS).where(_user).order_by(_c.added_on, _c.fingerprint)
_count = select(func.count()).select_from(_keys).where(_user)
_one = select(*_COLUMNS).where(_user, _fingerprint)
_remove = delete(_keys).where(_user, _fingerprint)


class _Detail(msgspec.Struct, frozen=True):
    """What was read in the key, so that it isn't read again."""

    primary: Subkey
    subkeys: tuple[Subkey, ...]
    user_ids: tuple[str, ...]


_decoder = msgspec.json.Decoder(_Detail)


async def create(db: Connection, key: GpgKey) -> None:
    """Write a new one; raises Conflict if the user has it already."""
    found = key.certificate
    detail = _Detail(found.primary, found.subkeys, found.user_ids)
    await db.run(
        _insert,
        user_id=key.user_id,
        fingerprint=key.fingerprint,
        key=found.text,
        name=key.name,
        detail=msgspec.json.encode(detail).decode(),
        added_on=key.added_on,
    )


async def of_user(db: Connection, user_id: UserId) -> list[GpgKey]:
    """All of a user's, oldest first."""
    return [_key(row) for row in await db.all(_of_user, user=user_id)]


async def count(db: Connection, user_id: UserId) -> int:
    """How many a user has."""
    row = await db.one(_count, user=user_id)
    return int(row[0]) if row else 0


async def one(db: Connection, user_id: UserId, fingerprint: str) -> GpgKey | None:
    """The one of that fingerprint."""
    row = await db.one(_one, user=user_id, wanted=fingerprint)
    return _key(row) if row else None


async def remove(db: Connection, user_id: UserId, fingerprint: str) -> bool:
    """Forget one; False if the user has none of that fingerprint."""
    return await db.run(_remove, user=user_id, wanted=fingerprint) > 0


def _key(row: Row) -> GpgKey:
    user_id, text, name, detail, added_on = row
    found = _decoder.decode(detail)
    return GpgKey(user_id, Certificate(found.primary, found.subkeys, found.user_ids, text), name, added_on)
