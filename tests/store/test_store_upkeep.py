import asyncio

import pytest

from bitpail.store import upkeep
from bitpail.store.database import open_database
from bitpail.store.upkeep import Waiting

pytestmark = pytest.mark.anyio
FAR = 10**18


async def claimed(db, directory, at, until=FAR):
    async with db.transaction() as transaction:
        return await upkeep.claim(transaction, directory, at, until)


async def due(db, at, *, many=10, old=0):
    return await upkeep.due(db, many=many, old=old, at=at, number=9)


async def test_many_pushes_or_an_old_one_make_a_directory_due(db):
    await upkeep.add(db, {"busy": 9, "quiet": 1}, 100)
    await upkeep.add(db, {"busy": 3}, 200)
    await upkeep.add(db, {}, 300)

    assert await due(db, 300) == ["busy"]
    assert await due(db, 300, old=99) == ["busy"]
    # The first that waits counts, and not the last.
    assert await due(db, 300, old=100) == ["busy", "quiet"]
    assert await upkeep.waiting(db) == Waiting(2, 100)


async def test_one_of_all_who_try_gets_a_directory(db, settings):
    other = await open_database(settings)
    await upkeep.add(db, {"d": 20}, 100)
    try:
        claims = await asyncio.gather(*(claimed(one, "d", 200, 1000) for one in (db, other) * 3))
    finally:
        await other.close()

    (claim,) = [one for one in claims if one is not None]
    assert (claim.directory, claim.pushes, claim.maintained_on, claim.repacked_on) == ("d", 20, None, None)
    assert await due(db, 300) == []
    assert await upkeep.renew(db, claim, 2000)
    assert await claimed(db, "d", 1500) is None
    # Its owner has died.
    later = await claimed(db, "d", 2000)
    assert later is not None
    assert not await upkeep.renew(db, claim, 9000)
    assert not await upkeep.finish(db, claim, began=200, at=3000, repacked=None)
    assert (await claimed(db, "never pushed to", 100)).pushes == 0


async def test_what_was_pushed_meanwhile_waits_for_the_next_time(db):
    await upkeep.add(db, {"d": 20}, 100)
    claim = await claimed(db, "d", 200)
    await upkeep.add(db, {"d": 11}, 250)

    assert await upkeep.finish(db, claim, began=200, at=300, repacked=200)

    assert await upkeep.waiting(db) == Waiting(1, 200)
    assert (await due(db, 299), await due(db, 300)) == ([], ["d"])
    again = await claimed(db, "d", 300)
    assert (again.pushes, again.maintained_on, again.repacked_on) == (11, 300, 200)
    await upkeep.finish(db, again, began=300, at=400, repacked=200)
    assert await upkeep.waiting(db) == Waiting(0, None)
    await upkeep.add(db, {"d": 1}, 500)
    assert await upkeep.waiting(db) == Waiting(1, 500)


async def test_a_failure_leaves_it_as_it_was_and_what_is_gone_is_forgotten(db):
    await upkeep.add(db, {"d": 20}, 100)
    claim = await claimed(db, "d", 200)

    await upkeep.release(db, claim)
    assert await due(db, 200) == ["d"]
    await upkeep.forget(db, "d")
    await upkeep.forget(db, "d")

    assert await due(db, 200) == []
    assert await upkeep.waiting(db) == Waiting(0, None)
