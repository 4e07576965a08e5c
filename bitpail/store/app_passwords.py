"""App passwords: their keyed digests, what they may, and when they were last used."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from sqlalchemy import BigInteger, Text, bindparam, cast, column, insert, or_, select, update

from bitpail.model.app_passwords import AppPassword, AppPasswordId, StoredSecret, Use
from bitpail.model.scopes import Scope
from bitpail.model.users import UserId
from bitpail.store import users
from bitpail.store.database import Connection
from bitpail.store.statements import Row, json_field, object_rows
from bitpail.store.tables import app_passwords as _app_passwords
from bitpail.store.tables import users as _users

_c = _app_passwords.c
_COLUMNS = (
    *(_c.id, _c.user_id, _c.label, _c.scopes, _c.created_on, _c.revoked_on),
    *(_c.last_used_on, _c.last_used_address, _c.last_used_client),
)
_user = _c.user_id == bindparam("user", type_=Text)
_uses = object_rows(bindparam("uses", type_=Text)).table_valued(column("value", Text), name="uses")
_used_on = cast(json_field(_uses.c.value, "time"), BigInteger)

_insert = insert(_app_passwords)
_by_lookup = (
    select(*users.COLUMNS, *_COLUMNS, _c.digest, _c.key_number)
    .join_from(_app_passwords, _users, _c.user_id == _users.c.id)
    .where(_c.lookup == bindparam("lookup_name", type_=Text))
)
_of_user = select(*_COLUMNS).where(_user).order_by(_c.created_on, _c.id)
_unrevoked_of_user = _of_user.where(_c.revoked_on.is_(None))
_by_label = select(*_COLUMNS).where(
    _user, _c.label == bindparam("wanted", type_=Text), _c.revoked_on.is_(None)
)
_revoke = (
    update(_app_passwords)
    .where(_c.id == bindparam("app_password", type_=Text), _c.revoked_on.is_(None))
    .values(revoked_on=bindparam("now", type_=BigInteger))
)
_touch = (
    update(_app_passwords)
    .where(_c.id == json_field(_uses.c.value, "id"))
    .where(or_(_c.last_used_on.is_(None), _c.last_used_on < _used_on))
    .values(
        last_used_on=_used_on,
        last_used_address=json_field(_uses.c.value, "address"),
        last_used_client=json_field(_uses.c.value, "client"),
    )
)


@lru_cache(maxsize=4096)
def _scopes(names: str) -> tuple[Scope, ...]:
    return tuple(Scope(name) for name in names.split())


def _from_row(row: Row, at: int = 0) -> AppPassword:
    scopes = _scopes(row[at + 3])
    return AppPassword(row[at], row[at + 1], row[at + 2], scopes, *row[at + 4 : at + 9])


async def create(
    db: Connection, app_password: AppPassword, lookup: str, digest: bytes, key_number: int
) -> None:
    """Write a new one; raises Conflict if the user has an unrevoked one of that label."""
    await db.run(
        _insert,
        id=app_password.id,
        lookup=lookup,
        user_id=app_password.user_id,
        label=app_password.label,
        scopes=" ".join(scope.value for scope in app_password.scopes),
        digest=digest,
        key_number=key_number,
        created_on=app_password.created_on,
        revoked_on=app_password.revoked_on,
        last_used_on=app_password.last_used_on,
        last_used_address=app_password.last_used_address,
        last_used_client=app_password.last_used_client,
    )


async def by_lookup(db: Connection, lookup: str) -> StoredSecret | None:
    """The one of that public name with its user; revoked ones and inactive users too: judge them."""
    row = await db.one(_by_lookup, lookup_name=lookup)
    return StoredSecret(_from_row(row, 8), users.from_row(row), row[17], row[18]) if row else None


async def of_user(db: Connection, user_id: UserId, *, include_revoked: bool = False) -> list[AppPassword]:
    """All of a user's, oldest first."""
    statement = _of_user if include_revoked else _unrevoked_of_user
    return [_from_row(row) for row in await db.all(statement, user=user_id)]


async def by_label(db: Connection, user_id: UserId, label: str) -> AppPassword | None:
    """The unrevoked one of that label."""
    row = await db.one(_by_label, user=user_id, wanted=label)
    return _from_row(row) if row else None


async def revoke(db: Connection, app_password_id: AppPasswordId, revoked_on: int) -> bool:
    """End one; False if it had ended, or never was."""
    return await db.run(_revoke, app_password=app_password_id, now=revoked_on) > 0


async def touch(db: Connection, uses: Sequence[Use]) -> None:
    """Write down when each was last used, in one statement; an older use changes nothing."""
    latest: dict[str, Use] = {}
    for use in uses:
        if use.app_password_id not in latest or use.time > latest[use.app_password_id].time:
            latest[use.app_password_id] = use
    if not latest:
        return
    # In order of id: two processes that write down the same ones must not wait for each other.
    listed = [
        {"id": key, "time": use.time, "address": use.address, "client": _storable(use.client)}
        for key, use in sorted(latest.items())
    ]
    await db.run(_touch, uses=msgspec.json.encode(listed).decode())


def _storable(client: str) -> str:
    """What a client calls itself may be anything; a database takes no NUL and no lone surrogate."""
    return client.replace("\0", "").encode("utf-8", "replace").decode()
