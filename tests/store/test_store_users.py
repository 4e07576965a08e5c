import pytest
from support.rows import a_user, unused_id

from bitpail.errors import Conflict, Invalid
from bitpail.model.users import Email
from bitpail.store import users

pytestmark = pytest.mark.anyio


async def test_a_user_is_found_by_each_of_its_names(db):
    alice = await a_user(db, "Alice", is_admin=True)
    await a_user(db, "bob")

    assert await users.by_username(db, "aLICE") == alice
    assert await users.by_id(db, alice.id) == alice
    assert await users.by_account_id(db, alice.account_id) == alice
    assert await users.by_username(db, "carol") is None
    assert await users.by_id(db, unused_id()) is None
    assert await users.by_account_id(db, alice.id) is None


async def test_usernames_differ_by_more_than_case(db):
    await a_user(db, "alice")

    with pytest.raises(Conflict):
        await a_user(db, "ALICE")

    assert await users.count(db) == 1


async def test_an_address_belongs_to_one_user_in_whatever_case(db):
    await a_user(db, "alice")
    bob = await a_user(db, "bob")

    with pytest.raises(Conflict):
        await users.create(db, bob, password_digest=None, email="ALICE@example.org", confirmed=True)


async def test_a_password_digest_is_returned_only_where_it_is_asked_for(db):
    alice = await a_user(db)
    assert await users.with_password(db, "alice") == (alice, None)

    await users.set_password_digest(db, alice.id, "$argon2id$...")

    assert await users.with_password(db, "ALICE") == (alice, "$argon2id$...")
    assert await users.with_password(db, "bob") is None


async def test_an_account_is_switched_off_and_renamed(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")

    await users.set_active(db, alice.id, False)
    await users.update(db, alice.id, display_name="Alice A.", nickname="al")

    changed = await users.by_id(db, alice.id)
    assert (changed.is_active, changed.display_name, changed.nickname) == (False, "Alice A.", "al")
    assert await users.by_id(db, bob.id) == bob


async def test_all_users_come_by_username(db):
    for name in ("bob", "Alice", "carol"):
        await a_user(db, name)

    assert [user.username for user in await users.every(db)] == ["Alice", "bob", "carol"]


async def test_addresses_of_commits_are_matched_in_one_go_and_only_if_confirmed(db):
    alice = await a_user(db, "Alice")
    carol = await a_user(db, "carol")
    unconfirmed = {"password_digest": None, "email": "mallory@example.org", "confirmed": False}
    async with db.transaction() as inside:
        mallory = await users.by_username(inside, "nobody")
        assert mallory is None
        await users.create(inside, _mallory(), **unconfirmed)

    found = await users.by_confirmed_emails(
        db, ["ALICE@example.org", "carol@EXAMPLE.org", "mallory@example.org", 'no"\\body', "nul\0", "\udcff"]
    )

    assert found == {"alice@example.org": alice, "carol@example.org": carol}
    assert await users.by_confirmed_emails(db, []) == {}
    assert await users.emails(db, alice.id) == [Email("Alice@example.org", alice.id, True, True)]


def _mallory():
    return users.User(unused_id(), "mallory", "M", "m", unused_id(), False, True, 1)


async def test_text_that_cannot_be_looked_up_is_no_breakdown(db):
    with pytest.raises(Invalid):
        await users.by_username(db, "\udcff")
