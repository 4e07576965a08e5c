"""Pictures that people have uploaded, at most one of each."""

import msgspec
from sqlalchemy import Text, bindparam, delete, select

from bitpail.model.avatars import Avatar
from bitpail.model.users import UserId
from bitpail.store.database import Connection
from bitpail.store.statements import Upsert
from bitpail.store.tables import avatars as _avatars

_c = _avatars.c
_of = _c.user_id == bindparam("user", type_=Text)

_put = Upsert(_avatars, "media_type", "content", "changed_on")
_of_user = select(_c.user_id, _c.media_type, _c.content, _c.changed_on).where(_of)
_remove = delete(_avatars).where(_of)


async def put(db: Connection, avatar: Avatar) -> None:
    """Write a picture instead of the one there was."""
    await db.run(_put, **msgspec.structs.asdict(avatar))


async def of_user(db: Connection, user_id: UserId) -> Avatar | None:
    """A user's picture, if there is one."""
    row = await db.one(_of_user, user=user_id)
    return Avatar(row[0], row[1], bytes(row[2]), row[3]) if row else None


async def remove(db: Connection, user_id: UserId) -> bool:
    """Forget a picture; False if there was none."""
    return await db.run(_remove, user=user_id) > 0
