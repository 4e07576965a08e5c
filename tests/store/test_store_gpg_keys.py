import pytest
from support.rows import a_user

from bitpail.errors import Conflict
from bitpail.model.gpg_keys import Certificate, GpgKey, Subkey
from bitpail.store import gpg_keys

pytestmark = pytest.mark.anyio


def a_key(user, fingerprint="aa", added_on=1):
    primary = Subkey(fingerprint, fingerprint[:1], 5, None)
    found = Certificate(primary, (Subkey("cc", "c", 6, 7),), ("Ädä <ada@example.org>",), "-----BEGIN")
    return GpgKey(user.id, found, "laptop", added_on)


async def test_a_key_is_what_it_was_when_it_was_written(db):
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    key = a_key(ada)

    await gpg_keys.create(db, key)

    assert await gpg_keys.one(db, ada.id, "aa") == key
    assert await gpg_keys.one(db, ada.id, "cc") is None
    assert await gpg_keys.one(db, grace.id, "aa") is None


async def test_a_key_may_be_on_two_accounts_and_on_each_once(db):
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    await gpg_keys.create(db, a_key(ada))

    await gpg_keys.create(db, a_key(grace))

    with pytest.raises(Conflict):
        await gpg_keys.create(db, a_key(ada))
    assert await gpg_keys.remove(db, ada.id, "aa")
    assert not await gpg_keys.remove(db, ada.id, "aa")
    assert [key.user_id for key in await gpg_keys.of_user(db, grace.id)] == [grace.id]


async def test_keys_are_listed_by_age_and_counted(db):
    ada = await a_user(db, "ada")
    late, early = a_key(ada, "aa", 2), a_key(ada, "bb", 1)
    for key in (late, early):
        await gpg_keys.create(db, key)

    assert await gpg_keys.of_user(db, ada.id) == [early, late]
    assert await gpg_keys.count(db, ada.id) == 2
