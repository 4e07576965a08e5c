"""Refused requests, kept for a while."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import (
    BigInteger,
    Text,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
)

from bitpail.model.credentials import CredentialKind
from bitpail.model.denials import Denial, DenialReason, KnownDenial
from bitpail.model.users import UserId
from bitpail.store.database import Connection
from bitpail.store.oauth_tables import oauth_consumers as _consumers
from bitpail.store.oauth_tables import oauth_grants as _grants
from bitpail.store.statements import Row, insert_gathered
from bitpail.store.tables import app_passwords as _app_passwords
from bitpail.store.tables import denials as _denials
from bitpail.store.tables import users as _users

_d = _denials.c
_NAMES = Denial.__struct_fields__
_insert_all = insert_gathered(_denials, _NAMES, "denials")
_sweep = delete(_denials).where(_d.at < bindparam("before", type_=BigInteger))
# The credential of an app is its grant, and is called as the app is.
_known = select(
    *(_d[name] for name in _NAMES),
    _users.c.username,
    func.coalesce(_app_passwords.c.label, _consumers.c.name),
    case(
        (_grants.c.id.is_not(None), literal_column(f"'{CredentialKind.OAUTH_ACCESS_TOKEN}'", Text)),
        else_=_app_passwords.c.kind,
    ),
).select_from(
    _denials.outerjoin(_users, _users.c.id == _d.user_id)
    .outerjoin(_app_passwords, _app_passwords.c.id == _d.app_password_id)
    .outerjoin(_grants, _grants.c.id == _d.app_password_id)
    .outerjoin(_consumers, _consumers.c.id == _grants.c.consumer_id)
)
_by_request = _known.where(_d.request_id == bindparam("request", type_=Text))
_of_user = (
    _known.where(_d.user_id == bindparam("user", type_=Text))
    .order_by(_d.at.desc(), _d.request_id)
    .limit(bindparam("most", type_=BigInteger))
)


async def add_all(db: Connection, denials: Sequence[Denial]) -> None:
    """Write several in one statement."""
    listed = [
        {
            **msgspec.structs.asdict(denial),
            "required": " ".join(denial.required),
            "granted": " ".join(denial.granted),
        }
        for denial in denials
    ]
    if listed:
        await db.run(_insert_all, denials=msgspec.json.encode(listed).decode())


async def by_request(db: Connection, request_id: str) -> KnownDenial | None:
    """The denial of that request."""
    row = await db.one(_by_request, request=request_id)
    return _from_row(row) if row else None


async def of_user(db: Connection, user_id: UserId, limit: int) -> list[KnownDenial]:
    """A user's, the newest first."""
    return [_from_row(row) for row in await db.all(_of_user, user=user_id, most=limit)]


async def sweep(db: Connection, before: int) -> None:
    """Forget those before a moment."""
    await db.run(_sweep, before=before)


def _from_row(row: Row) -> KnownDenial:
    values = dict(zip(_NAMES, row, strict=False))
    for name in ("required", "granted"):
        values[name] = tuple(values[name].split())
    username, label, kind = row[-3:]
    denial = Denial(**{**values, "reason": DenialReason(values["reason"])})
    return KnownDenial(denial, username, label, CredentialKind(kind) if kind else None)
