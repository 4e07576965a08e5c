"""OAuth consumers, by their workspace, by their key and by the public part of their secret."""

from functools import lru_cache

import msgspec
from sqlalchemy import BigInteger, Integer, Text, bindparam, delete, func, insert, null, or_, select, update

from bitpail.model.oauth_consumers import Consumer, ConsumerId
from bitpail.model.scopes import Scope
from bitpail.model.workspaces import WorkspaceId
from bitpail.store.database import Connection, Database
from bitpail.store.oauth_tables import oauth_consumers as _consumers
from bitpail.store.statements import Row
from bitpail.store.tables import workspaces as _workspaces

_c = _consumers.c
COLUMNS = tuple(_c[name] for name in Consumer.__struct_fields__)
_SCOPES = Consumer.__struct_fields__.index("scopes")
_IS_PUBLIC = Consumer.__struct_fields__.index("is_public")
_id = _c.id == bindparam("consumer", type_=Text)
_workspace = _c.workspace_id == bindparam("workspace", type_=Text)

_insert = insert(_consumers)
_of_workspace = select(*COLUMNS).where(_workspace).order_by(_c.name, _c.id)
_with_workspace = select(_workspaces.c.slug, *COLUMNS).join_from(
    _consumers, _workspaces, _c.workspace_id == _workspaces.c.id
)
_by_key = _with_workspace.where(_c.key == bindparam("wanted", type_=Text))
_by_id = _with_workspace.where(_id)
_by_lookup = _with_workspace.where(_c.lookup == bindparam("wanted", type_=Text))
# In one order, so that two workers that write what they found don't wait for each other.
_without_lookup = (
    select(*COLUMNS).where(_c.lookup.is_(None)).order_by(_c.id).limit(bindparam("most", type_=BigInteger))
)
_change = (
    update(_consumers)
    .where(_id)
    .values(
        name=bindparam("new_name", type_=Text),
        description=bindparam("new_description", type_=Text),
        callback_url=bindparam("new_callback_url", type_=Text),
        url=bindparam("new_url", type_=Text),
        scopes=bindparam("new_scopes", type_=Text),
        is_public=bindparam("new_is_public", type_=Integer),
    )
)
_set_secret = (
    update(_consumers)
    .where(_id)
    .values(
        nonce=bindparam("new_nonce", type_=Text),
        lookup=bindparam("new_lookup", type_=Text),
        owner_id=bindparam("new_owner", type_=Text),
        secret_ended_on=null(),
        acts_until=bindparam("new_acts_until", type_=BigInteger),
    )
)
# Of the secret that was found: another one may have been made meanwhile.
_still = _c.nonce == bindparam("nonce_then", type_=Text)
_set_lookup = update(_consumers).where(_id, _still).values(lookup=bindparam("new_lookup", type_=Text))
_end_secret = (
    update(_consumers)
    .where(_id, _still)
    .values(
        nonce=bindparam("new_nonce", type_=Text),
        lookup=bindparam("new_lookup", type_=Text),
        secret_ended_on=bindparam("at", type_=BigInteger),
    )
)
_remove = delete(_consumers).where(_id)
_end = bindparam("end", type_=BigInteger)
_count_too_long = (
    select(func.count())
    .select_from(_consumers)
    .where(_c.is_public == 0, or_(_c.acts_until.is_(None), _c.acts_until > _end))
)
_narrow = update(_consumers).where(or_(_c.acts_until.is_(None), _c.acts_until > _end)).values(acts_until=_end)


@lru_cache(maxsize=4096)
def scopes_of(names: str) -> tuple[Scope, ...]:
    """Scopes from the text in which they are kept."""
    return tuple(Scope(name) for name in names.split())


def scopes_text(scopes: tuple[Scope, ...]) -> str:
    """How they are kept."""
    return " ".join(scope.value for scope in scopes)


def from_row(row: Row, at: int = 0) -> Consumer:
    """A consumer from the ``COLUMNS`` that begin at ``at``."""
    values = list(row[at : at + len(COLUMNS)])
    values[_SCOPES], values[_IS_PUBLIC] = scopes_of(values[_SCOPES]), bool(values[_IS_PUBLIC])
    return Consumer(*values)


async def create(db: Connection, consumer: Consumer, lookup: str) -> None:
    """Write a new one, and the public part of its secret; raises Conflict if the workspace has one of that name."""
    values = msgspec.structs.asdict(consumer)
    values.update(scopes=scopes_text(consumer.scopes), is_public=int(consumer.is_public), lookup=lookup)
    await db.run(_insert, **values)


async def by_key(db: Connection, key: str) -> tuple[Consumer, str] | None:
    """The one of that ``client_id``, with the slug of its workspace."""
    row = await db.one(_by_key, wanted=key)
    return (from_row(row, 1), row[0]) if row else None


async def by_id(db: Connection, consumer_id: ConsumerId) -> tuple[Consumer, str] | None:
    """The one of that id, with the slug of its workspace."""
    row = await db.one(_by_id, consumer=consumer_id)
    return (from_row(row, 1), row[0]) if row else None


async def by_lookup(db: Connection, lookup: str) -> list[tuple[Consumer, str]]:
    """Those whose secret has that public part, seldom more than one, each with the slug of its workspace."""
    return [(from_row(row, 1), row[0]) for row in await db.all(_by_lookup, wanted=lookup)]


async def without_lookup(db: Connection, most: int) -> list[Consumer]:
    """Some of those of whose secret no public part is kept."""
    return [from_row(row) for row in await db.all(_without_lookup, most=most)]


async def set_lookup(db: Connection, consumer: Consumer, lookup: str) -> None:
    """Keep the public part of its secret, unless it has got another secret."""
    await db.run(_set_lookup, consumer=consumer.id, nonce_then=consumer.nonce, new_lookup=lookup)


async def of_workspace(db: Connection, workspace_id: WorkspaceId) -> list[Consumer]:
    """All of a workspace's, by name."""
    return [from_row(row) for row in await db.all(_of_workspace, workspace=workspace_id)]


async def change(db: Connection, consumer: Consumer) -> bool:
    """Write everything but its key, secret and owner; False if it is gone. Raises Conflict for a name in use."""
    touched = await db.run(
        _change,
        consumer=consumer.id,
        new_name=consumer.name,
        new_description=consumer.description,
        new_callback_url=consumer.callback_url,
        new_url=consumer.url,
        new_scopes=scopes_text(consumer.scopes),
        new_is_public=int(consumer.is_public),
    )
    return touched > 0


async def set_secret(db: Connection, changed: Consumer, lookup: str) -> bool:
    """What its secret is computed from, its public part, who was shown it, until when it acts; False if it is gone."""
    touched = await db.run(
        _set_secret,
        consumer=changed.id,
        new_nonce=changed.nonce,
        new_lookup=lookup,
        new_owner=changed.owner_id,
        new_acts_until=changed.acts_until,
    )
    return touched > 0


async def end_secret(db: Connection, consumer: Consumer, nonce: str, lookup: str, at: int) -> bool:
    """Put a secret that nobody is shown in the place of this one; False if it has another already, or is gone."""
    touched = await db.run(
        _end_secret,
        consumer=consumer.id,
        nonce_then=consumer.nonce,
        new_nonce=nonce,
        new_lookup=lookup,
        at=at,
    )
    return touched > 0


async def narrow(db: Connection, acts_until: int) -> int:
    """Let all secrets of now act for their owners until then at the latest; how many that is new to."""
    return await db.run(_narrow, end=acts_until)


async def count_beyond(db: Database, acts_until: int) -> int:
    """How many apps with a secret may act for their owners beyond a moment."""
    return int((await db.scan(_count_too_long, end=acts_until))[0][0])


async def remove(db: Connection, consumer_id: ConsumerId) -> bool:
    """Take it away with everything that it was allowed; False if it is gone."""
    return await db.run(_remove, consumer=consumer_id) > 0
