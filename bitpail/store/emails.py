"""E-mail addresses that people add to their accounts.

A confirmed address is one account's: its key is the address. Anybody may claim
one: until it is confirmed its key names the user too, so that a claim keeps
nobody else from the address and tells nothing about who has it.
"""

from sqlalchemy import Text, bindparam, case, delete, insert, or_, update

from bitpail.model.users import UserId
from bitpail.store.database import Connection
from bitpail.store.tables import emails as _emails

_c = _emails.c
_user = _c.user_id == bindparam("user", type_=Text)
_key = bindparam("key", type_=Text)
_one = or_(_c.address_key == _key, _c.address_key == bindparam("claim", type_=Text))

_insert = insert(_emails)
_confirm = update(_emails).where(_user, _one).values(address_key=_key, is_confirmed=1)
_make_primary = update(_emails).where(_user).values(is_primary=case((_c.address_key == _key, 1), else_=0))
_remove = delete(_emails).where(_user, _one, _c.is_primary == 0)


async def claim(db: Connection, user_id: UserId, address: str) -> None:
    """Write an address that is not confirmed yet; raises Conflict if this user has claimed it."""
    await db.run(
        _insert,
        address_key=_claim(user_id, address),
        address=address,
        user_id=user_id,
        is_primary=0,
        is_confirmed=0,
    )


async def confirm(db: Connection, user_id: UserId, address: str) -> bool:
    """Make it the user's alone; False if the user has no such address. Raises Conflict if it is another's."""
    return await db.run(_confirm, user=user_id, key=address.lower(), claim=_claim(user_id, address)) > 0


async def make_primary(db: Connection, user_id: UserId, address: str) -> None:
    """Make a confirmed address the primary one, and no other."""
    await db.run(_make_primary, user=user_id, key=address.lower())


async def remove(db: Connection, user_id: UserId, address: str) -> bool:
    """Forget an address; False if there is none such, or if it is the primary one."""
    return await db.run(_remove, user=user_id, key=address.lower(), claim=_claim(user_id, address)) > 0


def _claim(user_id: UserId, address: str) -> str:
    # No address holds a blank.
    return f"{address.lower()} {user_id}"
