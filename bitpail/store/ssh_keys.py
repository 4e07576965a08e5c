"""SSH keys of people. A fingerprint is one person's."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Text, bindparam, delete, insert, select, update

from bitpail.model.ssh_keys import SshKey, SshKeyUse
from bitpail.model.users import User, UserId
from bitpail.store import last_uses, users
from bitpail.store.database import Connection
from bitpail.store.tables import ssh_keys as _keys
from bitpail.store.tables import users as _users

_c = _keys.c
_COLUMNS = tuple(_c[name] for name in SshKey.__struct_fields__)
_user = _c.user_id == bindparam("user", type_=Text)

_insert = insert(_keys)
_of_user = select(*_COLUMNS).where(_user).order_by(_c.created_on, _c.id)
_by_fingerprint = (
    select(*users.COLUMNS, *_COLUMNS)
    .join_from(_keys, _users, _c.user_id == _users.c.id)
    .where(_c.fingerprint == bindparam("wanted", type_=Text))
)
_change = (
    update(_keys)
    .where(_user, _c.id == bindparam("key_id", type_=Text))
    .values(
        label=bindparam("new_label", type_=Text),
        comment=bindparam("new_comment", type_=Text),
        expires_on=bindparam("new_end", type_=BigInteger),
    )
)
_remove = delete(_keys).where(_user, _c.id == bindparam("key_id", type_=Text))
_touch = last_uses.touch(_keys)


async def create(db: Connection, key: SshKey) -> None:
    """Write a new one; raises Conflict if the key is somebody's already."""
    await db.run(_insert, **msgspec.structs.asdict(key))


async def of_user(db: Connection, user_id: UserId) -> list[SshKey]:
    """All of a user's, oldest first; expired ones too."""
    return [SshKey(*row) for row in await db.all(_of_user, user=user_id)]


async def by_fingerprint(db: Connection, fingerprint: str) -> tuple[SshKey, User] | None:
    """The key with its user; expired and inactive ones too."""
    row = await db.one(_by_fingerprint, wanted=fingerprint)
    if row is None:
        return None
    return SshKey(*row[len(users.COLUMNS) :]), users.from_row(row)


async def change(db: Connection, key: SshKey) -> None:
    """Write down its label, its comment and its end."""
    await db.run(
        _change,
        user=key.user_id,
        key_id=key.id,
        new_label=key.label,
        new_comment=key.comment,
        new_end=key.expires_on,
    )


async def remove(db: Connection, user_id: UserId, key_id: str) -> bool:
    """Forget one; False if the user has none of that id."""
    return await db.run(_remove, user=user_id, key_id=key_id) > 0


async def touch(db: Connection, uses: Sequence[SshKeyUse]) -> None:
    """Write down when each was last used, each key at most once; an older use changes nothing."""
    if uses:
        # In order: two processes that write down the same must not wait for each other.
        ordered = sorted(uses, key=lambda use: use.id)
        await db.run(_touch, uses=msgspec.json.encode(ordered).decode())
