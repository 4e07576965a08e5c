import asyncio

import pytest
from support.rows import a_user, an_app_password

from bitpail.store import notices

pytestmark = pytest.mark.anyio
DAY = 86_400_000_000


async def due(db, days=7):
    end = await notices.page_end(db, "", 100)
    return await notices.due(db, ("", end), days=days, since=0, until=8 * DAY, life=2 * DAY)


async def test_who_is_to_be_told_is_found_with_the_address(db):
    ada = await a_user(db, "ada")
    soon = await an_app_password(db, ada, "soon", expires_on=7 * DAY)
    await an_app_password(db, ada, "late", expires_on=9 * DAY)
    await an_app_password(db, ada, "never")

    (found,) = await due(db)

    assert (found.id, found.user, found.address, found.label) == (soon.id, ada, "ada@example.org", "soon")


async def test_of_several_who_claim_at_once_one_gets_each_notice(db):
    ada = await a_user(db, "ada")
    for number in range(20):
        await an_app_password(db, ada, f"{number}", expires_on=7 * DAY)
    found = await due(db)

    async def claim():
        async with db.transaction() as connection:
            return await notices.claim(connection, found, 1)

    claimed = await asyncio.gather(*(claim() for _ in range(3)))

    assert sorted(len(each) for each in claimed) == [0, 0, 20]
    assert await due(db) == []
    async with db.transaction() as connection:
        await notices.release(connection, found[:5])
    assert len(await due(db)) == 5
