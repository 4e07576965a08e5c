"""Trust rules, and which ID tokens were exchanged by them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Text, bindparam, delete, insert, or_, select, update

from bitpail.model.trust_rules import Trusted, TrustRule, TrustUse
from bitpail.model.users import UserId
from bitpail.store import app_passwords, users
from bitpail.store.database import Connection
from bitpail.store.statements import Row
from bitpail.store.tables import app_passwords as _app_passwords
from bitpail.store.tables import trust_rules as _rules
from bitpail.store.tables import trust_uses as _uses
from bitpail.store.tables import users as _users

_r = _rules.c
_u = _uses.c
_COLUMNS = tuple(_r[name] for name in TrustRule.__struct_fields__)
_AFTER_RULE = len(_COLUMNS)
_AFTER_USER = _AFTER_RULE + len(users.COLUMNS)

_insert = insert(_rules)
_insert_use = insert(_uses)
_all = (
    select(*_COLUMNS, *users.COLUMNS, *app_passwords.COLUMNS)
    .join_from(_rules, _app_passwords, _app_passwords.c.id == _r.app_password_id)
    .join(_users, _users.c.id == _app_passwords.c.user_id)
)
_by_issuer = (
    _all.where(_r.issuer == bindparam("wanted", type_=Text), _app_passwords.c.revoked_on.is_(None))
    .order_by(_r.created_on, _r.id)
    .limit(bindparam("most", type_=BigInteger))
)
# By its id if that is one: somebody else may have given a rule of theirs the same label.
_named = _by_issuer.where(
    or_(_r.id == bindparam("rule", type_=Text), _app_passwords.c.label == bindparam("rule", type_=Text))
)
_of_user = _all.where(
    _app_passwords.c.user_id == bindparam("user", type_=Text), _app_passwords.c.revoked_on.is_(None)
).order_by(_r.created_on, _r.id)
_touch = (
    update(_rules)
    .where(_r.id == bindparam("rule", type_=Text))
    .values(last_used_on=bindparam("at", type_=BigInteger))
)
_uses_of = (
    select(*(_u[name] for name in TrustUse.__struct_fields__))
    .where(_u.rule_id == bindparam("rule", type_=Text))
    .order_by(_u.used_on.desc(), _u.token)
    .limit(bindparam("most", type_=BigInteger))
)
_sweep = delete(_uses).where(
    _u.used_on < bindparam("before", type_=BigInteger), _u.keep_until < bindparam("at", type_=BigInteger)
)


async def create(db: Connection, rule: TrustRule) -> None:
    """Write a new one; raises Conflict if its app password has one already."""
    claims = msgspec.json.encode(rule.claims).decode()
    await db.run(_insert, **{**msgspec.structs.asdict(rule), "claims": claims})


async def by_issuer(db: Connection, issuer: str, most: int, named: str = "") -> list[Trusted]:
    """Those of an issuer whose app password is not revoked, oldest first.

    ``named``: the one that has it as its id, else those that have it as their label.
    """
    if not named:
        return _trusted(await db.all(_by_issuer, wanted=issuer, most=most))
    if "\0" in named:
        return []
    found = _trusted(await db.all(_named, wanted=issuer, most=most, rule=named))
    return [one for one in found if one.rule.id == named] or found


async def of_user(db: Connection, user_id: UserId) -> list[Trusted]:
    """A user's whose app password is not revoked, oldest first."""
    return _trusted(await db.all(_of_user, user=user_id))


async def use(db: Connection, one: TrustUse) -> None:
    """Write down an exchange; raises Conflict if that token was exchanged before, by whichever rule."""
    await db.run(_insert_use, **msgspec.structs.asdict(one))
    await db.run(_touch, rule=one.rule_id, at=one.used_on)


async def uses_of(db: Connection, rule_id: str, most: int) -> list[TrustUse]:
    """The latest exchanges by a rule, the newest first."""
    return [TrustUse(*row) for row in await db.all(_uses_of, rule=rule_id, most=most)]


async def sweep(db: Connection, before: int, at: int) -> None:
    """Forget exchanges before a moment, but none of a token that may still be good at ``at``."""
    await db.run(_sweep, before=before, at=at)


def _trusted(rows: Sequence[Row]) -> list[Trusted]:
    return [
        Trusted(_rule(row), app_passwords.from_row(row, _AFTER_USER), users.from_row(row[_AFTER_RULE:]))
        for row in rows
    ]


def _rule(row: Row) -> TrustRule:
    values = dict(zip(TrustRule.__struct_fields__, row, strict=False))
    return TrustRule(**{**values, "claims": msgspec.json.decode(values["claims"], type=dict[str, str])})
