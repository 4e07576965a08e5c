"""Two-step verification: the nonce of a user's secret, the last code used, the recovery codes.

The secret itself is nowhere in the database: services compute it from the nonce and a key.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import BigInteger, Text, bindparam, delete, func, insert, or_, select

from bitpail.model.users import UserId
from bitpail.store.database import Connection
from bitpail.store.tables import recovery_codes as _codes
from bitpail.store.tables import users as _users

_id = _users.c.id == bindparam("user", type_=Text)
_of_user = _codes.c.user_id == bindparam("user", type_=Text)
_step = bindparam("step", type_=BigInteger)

_nonce = select(_users.c.two_step_nonce).where(_id)
# The last step used stays: the code that switched it on must not log in as well.
_set_nonce = sa.update(_users).where(_id).values(two_step_nonce=bindparam("nonce", type_=Text))
_use_step = (
    sa.update(_users)
    .where(_id, or_(_users.c.two_step_used.is_(None), _users.c.two_step_used < _step))
    .values(two_step_used=_step)
)
_count = select(func.count()).select_from(_codes).where(_of_user)
_insert = insert(_codes)
_use = delete(_codes).where(_of_user, _codes.c.digest == bindparam("wanted", type_=Text))
_forget = delete(_codes).where(_of_user)


async def nonce(db: Connection, user_id: UserId) -> str | None:
    """What the secret is computed from; None: there is no second step."""
    row = await db.one(_nonce, user=user_id)
    return row[0] if row else None


async def set_nonce(db: Connection, user_id: UserId, value: str | None) -> None:
    """Switch the second step on, or off with None."""
    await db.run(_set_nonce, user=user_id, nonce=value)


async def use_step(db: Connection, user_id: UserId, step: int) -> bool:
    """Take the code of a time step; False if that one or a later one was taken before."""
    return await db.run(_use_step, user=user_id, step=step) > 0


async def put_codes(db: Connection, user_id: UserId, digests: Iterable[str]) -> None:
    """The recovery codes instead of those there were."""
    await db.run(_forget, user=user_id)
    for digest in digests:
        await db.run(_insert, user_id=user_id, digest=digest)


async def use_code(db: Connection, user_id: UserId, digest: str) -> bool:
    """Take a recovery code; False if there is none such."""
    return await db.run(_use, user=user_id, wanted=digest) > 0


async def count_codes(db: Connection, user_id: UserId) -> int:
    """How many recovery codes are left."""
    row = await db.one(_count, user=user_id)
    return int(row[0]) if row else 0
