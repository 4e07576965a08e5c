import pytest
from support.rows import a_user

from bitpail.errors import Conflict
from bitpail.store import emails, users

pytestmark = pytest.mark.anyio


async def listed(db, user):
    return [(one.address, one.is_primary, one.is_confirmed) for one in await users.emails(db, user.id)]


async def test_two_may_claim_an_address_and_one_gets_it(db):
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    for user in (ada, grace):
        await emails.claim(db, user.id, "Us@example.org")
    with pytest.raises(Conflict):
        await emails.claim(db, ada.id, "us@example.org")

    assert await users.with_password_by_email(db, "us@example.org") is None
    assert await emails.confirm(db, ada.id, "US@example.org")
    with pytest.raises(Conflict):
        await emails.confirm(db, grace.id, "us@example.org")
    assert not await emails.confirm(db, ada.id, "other@example.org")

    found = await users.with_password_by_email(db, "us@example.org")
    assert found is not None
    assert found[0] == ada
    assert await listed(db, ada) == [("ada@example.org", True, True), ("Us@example.org", False, True)]
    assert await listed(db, grace) == [("grace@example.org", True, True), ("Us@example.org", False, False)]


async def test_one_address_is_primary_and_that_one_is_not_removed(db):
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    for address in ("b@example.org", "c@example.org"):
        await emails.claim(db, ada.id, address)
    await emails.confirm(db, ada.id, "b@example.org")

    await emails.make_primary(db, ada.id, "B@example.org")

    assert not await emails.remove(db, ada.id, "b@example.org")
    assert not await emails.remove(db, grace.id, "c@example.org")
    assert await emails.remove(db, ada.id, "C@example.org")
    assert await listed(db, ada) == [("b@example.org", True, True), ("ada@example.org", False, True)]
    assert await listed(db, grace) == [("grace@example.org", True, True)]
