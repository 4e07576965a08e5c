"""Who is to be told that an app password expires, and who was.

No index goes by expiry, so everybody's are looked through, some at a time, by
their key. ``Database.scan`` keeps that off the event loop.
"""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import BigInteger, Integer, Text, bindparam, delete, exists, func, select

from bitpail.model.app_passwords import AppPasswordId
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.store import users
from bitpail.store.database import Connection, Database
from bitpail.store.statements import Upsert
from bitpail.store.tables import app_password_notices as _notices
from bitpail.store.tables import app_passwords as _app_passwords
from bitpail.store.tables import emails as _emails
from bitpail.store.tables import users as _users

_c = _app_passwords.c
_n = _notices.c
_after = _c.id > bindparam("after", type_=Text)
_days = bindparam("days", type_=Integer)
_end = select(_c.id).where(_after).order_by(_c.id).offset(bindparam("before_it", type_=BigInteger)).limit(1)
_last = select(func.max(_c.id)).where(_after)
_due = (
    select(
        *users.COLUMNS,
        *(_emails.c.address, _c.id, _c.kind, _c.label, _c.expires_on),
        *(_c.last_used_on, _c.last_used_address, _c.last_used_client),
    )
    # Of a robot's, whoever made it is told.
    .join_from(_app_passwords, _users, _users.c.id == func.coalesce(_c.created_by, _c.user_id))
    .join(_emails, _emails.c.user_id == _users.c.id)
    .where(_after, _c.id <= bindparam("end", type_=Text), _c.revoked_on.is_(None), _users.c.is_active == 1)
    .where(_c.expires_on > bindparam("since", type_=BigInteger))
    .where(_c.expires_on <= bindparam("until", type_=BigInteger))
    .where(_c.expires_on - _c.created_on > bindparam("life", type_=BigInteger))
    .where(_emails.c.is_primary == 1, _emails.c.is_confirmed == 1, _users.c.is_robot == 0)
    .where(~exists().where(_n.app_password_id == _c.id, _n.days == _days))
)
_claim = Upsert(_notices)
_release = delete(_notices).where(
    _n.app_password_id == bindparam("app_password", type_=Text), _n.days == _days
)


class Due(Struct, frozen=True):
    """An app password whose owner is to be told, ``days`` before it expires, and where."""

    days: int
    user: User
    address: str
    id: AppPasswordId
    kind: CredentialKind
    label: str
    expires_on: int
    last_used_on: int | None
    last_used_address: str | None
    last_used_client: str | None


async def page_end(db: Database, after: str, most: int) -> str | None:
    """The key of the last of the next ``most`` app passwords; None after the last of all."""
    rows = await db.scan(_end, after=after, before_it=most - 1) or await db.scan(_last, after=after)
    end: str | None = rows[0][0]
    return end


async def due(
    db: Database, page: tuple[str, str], *, days: int, since: int, until: int, life: int
) -> list[Due]:
    """Those of a page (after a key, up to a key) that expire in between and of which nobody was told yet.

    Left out are those that live for no longer than ``life`` in all, microseconds.
    """
    rows = await db.scan(_due, after=page[0], end=page[1], days=days, since=since, until=until, life=life)
    at = len(users.COLUMNS)
    return [
        Due(
            days,
            users.from_row(row),
            row[at],
            row[at + 1],
            CredentialKind(row[at + 2]),
            *row[at + 3 : at + 8],
        )
        for row in rows
    ]


async def claim(db: Connection, found: Sequence[Due], at: int) -> list[Due]:
    """Those that nobody else tells of. In a transaction: of two who try, one gets all."""
    others: set[str] = set()
    # In order: two must not wait for each other.
    for one in sorted(found, key=lambda due: due.id):
        if not await db.run(_claim, app_password_id=one.id, days=one.days, sent_on=at):
            others.add(one.id)
    return [one for one in found if one.id not in others]


async def release(db: Connection, claimed: Sequence[Due]) -> None:
    """Nobody was told after all."""
    for one in sorted(claimed, key=lambda due: due.id):
        await db.run(_release, app_password=one.id, days=one.days)
