import pytest
from support.rows import a_user, an_app_password

from bitpail.store import app_passwords, policies

pytestmark = pytest.mark.anyio


async def test_a_policy_is_replaced_as_a_whole(db):
    assert await policies.get(db, "x") is None

    await policies.put(db, "x", "{}", 1)
    await policies.put(db, "x", '{"a":1}', 2)
    await policies.put(db, "y", "[]", 3)

    assert [await policies.get(db, name) for name in ("x", "y", "z")] == ['{"a":1}', "[]", None]


async def test_those_that_work_are_everybodys_but_the_revoked_and_expired(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    kept = await an_app_password(db, alice, "kept")
    revoked = await an_app_password(db, alice, "revoked")
    hers = await an_app_password(db, bob, "kept")
    await app_passwords.revoke(db, revoked.id, 5)

    assert await app_passwords.living(db, 10) == [("alice", kept), ("bob", hers)]


async def test_a_secret_that_is_ending_can_be_ended_or_kept_once(db):
    alice = await a_user(db)
    made = await an_app_password(db, alice)
    lookup = (await app_passwords.secrets_of(db, made.id))[0].lookup

    assert not await app_passwords.end_secret(db, lookup, 5)
    assert not await app_passwords.stop_ending(db, lookup, 5)
    assert await app_passwords.start_ending(db, lookup, 100)
    assert not await app_passwords.start_ending(db, lookup, 200)
    assert await app_passwords.stop_ending(db, lookup, 50)
    assert (await app_passwords.secrets_of(db, made.id))[0].ends_on is None
    assert await app_passwords.start_ending(db, lookup, 100)
    assert await app_passwords.end_secret(db, lookup, 60)
    assert not await app_passwords.stop_ending(db, lookup, 60)
    assert (await app_passwords.secrets_of(db, made.id))[0].ends_on == 60
