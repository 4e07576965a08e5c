"""Links that work once, by the digest of their secret part."""

import msgspec
from sqlalchemy import BigInteger, Text, bindparam, delete, insert, select

from bitpail.model.one_time_links import OneTimeLink
from bitpail.model.users import UserId
from bitpail.store.database import Connection
from bitpail.store.tables import one_time_links as _links

_c = _links.c
_digest = _c.digest == bindparam("wanted", type_=Text)

_insert = insert(_links)
_find = select(*(_c[name] for name in OneTimeLink.__struct_fields__)).where(_digest)
_remove = delete(_links).where(_digest)
_remove_all = delete(_links).where(
    _c.purpose == bindparam("wanted", type_=Text),
    _c.user_id.is_not_distinct_from(bindparam("user", type_=Text)),
)
_sweep = delete(_links).where(_c.expires_on <= bindparam("at", type_=BigInteger))


async def create(db: Connection, link: OneTimeLink) -> None:
    """Write a new one."""
    await db.run(_insert, **msgspec.structs.asdict(link))


async def find(db: Connection, digest: str) -> OneTimeLink | None:
    """The link of that digest; an expired one too."""
    row = await db.one(_find, wanted=digest)
    return OneTimeLink(*row) if row else None


async def remove(db: Connection, digest: str) -> bool:
    """Use one up; False if that has happened already."""
    return await db.run(_remove, wanted=digest) > 0


async def remove_all(db: Connection, purpose: str, user_id: UserId | None) -> None:
    """Forget all of one purpose for one user. Looks at every link there is: they last a day, so they are few."""
    await db.run(_remove_all, wanted=purpose, user=user_id)


async def sweep(db: Connection, at: int) -> None:
    """Forget what has expired."""
    await db.run(_sweep, at=at)
