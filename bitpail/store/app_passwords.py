"""App passwords and their kin: their keyed digests, what they may, and when they were last used.

A person's are asked for by kind. An access token belongs to the robot that it made: the place where it was made has them.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from sqlalchemy import (
    BigInteger,
    LargeBinary,
    Text,
    bindparam,
    case,
    delete,
    insert,
    null,
    or_,
    select,
    update,
)

from bitpail.model.app_passwords import AppPassword, AppPasswordId, SecretState, StoredSecret, Use
from bitpail.model.credentials import CredentialKind
from bitpail.model.limits import NO_LIMITS, Limits
from bitpail.model.scopes import NAMED, AnyScope
from bitpail.model.users import User, UserId
from bitpail.store import last_uses, policies, users
from bitpail.store.database import Connection, Database
from bitpail.store.statements import Row
from bitpail.store.tables import app_password_secrets as _secrets
from bitpail.store.tables import app_passwords as _app_passwords
from bitpail.store.tables import users as _users

_c = _app_passwords.c
_s = _secrets.c
COLUMNS = (
    *(_c.id, _c.user_id, _c.label, _c.scopes, _c.limits, _c.created_on, _c.expires_on, _c.revoked_on),
    *(_c.last_used_on, _c.last_used_address, _c.last_used_client, _c.kind, _c.created_by),
)
_AFTER_USER = len(users.COLUMNS)
_user = _c.user_id == bindparam("user", type_=Text)

RULES = "year"
"""The name under which the decision on the year of the server is kept; it comes with each secret."""
server_rules = policies.value_of(RULES)

_lookup = _s.lookup == bindparam("lookup_name", type_=Text)
_insert = insert(_app_passwords)
_insert_secret = insert(_secrets)
_by_lookup = (
    select(
        *users.COLUMNS,
        *COLUMNS,
        _s.digest,
        _s.key_number,
        _s.ends_on,
        server_rules,
        _s.public_key,
        _s.is_short_lived,
    )
    .join_from(_secrets, _app_passwords, _s.app_password_id == _c.id)
    .join(_users, _c.user_id == _users.c.id)
    .where(_lookup)
)
_secrets_of = (
    select(_s.lookup, _s.created_on, _s.ends_on, _s.last_used_on, _s.last_used_address, _s.last_used_client)
    .where(_s.app_password_id == bindparam("app_password", type_=Text), _s.is_short_lived == 0)
    .order_by(_s.created_on, _s.lookup)
)
_start_ending = (
    update(_secrets).where(_lookup, _s.ends_on.is_(None)).values(ends_on=bindparam("at", type_=BigInteger))
)
_end_secret = (
    update(_secrets).where(_lookup, _s.ends_on.is_not(None)).values(ends_on=bindparam("at", type_=BigInteger))
)
_stop_ending = (
    update(_secrets).where(_lookup, _s.ends_on > bindparam("at", type_=BigInteger)).values(ends_on=null())
)
_forget_ended = delete(_secrets).where(
    _s.app_password_id == bindparam("app_password", type_=Text),
    _s.is_short_lived == 1,
    _s.ends_on < bindparam("at", type_=BigInteger),
)
_put_public_key = (
    update(_secrets)
    .where(_lookup, _s.public_key.is_(None))
    .values(public_key=bindparam("new_public_key", type_=LargeBinary))
)
_remove_secret = delete(_secrets).where(_lookup)
_is_kind = _c.kind == bindparam("kind", type_=Text)
_of_user = select(*COLUMNS).where(_user, _is_kind).order_by(_c.created_on, _c.id)
_unrevoked_of_user = _of_user.where(_c.revoked_on.is_(None))
_by_label = select(*COLUMNS).where(
    _user, _is_kind, _c.label == bindparam("wanted", type_=Text), _c.revoked_on.is_(None)
)
_by_id = select(*COLUMNS).where(_user, _c.id == bindparam("app_password", type_=Text))
_place = bindparam("place", type_=Text)
_of_place = {
    kind: select(*users.COLUMNS, *COLUMNS)
    .join_from(_app_passwords, _users, _c.user_id == _users.c.id)
    .where(column_ == _place)
    .order_by(_c.created_on, _c.id)
    for kind, column_ in (
        (CredentialKind.REPOSITORY_ACCESS_TOKEN, _c.repository_id),
        (CredentialKind.PROJECT_ACCESS_TOKEN, _c.project_id),
        (CredentialKind.WORKSPACE_ACCESS_TOKEN, _c.workspace_id),
    )
}
_expiring = (
    select(*COLUMNS)
    .where(_user, _c.revoked_on.is_(None))
    .where(_c.expires_on > bindparam("now", type_=BigInteger))
    .where(_c.expires_on <= bindparam("until", type_=BigInteger))
    .order_by(_c.expires_on, _c.id)
)
_was = {name: bindparam(f"was_{name}", type_=_c[name].type) for name in ("scopes", "limits", "expires_on")}
_change = (
    update(_app_passwords)
    .where(_c.id == bindparam("app_password", type_=Text), _c.revoked_on.is_(None))
    .where(_c.scopes == _was["scopes"], _c.limits == _was["limits"])
    .where(_c.expires_on.is_not_distinct_from(_was["expires_on"]))
    .values(
        scopes=bindparam("new_scopes", type_=Text),
        limits=bindparam("new_limits", type_=Text),
        expires_on=bindparam("new_expires_on", type_=BigInteger),
    )
)
_living = (
    select(_users.c.username, *COLUMNS)
    .join_from(_app_passwords, _users, _c.user_id == _users.c.id)
    .where(_c.revoked_on.is_(None))
    .where(or_(_c.expires_on.is_(None), _c.expires_on > bindparam("now", type_=BigInteger)))
    # Robots have usernames that nobody knows: they come last, the oldest first.
    .order_by(
        _users.c.is_robot, case((_users.c.is_robot == 0, _users.c.username), else_=""), _c.created_on, _c.id
    )
)
_revoke = (
    update(_app_passwords)
    .where(_c.id == bindparam("app_password", type_=Text), _c.revoked_on.is_(None))
    .values(revoked_on=bindparam("now", type_=BigInteger))
)
_touch = last_uses.touch(_app_passwords)
_touch_secrets = last_uses.touch(_secrets, "lookup")

_KINDS = {kind.value: kind for kind in CredentialKind}
_APP_PASSWORD = CredentialKind.APP_PASSWORD


@lru_cache(maxsize=4096)
def _scopes(names: str) -> tuple[AnyScope, ...]:
    return tuple(NAMED[name] for name in names.split())


@lru_cache(maxsize=4096)
def _limits(text: str) -> Limits:
    return msgspec.json.decode(text, type=Limits) if text else NO_LIMITS


def from_row(row: Row, at: int = 0) -> AppPassword:
    """One from the columns of ``COLUMNS``, which begin at a place of the row."""
    scopes, limits = _scopes(row[at + 3]), _limits(row[at + 4])
    created_on, expires_on, revoked_on, used_on, used_address, used_client = row[at + 5 : at + 11]
    times = created_on, expires_on, revoked_on
    used = used_on, used_address, used_client
    return AppPassword(
        row[at], row[at + 1], row[at + 2], scopes, limits, *times, *used, _KINDS[row[at + 11]], row[at + 12]
    )


def _scopes_text(app_password: AppPassword) -> str:
    return " ".join(scope.value for scope in app_password.scopes)


def _limits_text(app_password: AppPassword) -> str:
    limits = app_password.limits
    return "" if limits == NO_LIMITS else msgspec.json.encode(limits).decode()


async def create(db: Connection, app_password: AppPassword) -> None:
    """Write a new one, without a secret; raises Conflict if there is an unrevoked one of that kind and label.

    The place of an access token is the one that its limits name; the label has to be new there.
    """
    robot, limits = app_password.kind.is_robot, app_password.limits
    await db.run(
        _insert,
        kind=app_password.kind.value,
        created_by=app_password.created_by,
        repository_id=limits.repositories[0] if robot and limits.repositories else None,
        project_id=limits.projects[0] if robot and limits.projects else None,
        workspace_id=limits.workspaces[0] if robot and limits.workspaces else None,
        id=app_password.id,
        user_id=app_password.user_id,
        label=app_password.label,
        scopes=_scopes_text(app_password),
        limits=_limits_text(app_password),
        created_on=app_password.created_on,
        expires_on=app_password.expires_on,
        revoked_on=app_password.revoked_on,
        last_used_on=app_password.last_used_on,
        last_used_address=app_password.last_used_address,
        last_used_client=app_password.last_used_client,
    )


async def add_secret(
    db: Connection,
    app_password_id: AppPasswordId,
    lookup: str,
    digest: bytes,
    key_number: int,
    created_on: int,
    public_key: bytes | None = None,
    *,
    short_lived_until: int | None = None,
) -> None:
    """Give it a secret; raises Conflict if the look-up name is taken.

    ``short_lived_until`` is the end of one that was handed out for some minutes.
    """
    await db.run(
        _insert_secret,
        lookup=lookup,
        app_password_id=app_password_id,
        digest=digest,
        key_number=key_number,
        created_on=created_on,
        ends_on=short_lived_until,
        last_used_on=None,
        last_used_address=None,
        last_used_client=None,
        public_key=public_key,
        is_short_lived=int(short_lived_until is not None),
    )


async def forget_ended(db: Connection, app_password_id: AppPasswordId, before: int) -> None:
    """Forget the short-lived secrets of one that ended before a moment."""
    await db.run(_forget_ended, app_password=app_password_id, at=before)


async def put_public_keys(db: Connection, keys: Sequence[tuple[str, bytes]]) -> None:
    """Write down the public keys of secrets, by look-up name, that have none yet."""
    for lookup, public_key in sorted(keys):
        await db.run(_put_public_key, lookup_name=lookup, new_public_key=public_key)


async def secrets_of(db: Connection, app_password_id: AppPasswordId) -> list[SecretState]:
    """The secrets of one, oldest first; those that have ended too, but none that was handed out for minutes."""
    return [SecretState(*row) for row in await db.all(_secrets_of, app_password=app_password_id)]


async def start_ending(db: Connection, lookup: str, ends_on: int) -> bool:
    """Say until when a secret works; False if that was said before, by a rotation that came first."""
    return await db.run(_start_ending, lookup_name=lookup, at=ends_on) > 0


async def end_secret(db: Connection, lookup: str, ends_on: int) -> bool:
    """Move the end of a secret that is ending; False if it isn't."""
    return await db.run(_end_secret, lookup_name=lookup, at=ends_on) > 0


async def stop_ending(db: Connection, lookup: str, at: int) -> bool:
    """Let a secret work as long as its app password; False unless it is ending and works still."""
    return await db.run(_stop_ending, lookup_name=lookup, at=at) > 0


async def remove_secret(db: Connection, lookup: str) -> None:
    """Forget a secret."""
    await db.run(_remove_secret, lookup_name=lookup)


async def by_lookup(db: Connection, lookup: str) -> StoredSecret | None:
    """The secret of that public name with its password and user; revoked, expired and inactive too."""
    row = await db.one(_by_lookup, lookup_name=lookup)
    if row is None:
        return None
    digest, key_number, ends_on, rules, public_key, short_lived = row[_AFTER_USER + len(COLUMNS) :]
    return StoredSecret(
        from_row(row, _AFTER_USER),
        users.from_row(row),
        digest,
        key_number,
        ends_on,
        rules,
        public_key,
        lookup,
        is_short_lived=short_lived == 1,
    )


async def of_user(
    db: Connection,
    user_id: UserId,
    kind: CredentialKind = _APP_PASSWORD,
    *,
    include_revoked: bool = False,
) -> list[AppPassword]:
    """All of a user's of one kind, oldest first."""
    statement = _of_user if include_revoked else _unrevoked_of_user
    return [from_row(row) for row in await db.all(statement, user=user_id, kind=kind.value)]


async def living(db: Database, at: int) -> list[tuple[str, AppPassword]]:
    """Everybody's that work, with the usernames."""
    return [(row[0], from_row(row, 1)) for row in await db.scan(_living, now=at)]


async def of_place(db: Connection, kind: CredentialKind, place: str) -> list[tuple[User, AppPassword]]:
    """All access tokens of a repository, project or workspace, revoked ones too, each with its robot."""
    rows = await db.all(_of_place[kind], place=place)
    return [(users.from_row(row), from_row(row, _AFTER_USER)) for row in rows]


async def by_label(
    db: Connection, user_id: UserId, label: str, kind: CredentialKind = _APP_PASSWORD
) -> AppPassword | None:
    """The unrevoked one of that kind and label."""
    row = await db.one(_by_label, user=user_id, wanted=label, kind=kind.value)
    return from_row(row) if row else None


async def by_id(db: Connection, user_id: UserId, app_password_id: str) -> AppPassword | None:
    """One of a user's by its id; a revoked one too."""
    row = await db.one(_by_id, user=user_id, app_password=app_password_id)
    return from_row(row) if row else None


async def expiring(db: Connection, user_id: UserId, at: int, until: int) -> list[AppPassword]:
    """A user's that work and expire by a moment, the first to expire first."""
    return [from_row(row) for row in await db.all(_expiring, user=user_id, now=at, until=until)]


async def change(db: Connection, before: AppPassword, after: AppPassword) -> bool:
    """Take permissions, limits and expiry from ``after``; False if it is not as ``before`` any more."""
    touched = await db.run(
        _change,
        app_password=before.id,
        was_scopes=_scopes_text(before),
        was_limits=_limits_text(before),
        was_expires_on=before.expires_on,
        new_scopes=_scopes_text(after),
        new_limits=_limits_text(after),
        new_expires_on=after.expires_on,
    )
    return touched > 0


async def revoke(db: Connection, app_password_id: AppPasswordId, revoked_on: int) -> bool:
    """End one; False if it had ended, or never was."""
    return await db.run(_revoke, app_password=app_password_id, now=revoked_on) > 0


async def touch(db: Connection, uses: Sequence[Use]) -> None:
    """Write down when each was last used; an older use changes nothing."""
    passwords, each_secret = _latest(uses, "app_password_id"), _latest(uses, "lookup")
    if not passwords:
        return
    await db.run(_touch, uses=_as_rows(passwords))
    await db.run(_touch_secrets, uses=_as_rows(each_secret))


def _latest(uses: Sequence[Use], key: str) -> list[Use]:
    """The latest of each, in order: two processes that write down the same must not wait for each other."""
    latest: dict[str, Use] = {}
    for use in uses:
        name = getattr(use, key)
        if name not in latest or use.time > latest[name].time:
            latest[name] = use
    return [latest[name] for name in sorted(latest)]


def _as_rows(uses: Sequence[Use]) -> str:
    listed = [
        {
            "id": use.app_password_id,
            "lookup": use.lookup,
            "time": use.time,
            "address": use.address,
            "client": storable(use.client),
        }
        for use in uses
    ]
    return msgspec.json.encode(listed).decode()


def storable(client: str) -> str:
    """What a client calls itself may be anything; a database takes no NUL and no lone surrogate."""
    return client.replace("\0", "").encode("utf-8", "replace").decode()
