import pytest
from support.rows import a_user, an_app_password, unused_id

from bitpail.errors import Conflict
from bitpail.model.app_passwords import StoredSecret, Use
from bitpail.model.scopes import Scope
from bitpail.store import app_passwords, users

pytestmark = pytest.mark.anyio


async def test_one_look_up_gives_the_password_its_user_and_the_digest(db):
    alice = await a_user(db)
    app_password = await an_app_password(db, alice, "ci", scopes=tuple(Scope))
    await an_app_password(db, alice, "other")

    found = await app_passwords.by_lookup(db, app_password.id)

    assert found == StoredSecret(app_password, alice, b"ci", 7, None, lookup=app_password.id)
    assert await app_passwords.by_lookup(db, unused_id()) is None


async def test_a_revoked_password_and_an_inactive_user_come_as_such(db):
    alice = await a_user(db)
    app_password = await an_app_password(db, alice)
    await users.set_active(db, alice.id, False)

    assert await app_passwords.revoke(db, app_password.id, 9)

    found = await app_passwords.by_lookup(db, app_password.id)
    assert found.app_password.revoked_on == 9
    assert not found.user.is_active
    assert not await app_passwords.revoke(db, app_password.id, 10)
    assert not await app_passwords.revoke(db, unused_id(), 10)


async def test_a_label_is_unique_among_the_unrevoked_of_one_user(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    first = await an_app_password(db, alice, "ci")
    await an_app_password(db, bob, "ci")

    with pytest.raises(Conflict):
        await an_app_password(db, alice, "ci")
    await app_passwords.revoke(db, first.id, 5)
    second = await an_app_password(db, alice, "ci", created_on=6)
    await app_passwords.revoke(db, second.id, 7)
    third = await an_app_password(db, alice, "ci", created_on=8)

    assert await app_passwords.by_label(db, alice.id, "ci") == third
    assert await app_passwords.by_label(db, alice.id, "CI") is None
    assert await app_passwords.of_user(db, alice.id) == [third]
    everything = await app_passwords.of_user(db, alice.id, include_revoked=True)
    assert [each.revoked_on for each in everything] == [5, 7, None]


async def test_the_public_name_is_unique(db):
    alice = await a_user(db)
    one = await an_app_password(db, alice)

    other = await an_app_password(db, alice, "other")
    with pytest.raises(Conflict):
        await app_passwords.add_secret(db, other.id, one.id, b"digest", 1, 2)


async def test_those_that_expire_soon_are_told_to_their_user_alone_the_first_first(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    ends = {"past": 10, "now": 20, "b": 40, "a": 30, "last": 50, "later": 51, "never": None}
    made = {label: await an_app_password(db, alice, label, expires_on=at) for label, at in ends.items()}
    await an_app_password(db, bob, "his", expires_on=30)
    gone = await an_app_password(db, alice, "revoked", expires_on=30)
    await app_passwords.revoke(db, gone.id, 5)

    found = await app_passwords.expiring(db, alice.id, 20, 50)

    assert found == [made["a"], made["b"], made["last"]]


async def test_last_uses_are_written_together_and_never_move_backwards(db):
    alice = await a_user(db)
    one, two, three = [await an_app_password(db, alice, label) for label in ("one", "two", "three")]

    await app_passwords.touch(
        db,
        [
            Use(one.id, one.id, 50, "192.0.2.1", 'git/2 "quoted"'),
            Use(two.id, two.id, 60, "192.0.2.2", "git\0/\udcff"),
            Use(one.id, one.id, 40, "192.0.2.9", "old"),
            Use(unused_id(), unused_id(), 70, "192.0.2.9", "of nobody"),
        ],
    )
    await app_passwords.touch(
        db, [Use(one.id, one.id, 49, "192.0.2.3", "older"), Use(two.id, two.id, 61, "::1", "newer")]
    )
    await app_passwords.touch(db, [])

    used = {each.label: each for each in await app_passwords.of_user(db, alice.id)}
    assert _use(used["one"]) == (50, "192.0.2.1", 'git/2 "quoted"')
    assert _use(used["two"]) == (61, "::1", "newer")
    assert _use(used["three"]) == (None, None, None)
    assert three.last_used_on is None


def _use(app_password):
    return app_password.last_used_on, app_password.last_used_address, app_password.last_used_client
