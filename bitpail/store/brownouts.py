"""Who uses app passwords, and whom a brownout has refused: by password and client."""

from sqlalchemy import BigInteger, Integer, Text, bindparam, func, or_, select

from bitpail.model.brownouts import Affected
from bitpail.model.credentials import CredentialKind
from bitpail.model.denials import DenialReason
from bitpail.model.users import UserId
from bitpail.store.database import Database
from bitpail.store.statements import Row
from bitpail.store.tables import app_password_usage as _usage
from bitpail.store.tables import app_passwords as _app_passwords
from bitpail.store.tables import denials as _denials
from bitpail.store.tables import users as _users

_DAY = 86_400_000_000
_p, _u, _d = _app_passwords.c, _usage.c, _denials.c
_named = (_users.c.username, _p.id, _p.label)
_most = bindparam("most", type_=BigInteger)
_of_user = _p.user_id == bindparam("user", type_=Text)
_living = (
    (_p.kind == CredentialKind.APP_PASSWORD.value)
    & _p.revoked_on.is_(None)
    & or_(_p.expires_on.is_(None), _p.expires_on > bindparam("at", type_=BigInteger))
)
_count = func.sum(_u.count)
_used = (
    select(*_named, _u.client, _count, func.max(_u.day))
    .join_from(_usage, _app_passwords, _p.id == _u.app_password_id)
    .join(_users, _users.c.id == _p.user_id)
    .where(_living, _u.day >= bindparam("since", type_=Integer))
    .group_by(*_named, _u.client)
    .order_by(_count.desc(), _users.c.username, _p.label, _u.client)
    .limit(_most)
)
# Of who has switched counting off the last use alone is known.
_last_used = (
    select(*_named, _p.last_used_client, _p.last_used_on)
    .join_from(_app_passwords, _users, _users.c.id == _p.user_id)
    .where(_living, _users.c.records_usage == 0, _p.last_used_on >= bindparam("since", type_=BigInteger))
    .order_by(_p.last_used_on.desc(), _users.c.username, _p.label)
    .limit(_most)
)
_refused = (
    select(*_named, _d.client, func.count(), func.max(_d.at))
    .join_from(_denials, _app_passwords, _p.id == _d.app_password_id)
    .join(_users, _users.c.id == _p.user_id)
    .where(
        _d.at >= bindparam("starts_on", type_=BigInteger),
        _d.at < bindparam("ends_on", type_=BigInteger),
        _d.reason == DenialReason.YEAR.value,
    )
    .group_by(*_named, _d.client)
    .order_by(func.count().desc(), _users.c.username, _p.label, _d.client)
    .limit(_most)
)
_used_of_user, _last_used_of_user, _refused_of_user = (
    statement.where(_of_user) for statement in (_used, _last_used, _refused)
)


async def used(db: Database, since: int, at: int, most: int, user_id: UserId | None = None) -> list[Affected]:
    """Who has used living app passwords since a moment, counted by day; the most frequent first."""
    day = since // _DAY
    if user_id is None:
        counted = await db.scan(_used, since=day, at=at, most=most)
        known = await db.scan(_last_used, since=since, at=at, most=most)
    else:
        counted = await db.scan(_used_of_user, since=day, at=at, most=most, user=user_id)
        known = await db.scan(_last_used_of_user, since=since, at=at, most=most, user=user_id)
    found = [
        Affected(username, password, label, client, int(count), day * _DAY)
        for username, password, label, client, count, day in counted
    ]
    return [
        *found,
        *(
            Affected(username, password, label, client or "", 1, last_on)
            for username, password, label, client, last_on in known
        ),
    ]


async def refused(
    db: Database, starts_on: int, ends_on: int, most: int, user_id: UserId | None = None
) -> list[Affected]:
    """Whom the rules of a year have refused between two moments; the most frequent first."""
    if user_id is None:
        return _affected(await db.scan(_refused, starts_on=starts_on, ends_on=ends_on, most=most))
    rows = await db.scan(_refused_of_user, starts_on=starts_on, ends_on=ends_on, most=most, user=user_id)
    return _affected(rows)


def _affected(rows: list[Row]) -> list[Affected]:
    return [Affected(*row) for row in rows]
