import pytest
from support.rows import a_user

from bitpail.model.one_time_links import OneTimeLink, Purpose
from bitpail.store import one_time_links

pytestmark = pytest.mark.anyio


async def test_a_link_is_used_up_once_and_forgotten_when_it_expires(db):
    ada = await a_user(db, "ada")
    used, old, new = (
        OneTimeLink(name, Purpose.CONFIRM_EMAIL, ada.id, at, "a@example.org")
        for name, at in (("used", 9), ("old", 5), ("new", 6))
    )
    for link in (used, old, new):
        await one_time_links.create(db, link)

    assert await one_time_links.find(db, "used") == used
    assert await one_time_links.remove(db, "used")
    assert not await one_time_links.remove(db, "used")
    await one_time_links.sweep(db, 5)

    assert [await one_time_links.find(db, each.digest) for each in (used, old, new)] == [None, None, new]
