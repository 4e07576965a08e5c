"""What people have allowed apps: consents, codes, grants, and the tokens of each grant."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Text, bindparam, delete, func, insert, literal, or_, select, update

from bitpail.model.audit import FOR_EVER
from bitpail.model.oauth_consumers import ConsumerId
from bitpail.model.oauth_grants import (
    OF_OWNERS,
    Code,
    ConnectedApp,
    Grant,
    GrantId,
    GrantType,
    StoredToken,
    Token,
    TokenUse,
)
from bitpail.model.scopes import Scope
from bitpail.model.users import UserId
from bitpail.store import last_uses, oauth_consumers, policies, users
from bitpail.store.app_passwords import server_rules
from bitpail.store.database import Connection, Database
from bitpail.store.oauth_consumers import scopes_of, scopes_text
from bitpail.store.oauth_tables import oauth_assertions as _assertions
from bitpail.store.oauth_tables import oauth_codes as _codes
from bitpail.store.oauth_tables import oauth_consents as _consents
from bitpail.store.oauth_tables import oauth_consumers as _consumers
from bitpail.store.oauth_tables import oauth_device_codes as _device_codes
from bitpail.store.oauth_tables import oauth_grants as _grants
from bitpail.store.oauth_tables import oauth_tokens as _tokens
from bitpail.store.statements import Row, Upsert
from bitpail.store.tables import users as _users
from bitpail.store.tables import workspaces as _workspaces

_g, _t, _k, _a = _grants.c, _tokens.c, _codes.c, _assertions.c
_GRANT = tuple(_g[name] for name in Grant.__struct_fields__)
_TOKEN = tuple(_t[name] for name in Token.__struct_fields__)
_CODE = tuple(_k[name] for name in Code.__struct_fields__)
_CODE_SCOPES = Code.__struct_fields__.index("scopes")
_TOKEN_SCOPES = Token.__struct_fields__.index("scopes")
_AFTER_TOKEN = len(_TOKEN)
_AFTER_GRANT = _AFTER_TOKEN + len(_GRANT)
_AFTER_CONSUMER = _AFTER_GRANT + len(oauth_consumers.COLUMNS)

_user = bindparam("user", type_=Text)
_consumer = bindparam("consumer", type_=Text)
_grant = bindparam("grant", type_=Text)
_lookup = bindparam("wanted", type_=Text)
_at = bindparam("at", type_=BigInteger)

_is_of_people = [_g.type != kind.value for kind in OF_OWNERS]

_put_consent = Upsert(_consents, "scopes", "given_on")
_consent = select(_consents.c.scopes, _consents.c.given_on).where(
    _consents.c.user_id == _user, _consents.c.consumer_id == _consumer
)
_remove_consent = delete(_consents).where(_consents.c.user_id == _user, _consents.c.consumer_id == _consumer)
_connected = (
    select(
        *oauth_consumers.COLUMNS,
        _workspaces.c.slug,
        _consents.c.scopes,
        _consents.c.given_on,
        select(func.max(_g.last_used_on))
        .where(_g.user_id == _consents.c.user_id, _g.consumer_id == _consents.c.consumer_id)
        .scalar_subquery(),
        select(func.max(func.coalesce(_g.latest_end, literal(FOR_EVER, BigInteger))))
        .where(_g.user_id == _consents.c.user_id, _g.consumer_id == _consents.c.consumer_id)
        .where(_g.revoked_on.is_(None), *_is_of_people)
        .scalar_subquery(),
    )
    .join_from(_consents, _consumers, _consents.c.consumer_id == _consumers.c.id)
    .join(_workspaces, _consumers.c.workspace_id == _workspaces.c.id)
    .where(_consents.c.user_id == _user)
    .order_by(_consumers.c.name, _consumers.c.id)
)

_insert_grant = insert(_grants)
_end = bindparam("end", type_=BigInteger)
_too_long = (
    select(_g.id)
    .where(_g.revoked_on.is_(None), _g.created_on < _at, or_(_g.latest_end.is_(None), _g.latest_end > _end))
    .where(*_is_of_people)
    .order_by(_g.id)
    .limit(bindparam("most", type_=BigInteger))
)
_count_too_long = (
    select(func.count())
    .select_from(_grants)
    .where(_g.revoked_on.is_(None), _g.ends_on > _at, or_(_g.latest_end.is_(None), _g.latest_end > _end))
    .where(*_is_of_people)
)
_narrow = update(_grants).where(_g.id.in_(_too_long.scalar_subquery())).values(latest_end=_end)
_prolong = update(_grants).where(_g.id == _grant).values(ends_on=_at)
_revoke_grant = update(_grants).where(_g.id == _grant, _g.revoked_on.is_(None)).values(revoked_on=_at)
_revoke_of_user = (
    update(_grants)
    .where(_g.user_id == _user, _g.consumer_id == _consumer, _g.revoked_on.is_(None))
    .values(revoked_on=_at)
)
_revoke_own = (
    update(_grants)
    .where(_g.consumer_id == _consumer, _g.revoked_on.is_(None))
    .where(or_(_g.type == GrantType.CLIENT_CREDENTIALS.value, _g.type == GrantType.JWT.value))
    .values(revoked_on=_at)
)

_insert_code = insert(_codes)
_code = select(*_CODE).where(_k.lookup == _lookup)
_use_code = update(_codes).where(_k.lookup == _lookup, _k.grant_id.is_(None)).values(grant_id=_grant)
_remove_codes = delete(_codes).where(_k.user_id == _user, _k.consumer_id == _consumer)

_remove_devices = delete(_device_codes).where(
    _device_codes.c.user_id == _user, _device_codes.c.consumer_id == _consumer
)

_insert_token = insert(_tokens)
_token = (
    select(
        *_TOKEN,
        *_GRANT,
        *oauth_consumers.COLUMNS,
        *users.COLUMNS,
        server_rules,
        policies.value_of(policies.SITE),
    )
    .join_from(_tokens, _grants, _t.grant_id == _g.id)
    .join(_consumers, _g.consumer_id == _consumers.c.id)
    .join(_users, _g.user_id == _users.c.id)
    .where(_t.lookup == _lookup)
)
_use_refresh = update(_tokens).where(_t.lookup == _lookup, _t.used_on.is_(None)).values(used_on=_at)
_remove_token = delete(_tokens).where(_t.lookup == _lookup)

_take_assertion = Upsert(_assertions)

_touch = last_uses.touch(_grants)

_expired_codes = delete(_codes).where(_k.expires_on <= _at)
_expired_tokens = delete(_tokens).where(_t.expires_on <= _at)
_expired_devices = delete(_device_codes).where(_device_codes.c.expires_on <= _at)
_expired_assertions = delete(_assertions).where(_a.expires_on <= _at)
_ended_grants = delete(_grants).where(_g.ends_on <= _at)
_SWEPT = (_expired_codes, _ended_grants, _expired_tokens, _expired_devices, _expired_assertions)


async def put_consent(
    db: Connection, user_id: UserId, consumer_id: ConsumerId, scopes: tuple[Scope, ...], at: int
) -> None:
    """Remember what somebody has allowed an app, instead of what was remembered."""
    await db.run(
        _put_consent, user_id=user_id, consumer_id=consumer_id, scopes=scopes_text(scopes), given_on=at
    )


async def consent(db: Connection, user_id: UserId, consumer_id: ConsumerId) -> tuple[Scope, ...] | None:
    """What somebody has allowed an app; None if nothing."""
    row = await db.one(_consent, user=user_id, consumer=consumer_id)
    return scopes_of(row[0]) if row else None


async def consented_on(db: Connection, user_id: UserId, consumer_id: ConsumerId) -> int | None:
    """When they were asked last; None if there is no consent."""
    row = await db.one(_consent, user=user_id, consumer=consumer_id)
    return row[1] if row else None


async def narrow(db: Connection, existing_from: int, latest_end: int, most: int) -> int:
    """Let some of what was allowed before a moment end at another one at the latest; of how many grants, 0 if all do."""
    return await db.run(_narrow, at=existing_from, end=latest_end, most=most)


async def count_beyond(db: Database, at: int, latest_end: int) -> int:
    """How many living grants of people may last beyond a moment."""
    return int((await db.scan(_count_too_long, at=at, end=latest_end))[0][0])


async def connected(db: Connection, user_id: UserId) -> list[ConnectedApp]:
    """The apps that somebody has allowed something, by name, each with its latest use."""
    found = []
    for row in await db.all(_connected, user=user_id):
        slug, scopes, since, used, end = row[len(oauth_consumers.COLUMNS) :]
        end = None if end == FOR_EVER else end
        found.append(ConnectedApp(oauth_consumers.from_row(row), slug, scopes_of(scopes), since, used, end))
    return found


async def forget(db: Connection, user_id: UserId, consumer_id: ConsumerId, at: int) -> bool:
    """Take back everything that somebody has allowed an app; False if there was nothing."""
    had = await db.run(_remove_consent, user=user_id, consumer=consumer_id)
    ended = await db.run(_revoke_of_user, user=user_id, consumer=consumer_id, at=at)
    await db.run(_remove_codes, user=user_id, consumer=consumer_id)
    await db.run(_remove_devices, user=user_id, consumer=consumer_id)
    return had + ended > 0


async def create(db: Connection, grant: Grant) -> None:
    """Write a new grant."""
    values = msgspec.structs.asdict(grant)
    values.update(type=grant.type.value, scopes=scopes_text(grant.scopes))
    await db.run(_insert_grant, **values)


async def prolong(db: Connection, grant_id: GrantId, ends_on: int) -> None:
    """Move the end of a grant: it has newer tokens now."""
    await db.run(_prolong, grant=grant_id, at=ends_on)


async def revoke(db: Connection, grant_id: GrantId, at: int) -> bool:
    """End a grant with all its tokens; False if it had ended."""
    return await db.run(_revoke_grant, grant=grant_id, at=at) > 0


async def revoke_own(db: Connection, consumer_id: ConsumerId, at: int) -> None:
    """End the grants by which an app acts for nobody but its owner."""
    await db.run(_revoke_own, consumer=consumer_id, at=at)


async def add_code(db: Connection, code: Code) -> None:
    """Write a new code."""
    values = msgspec.structs.asdict(code)
    values.update(scopes=scopes_text(code.scopes))
    await db.run(_insert_code, **values)


async def code(db: Connection, lookup: str) -> Code | None:
    """The code of that public name; a used and an expired one too."""
    row = await db.one(_code, wanted=lookup)
    if row is None:
        return None
    values = list(row)
    values[_CODE_SCOPES] = scopes_of(values[_CODE_SCOPES])
    return Code(*values)


async def use_code(db: Connection, lookup: str, grant_id: GrantId) -> bool:
    """Use a code up for a grant; False if somebody has used it."""
    return await db.run(_use_code, wanted=lookup, grant=grant_id) > 0


async def add_token(db: Connection, token: Token) -> None:
    """Write a new access or refresh token."""
    values = msgspec.structs.asdict(token)
    values.update(scopes=scopes_text(token.scopes), is_refresh=int(token.is_refresh))
    await db.run(_insert_token, **values)


async def token(db: Connection, lookup: str) -> StoredToken | None:
    """The token of that public name with what it depends on; one that has ended too."""
    row = await db.one(_token, wanted=lookup)
    if row is None:
        return None
    return StoredToken(
        _token_from(row),
        _grant_from(row, _AFTER_TOKEN),
        oauth_consumers.from_row(row, _AFTER_GRANT),
        users.from_row(row[_AFTER_CONSUMER:]),
        *row[-2:],
    )


def _token_from(row: Row) -> Token:
    values = list(row[:_AFTER_TOKEN])
    values[2], values[_TOKEN_SCOPES] = bool(values[2]), scopes_of(values[_TOKEN_SCOPES])
    return Token(*values)


def _grant_from(row: Row, at: int) -> Grant:
    values = list(row[at : at + len(_GRANT)])
    values[3], values[4] = GrantType(values[3]), scopes_of(values[4])
    return Grant(*values)


async def use_refresh(db: Connection, lookup: str, at: int) -> bool:
    """Exchange a refresh token; False if that has happened."""
    return await db.run(_use_refresh, wanted=lookup, at=at) > 0


async def remove_token(db: Connection, lookup: str) -> bool:
    """Forget one token; False if it is gone."""
    return await db.run(_remove_token, wanted=lookup) > 0


async def take_assertion(db: Connection, digest: str, expires_on: int) -> bool:
    """Remember an assertion until it expires; False if it was shown before."""
    return await db.run(_take_assertion, digest=digest, expires_on=expires_on) > 0


async def touch(db: Connection, uses: Sequence[TokenUse]) -> None:
    """Write down when each grant was last used, each at most once; an older use changes nothing."""
    if uses:
        ordered = sorted(uses, key=lambda use: use.id)
        await db.run(_touch, uses=msgspec.json.encode(ordered).decode())


async def sweep(db: Connection, at: int) -> None:
    """Forget what has expired."""
    for statement in _SWEPT:
        await db.run(statement, at=at)
