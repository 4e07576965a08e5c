"""Browsers that are logged in, by the digest of their cookie."""

from sqlalchemy import BigInteger, Text, bindparam, delete, insert, select, update

from bitpail.model.sessions import Session
from bitpail.model.users import User, UserId
from bitpail.store import users
from bitpail.store.database import Connection
from bitpail.store.tables import sessions as _sessions
from bitpail.store.tables import users as _users

_c = _sessions.c
_COLUMNS = (_c.digest, _c.user_id, _c.created_on, _c.last_seen_on, _c.expires_on, _c.address, _c.client)
_digest = _c.digest == bindparam("wanted", type_=Text)
_user = _c.user_id == bindparam("user", type_=Text)

_insert = insert(_sessions)
_find = (
    select(*users.COLUMNS, *_COLUMNS).join_from(_sessions, _users, _c.user_id == _users.c.id).where(_digest)
)
_of_user = (
    select(*_COLUMNS)
    .where(_user, _c.expires_on > bindparam("at", type_=BigInteger))
    .order_by(_c.last_seen_on.desc(), _c.digest)
)
_touch = update(_sessions).where(_digest).values(last_seen_on=bindparam("seen", type_=BigInteger))
_remove = delete(_sessions).where(_digest, _user)
_remove_others = delete(_sessions).where(_user, _c.digest != bindparam("kept", type_=Text))
_sweep = delete(_sessions).where(_c.expires_on <= bindparam("at", type_=BigInteger))


async def create(db: Connection, session: Session) -> None:
    """Write a new one."""
    await db.run(
        _insert,
        digest=session.digest,
        user_id=session.user_id,
        created_on=session.created_on,
        last_seen_on=session.last_seen_on,
        expires_on=session.expires_on,
        address=session.address,
        client=session.client,
    )


async def find(db: Connection, digest: str) -> tuple[Session, User] | None:
    """The session with its user; expired and inactive ones too."""
    row = await db.one(_find, wanted=digest)
    if row is None:
        return None
    return Session(*row[len(users.COLUMNS) :]), users.from_row(row)


async def of_user(db: Connection, user_id: UserId, at: int) -> list[Session]:
    """Those of a user that have not expired, the latest seen first."""
    return [Session(*row) for row in await db.all(_of_user, user=user_id, at=at)]


async def touch(db: Connection, digest: str, seen: int) -> None:
    """Write down that one was used."""
    await db.run(_touch, wanted=digest, seen=seen)


async def remove(db: Connection, user_id: UserId, digest: str) -> None:
    """End one."""
    await db.run(_remove, wanted=digest, user=user_id)


async def remove_others(db: Connection, user_id: UserId, kept: str = "") -> None:
    """End all of a user's but one, if one is named."""
    await db.run(_remove_others, user=user_id, kept=kept)


async def sweep(db: Connection, at: int) -> None:
    """Forget what has expired."""
    await db.run(_sweep, at=at)
