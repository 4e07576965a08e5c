"""Accounts and their e-mail addresses."""

import re
from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy import BigInteger, Text, bindparam, column, func, insert, or_, select

from bitpail.model.users import Email, User, UserId
from bitpail.store.database import Connection, Database
from bitpail.store.statements import Row, text_rows
from bitpail.store.tables import emails as _emails
from bitpail.store.tables import users as _users

COLUMNS = (
    *(_users.c.id, _users.c.username, _users.c.display_name, _users.c.nickname, _users.c.account_id),
    *(_users.c.is_admin, _users.c.is_active, _users.c.created_on, _users.c.records_usage, _users.c.is_robot),
)
"""What ``from_row`` wants, for statements that join users."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_EMAIL_COLUMNS = (_emails.c.address, _emails.c.user_id, _emails.c.is_primary, _emails.c.is_confirmed)
_wanted = text_rows(bindparam("addresses", type_=Text)).table_valued(column("value", Text), name="wanted")
_id = _users.c.id == bindparam("user", type_=Text)
_is_person = _users.c.is_robot == 0

_insert = insert(_users)
_insert_email = insert(_emails)
_by_username = select(*COLUMNS, _users.c.password_digest).where(
    _users.c.username_key == bindparam("username", type_=Text), _is_person
)
_by_id = select(*COLUMNS).where(_id)
_ids = text_rows(bindparam("ids", type_=Text)).table_valued(column("value", Text), name="wanted")
_by_ids = select(*COLUMNS).where(_users.c.id.in_(select(_ids.c.value)))
_by_account_id = select(*COLUMNS).where(_users.c.account_id == bindparam("account_id", type_=Text))
_every = select(*COLUMNS).where(_is_person).order_by(_users.c.username_key)
_any = select(_users.c.id).where(_is_person).limit(1)
_other_administrator = (
    select(_users.c.id)
    .where(_users.c.is_admin == 1, _users.c.is_active == 1, _users.c.id != bindparam("user", type_=Text))
    .limit(1)
)
_pattern = bindparam("pattern", type_=Text)
_matching = (
    select(*COLUMNS)
    .where(
        _is_person,
        or_(
            _users.c.username_key.like(_pattern, escape="\\"),
            func.lower(_users.c.display_name).like(_pattern, escape="\\"),
            _users.c.id.in_(
                select(_emails.c.user_id).where(_emails.c.address_key.like(_pattern, escape="\\"))
            ),
        ),
    )
    .order_by(_users.c.username_key)
    .limit(bindparam("most", type_=BigInteger))
    .offset(bindparam("skipped", type_=BigInteger))
)
_count = select(func.count()).select_from(_users).where(_is_person)
_emails_of = (
    select(*_EMAIL_COLUMNS)
    .where(_emails.c.user_id == bindparam("user", type_=Text))
    .order_by(_emails.c.is_primary.desc(), _emails.c.address_key)
)
_by_emails = (
    select(*COLUMNS, _emails.c.address_key)
    .join_from(_emails, _users, _emails.c.user_id == _users.c.id)
    .where(_emails.c.address_key.in_(select(_wanted.c.value)), _emails.c.is_confirmed == 1)
)
_by_confirmed_email = (
    select(*COLUMNS, _users.c.password_digest)
    .join_from(_emails, _users, _emails.c.user_id == _users.c.id)
    .where(_emails.c.address_key == bindparam("address", type_=Text), _emails.c.is_confirmed == 1)
    .where(_is_person)
)
_set_password_digest = sa.update(_users).where(_id).values(password_digest=bindparam("digest", type_=Text))
_set_active = sa.update(_users).where(_id).values(is_active=bindparam("active", type_=BigInteger))
_set_admin = sa.update(_users).where(_id).values(is_admin=bindparam("admin", type_=BigInteger))
_set_records_usage = sa.update(_users).where(_id).values(records_usage=bindparam("records", type_=BigInteger))
_hold = select(_users.c.id).where(_id).with_for_update(key_share=True)
_update = (
    sa.update(_users)
    .where(_id)
    .values(
        display_name=bindparam("new_display_name", type_=Text), nickname=bindparam("new_nickname", type_=Text)
    )
)


def from_row(row: Row) -> User:
    """A user from the columns of ``COLUMNS``."""
    flags = row[8] == 1, row[9] == 1
    return User(row[0], row[1], row[2], row[3], row[4], row[5] == 1, row[6] == 1, row[7], *flags)


async def create(
    db: Connection, user: User, *, password_digest: str | None, email: str, confirmed: bool
) -> None:
    """Write a user and the primary address: two rows, so use a transaction. Raises Conflict."""
    await db.run(
        _insert,
        id=user.id,
        username=user.username,
        username_key=user.username.lower(),
        display_name=user.display_name,
        nickname=user.nickname,
        account_id=user.account_id,
        password_digest=password_digest,
        is_admin=int(user.is_admin),
        is_active=int(user.is_active),
        records_usage=int(user.records_usage),
        is_robot=int(user.is_robot),
        two_step_nonce=None,
        two_step_used=None,
        created_on=user.created_on,
    )
    await db.run(
        _insert_email,
        address_key=email.lower(),
        address=email,
        user_id=user.id,
        is_primary=1,
        is_confirmed=int(confirmed),
    )


async def by_username(db: Connection, username: str) -> User | None:
    """The user of that name, in whatever case."""
    row = await db.one(_by_username, username=username.lower())
    return from_row(row) if row else None


async def by_id(db: Connection, user_id: UserId) -> User | None:
    """The user of that UUID, without braces."""
    row = await db.one(_by_id, user=user_id)
    return from_row(row) if row else None


async def by_ids(db: Connection, ids: Collection[UserId]) -> dict[UserId, User]:
    """Those of them that there are; one statement for all of them."""
    if not ids:
        return {}
    rows = await db.all(_by_ids, ids=msgspec.json.encode(sorted(ids)).decode())
    return {row[0]: from_row(row) for row in rows}


async def by_account_id(db: Connection, account_id: str) -> User | None:
    """The user of that account ID."""
    row = await db.one(_by_account_id, account_id=account_id)
    return from_row(row) if row else None


async def with_password(db: Connection, username: str) -> tuple[User, str | None] | None:
    """The user of that name with the digest of the account password, if one is set."""
    row = await db.one(_by_username, username=username.lower())
    return (from_row(row), row[-1]) if row else None


async def with_password_by_email(db: Connection, address: str) -> tuple[User, str | None] | None:
    """The same by a confirmed e-mail address."""
    row = await db.one(_by_confirmed_email, address=address.lower())
    return (from_row(row), row[-1]) if row else None


async def emails(db: Connection, user_id: UserId) -> list[Email]:
    """All addresses of a user, the primary one first."""
    rows = await db.all(_emails_of, user=user_id)
    return [Email(row[0], row[1], row[2] == 1, row[3] == 1) for row in rows]


async def by_confirmed_emails(db: Connection, addresses: Sequence[str]) -> dict[str, User]:
    """Who owns which of these addresses, by lower-case address; one statement for all of them.

    Addresses come out of commits: what no database can hold as text is nobody's.
    """
    wanted = {address.lower() for address in addresses if _can_be_text(address)}
    if not wanted:
        return {}
    rows = await db.all(_by_emails, addresses=msgspec.json.encode(sorted(wanted)).decode())
    return {row[-1]: from_row(row) for row in rows}


def _can_be_text(address: str) -> bool:
    return "\0" not in address and (address.isascii() or _SURROGATE.search(address) is None)


async def every(db: Database) -> list[User]:
    """All users, by username."""
    return [from_row(row) for row in await db.scan(_every)]


async def matching(db: Database, text: str, *, skipped: int, most: int) -> list[User]:
    """Users whose username, display name or address contains a text, by username; it looks at all of them."""
    escaped = "".join(f"\\{c}" if c in "\\%_" else c for c in text.lower())
    rows = await db.scan(_matching, pattern=f"%{escaped}%", skipped=skipped, most=most)
    return [from_row(row) for row in rows]


async def is_any(db: Connection) -> bool:
    """Whether there is a user at all."""
    return await db.one(_any) is not None


async def is_other_administrator(db: Connection, user_id: UserId) -> bool:
    """Whether somebody else is an active administrator. Looks at every user: it is asked seldom."""
    return await db.one(_other_administrator, user=user_id) is not None


async def count(db: Database) -> int:
    """How many users there are."""
    return int((await db.scan(_count))[0][0])


async def set_password_digest(db: Connection, user_id: UserId, digest: str | None) -> None:
    """Change the account password; None: the account has none."""
    await db.run(_set_password_digest, user=user_id, digest=digest)


async def set_active(db: Connection, user_id: UserId, active: bool) -> None:  # noqa: FBT001  # set_x(value)
    """Switch an account off or on."""
    await db.run(_set_active, user=user_id, active=int(active))


async def set_admin(db: Connection, user_id: UserId, admin: bool) -> None:  # noqa: FBT001  # set_x(value)
    """Whether the user may administer this server."""
    await db.run(_set_admin, user=user_id, admin=int(admin))


async def set_records_usage(db: Connection, user_id: UserId, records: bool) -> None:  # noqa: FBT001  # set_x(value)
    """Whether use of the user's app passwords is counted."""
    await db.run(_set_records_usage, user=user_id, records=int(records))


async def hold(db: Connection, user_id: UserId) -> None:
    """Let nobody else hold the user until the transaction ends."""
    await db.one(_hold, user=user_id)


async def update(db: Connection, user_id: UserId, *, display_name: str, nickname: str) -> None:
    """Change what people call the user."""
    await db.run(_update, user=user_id, new_display_name=display_name, new_nickname=nickname)
