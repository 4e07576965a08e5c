"""What was pushed to each Git directory since it was put in order, and who is at it.

``directory`` is the id of a repository, with ``.wiki`` behind it for its wiki.
``pushed_on`` is the first push that waits. ``maintained_on`` is when it was put in
order; while somebody is at it, it is the time until which nobody else may begin.
"""

from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy import BigInteger, Integer, Text, bindparam, delete, func, or_, select, update

from bitpail.store.database import Connection
from bitpail.store.statements import Upsert
from bitpail.store.tables import upkeep as _upkeep

_c = _upkeep.c
_at = bindparam("at", type_=BigInteger)
_until = bindparam("until", type_=BigInteger)
_wanted = _c.directory == bindparam("wanted", type_=Text)
_claimed = _c.maintained_on == bindparam("claimed", type_=BigInteger)
_waits = _c.pushes > 0

_begin = update(_upkeep).where(_wanted, _c.pushes == 0).values(pushed_on=_at)
_add = Upsert(_upkeep, adding=("pushes",))
_due = (
    select(_c.directory)
    .where(_waits)
    .where(
        or_(_c.pushes >= bindparam("many", type_=Integer), _c.pushed_on <= bindparam("old", type_=BigInteger))
    )
    .where(or_(_c.maintained_on.is_(None), _c.maintained_on <= _at))
    .order_by(_c.pushes.desc())
    .limit(bindparam("number", type_=Integer))
)
_of = select(_c.pushes, _c.maintained_on, _c.repacked_on).where(_wanted)
_claim = (
    update(_upkeep)
    .where(_wanted, or_(_c.maintained_on.is_(None), _c.maintained_on <= _at))
    .values(maintained_on=_until)
)
_renew = update(_upkeep).where(_wanted, _claimed).values(maintained_on=_until)
_finish = (
    update(_upkeep)
    .where(_wanted, _claimed)
    .values(
        pushes=_c.pushes - bindparam("done", type_=Integer),
        pushed_on=bindparam("began", type_=BigInteger),
        maintained_on=_at,
        repacked_on=bindparam("repacked", type_=BigInteger),
    )
)
_release = (
    update(_upkeep).where(_wanted, _claimed).values(maintained_on=bindparam("before", type_=BigInteger))
)
_forget = delete(_upkeep).where(_wanted)
_waiting = select(func.count(), func.min(_c.pushed_on)).where(_waits)


class Claim(Struct):
    """A directory that is ours ``until`` then, and what was known of it before."""

    directory: str
    until: int
    pushes: int
    maintained_on: int | None
    repacked_on: int | None


class Waiting(Struct, frozen=True):
    """How many directories were pushed to since they were put in order, and the first of these pushes."""

    directories: int
    oldest_on: int | None


async def add(db: Connection, pushes: Mapping[str, int], at: int) -> None:
    """Count pushes by directory."""
    # In order: two processes that write down the same must not wait for each other.
    for directory, number in sorted(pushes.items()):
        await db.run(_begin, wanted=directory, at=at)
        await db.run(
            _add, directory=directory, pushes=number, pushed_on=at, maintained_on=None, repacked_on=None
        )


async def due(db: Connection, *, many: int, old: int, at: int, number: int) -> list[str]:
    """Directories with so ``many`` pushes, or one as ``old``, most pushes first.

    Only those that were put in order before ``at``, which is also when nobody is at them.
    """
    return [row[0] for row in await db.all(_due, many=many, old=old, at=at, number=number)]


async def claim(db: Connection, directory: str, at: int, until: int) -> Claim | None:
    """Have a directory for oneself; None if somebody else has. In a transaction."""
    await add(db, {directory: 0}, at)
    row = await db.one(_of, wanted=directory)
    if row is None or not await db.run(_claim, wanted=directory, at=at, until=until):
        return None
    return Claim(directory, until, *row)


async def renew(db: Connection, claim: Claim, until: int) -> bool:
    """Keep it for longer; False if it is not ours any more."""
    kept = await db.run(_renew, wanted=claim.directory, claimed=claim.until, until=until) > 0
    if kept:
        claim.until = until
    return kept


async def finish(db: Connection, claim: Claim, *, began: int, at: int, repacked: int | None) -> bool:
    """It is in order but for what was pushed after ``began``; False if it is not ours any more."""
    return (
        await db.run(
            _finish, wanted=claim.directory, claimed=claim.until, done=claim.pushes,
            began=began, at=at, repacked=repacked,
        )
        > 0
    )  # fmt: skip


async def release(db: Connection, claim: Claim) -> None:
    """Give it back as it was."""
    await db.run(_release, wanted=claim.directory, claimed=claim.until, before=claim.maintained_on)


async def forget(db: Connection, directory: str) -> None:
    """It is gone."""
    await db.run(_forget, wanted=directory)


async def waiting(db: Connection) -> Waiting:
    """What is not in order, for the metrics."""
    row = await db.one(_waiting)
    return Waiting(*row) if row else Waiting(0, None)
