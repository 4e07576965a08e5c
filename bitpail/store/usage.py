"""What app passwords were needed for, counted per day."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Integer, Text, bindparam, cast, column, delete, func, select

from bitpail.model.app_passwords import AppPasswordId
from bitpail.model.scopes import NAMED
from bitpail.model.usage import Usage, UsageKey
from bitpail.model.users import UserId
from bitpail.policy.advice import Watched
from bitpail.store.database import Connection
from bitpail.store.statements import Upsert, json_field, object_rows
from bitpail.store.tables import app_password_usage as _usage
from bitpail.store.tables import app_passwords as _app_passwords
from bitpail.store.tables import repositories as _repositories
from bitpail.store.tables import users as _users
from bitpail.store.tables import workspaces as _workspaces

_DAY = 86_400_000_000

_u = _usage.c
_rows = object_rows(bindparam("counts", type_=Text)).table_valued(column("value", Text), name="counts")
_KEY = ("day", "scope", "repository_id", "address", "client")
# Whoever is gone or has switched it off meanwhile is not counted any more.
_add = Upsert(_usage, adding=("count",)).from_select(
    ["app_password_id", *_KEY, "count"],
    select(
        _app_passwords.c.id,
        cast(json_field(_rows.c.value, "day"), Integer),
        *(json_field(_rows.c.value, name) for name in _KEY[1:]),
        cast(json_field(_rows.c.value, "count"), BigInteger),
    )
    .select_from(_rows)
    .join(_app_passwords, _app_passwords.c.id == json_field(_rows.c.value, "app_password_id"))
    .join(_users, _users.c.id == _app_passwords.c.user_id)
    .where(_users.c.records_usage == 1),
)
_sweep = delete(_usage).where(_u.day < bindparam("before", type_=Integer))
_of_user = _app_passwords.c.user_id == bindparam("user", type_=Text)
_forget = delete(_usage).where(_u.app_password_id.in_(select(_app_passwords.c.id).where(_of_user)))
_needed = (
    select(_u.app_password_id, _u.scope, func.max(_u.day), func.min(_u.day))
    .join_from(_app_passwords, _usage, _app_passwords.c.id == _u.app_password_id)
    .where(_of_user)
    .group_by(_u.app_password_id, _u.scope)
)
_of_app_password = (
    select(
        *(_u.app_password_id, _u.day, _u.scope, _u.repository_id, _u.address, _u.client, _u.count),
        (_workspaces.c.slug + "/" + _repositories.c.slug),
    )
    .select_from(
        _usage.outerjoin(_repositories, _repositories.c.id == _u.repository_id).outerjoin(
            _workspaces, _workspaces.c.id == _repositories.c.workspace_id
        )
    )
    .where(
        _u.app_password_id == bindparam("app_password", type_=Text),
        _u.day >= bindparam("since", type_=Integer),
    )
    .order_by(_u.day, _u.scope, _u.repository_id, _u.address, _u.client)
)


async def add(db: Connection, counts: Sequence[tuple[UsageKey, int]]) -> None:
    """Add to the counts, each key at most once; of a user who has switched it off nothing is added."""
    # In order: two processes that write down the same must not wait for each other.
    rows = sorted((msgspec.structs.astuple(key), count) for key, count in counts)
    names = UsageKey.__struct_fields__
    listed = [{**dict(zip(names, key, strict=True)), "count": count} for key, count in rows]
    if listed:
        await db.run(_add, counts=msgspec.json.encode(listed).decode())


async def sweep(db: Connection, before: int) -> None:
    """Forget the days before a moment."""
    await db.run(_sweep, before=before // _DAY)


async def forget(db: Connection, user_id: UserId) -> None:
    """Forget everything that was counted for a user."""
    await db.run(_forget, user=user_id)


async def watched(db: Connection, user_id: UserId, since: int) -> dict[AppPasswordId, Watched]:
    """What each of a user's app passwords has needed since a day; and when counting began."""
    found: dict[AppPasswordId, Watched] = {}
    for app_password_id, scope, last, begun in await db.all(_needed, user=user_id):
        before = found.get(app_password_id, Watched())
        scopes = [NAMED[name] for name in scope.split()] if last >= since else []
        first = begun if before.first_day is None else min(begun, before.first_day)
        found[app_password_id] = Watched(before.needed.union(scopes), first)
    return found


async def of_app_password(db: Connection, app_password_id: AppPasswordId, since: int) -> list[Usage]:
    """The rows of one app password from a day on, by day."""
    rows = await db.all(_of_app_password, app_password=app_password_id, since=since)
    return [Usage(UsageKey(*row[:6]), row[6], row[7]) for row in rows]
