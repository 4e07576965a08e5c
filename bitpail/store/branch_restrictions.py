"""What may not be done to the branches of a repository, by its number.

The last one that was removed keeps its row, if its number was the highest, so
that nobody's number is ever given to another one.
"""

import msgspec
import sqlalchemy as sa
from sqlalchemy import Integer, Text, bindparam, func, or_, select

from bitpail.model.branch_restrictions import OF_PUSHES, Kind, Restriction, Rule
from bitpail.model.repositories import RepositoryId
from bitpail.store.database import Connection
from bitpail.store.repository_tables import branch_restrictions as _restrictions
from bitpail.store.statements import Row

_c = _restrictions.c
_COLUMNS = (_c.repository_id, _c.number, _c.kind, _c.pattern, _c.rule)
_of_one = _c.repository_id == bindparam("repository", type_=Text)
# The kind of one that is gone and keeps its number.
_GONE = ""
_is_there = _c.kind != _GONE
_is_it = (_of_one, _c.number == bindparam("wanted", type_=Integer), _is_there)
_decoder = msgspec.json.Decoder(Rule)

_of_repository = select(*_COLUMNS).where(_of_one, _is_there).order_by(_c.number)
_of_pushes = _of_repository.where(or_(*(_c.kind == kind.value for kind in sorted(OF_PUSHES))))
_one = select(*_COLUMNS).where(*_is_it)
_insert = sa.insert(_restrictions)
_update = (
    sa.update(_restrictions)
    .where(*_is_it)
    .values({name: bindparam(f"new_{name}", type_=Text) for name in ("kind", "pattern", "rule")})
)
_last = select(_c.number).where(_of_one).order_by(_c.number.desc()).limit(1)
_remove = sa.update(_restrictions).where(*_is_it).values(kind=_GONE, pattern="", rule="")
_highest = select(func.max(_c.number)).where(_of_one).scalar_subquery()
_sweep = sa.delete(_restrictions).where(_of_one, _c.kind == _GONE, _c.number < _highest)


def _from_row(row: Row) -> Restriction:
    return Restriction(row[0], row[1], Kind(row[2]), row[3], _decoder.decode(row[4]))


async def of_repository(db: Connection, repository_id: RepositoryId) -> list[Restriction]:
    """All of a repository, by number."""
    return [_from_row(row) for row in await db.all(_of_repository, repository=repository_id)]


async def of_pushes(db: Connection, repository_id: RepositoryId) -> list[Restriction]:
    """Those that a push is judged by."""
    return [_from_row(row) for row in await db.all(_of_pushes, repository=repository_id)]


async def one(db: Connection, repository_id: RepositoryId, number: int) -> Restriction | None:
    """The one of that number."""
    row = await db.one(_one, repository=repository_id, wanted=number)
    return _from_row(row) if row else None


async def create(db: Connection, restriction: Restriction) -> None:
    """Write a new one; raises Conflict for a number that is taken."""
    await db.run(
        _insert,
        repository_id=restriction.repository_id,
        number=restriction.number,
        kind=restriction.kind.value,
        pattern=restriction.pattern,
        rule=_encoded(restriction.rule),
    )


async def update(db: Connection, restriction: Restriction) -> None:
    """Write it over what has its number."""
    await db.run(
        _update,
        repository=restriction.repository_id,
        wanted=restriction.number,
        new_kind=restriction.kind.value,
        new_pattern=restriction.pattern,
        new_rule=_encoded(restriction.rule),
    )


async def remove(db: Connection, repository_id: RepositoryId, number: int) -> bool:
    """Remove one; whether there was one."""
    found = await db.run(_remove, repository=repository_id, wanted=number) > 0
    await db.run(_sweep, repository=repository_id)
    return found


async def last_number(db: Connection, repository_id: RepositoryId) -> int:
    """The highest that was ever given, 0 before the first."""
    row = await db.one(_last, repository=repository_id)
    return int(row[0]) if row else 0


async def forget_groups(db: Connection, repository_id: RepositoryId) -> None:
    """Except no group any more from any of them."""
    for each in await of_repository(db, repository_id):
        if each.rule.groups:
            rule = msgspec.structs.replace(each.rule, groups=())
            await update(db, msgspec.structs.replace(each, rule=rule))


def _encoded(rule: Rule) -> str:
    return msgspec.json.encode(rule).decode()
