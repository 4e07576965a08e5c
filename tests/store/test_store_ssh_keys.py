import msgspec
import pytest
from support.rows import a_user, unused_id

from bitpail.errors import Conflict
from bitpail.model.ssh_keys import SshKey, SshKeyUse
from bitpail.store import ssh_keys, users

pytestmark = pytest.mark.anyio


def a_key(user, fingerprint="one", **more):
    values = {"key": f"ssh-ed25519 {fingerprint}", "comment": "", "label": fingerprint, "created_on": 1}
    return SshKey(id=unused_id(), user_id=user.id, fingerprint=fingerprint, **values | more)


async def test_a_key_is_found_by_its_fingerprint_with_its_user(db):
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    key = a_key(ada, expires_on=7)
    await ssh_keys.create(db, key)
    await users.set_active(db, ada.id, False)

    found = await ssh_keys.by_fingerprint(db, "one")

    assert found is not None
    assert (found[0], found[1].username, found[1].is_active) == (key, "ada", False)
    assert await ssh_keys.by_fingerprint(db, "ONE") is None
    with pytest.raises(Conflict):
        await ssh_keys.create(db, a_key(grace))


async def test_keys_are_listed_by_age_and_removed_by_their_owner_only(db):
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    late, early = a_key(ada, "late", created_on=2), a_key(ada, "early")
    for key in (late, early, a_key(grace, "hers")):
        await ssh_keys.create(db, key)

    assert await ssh_keys.of_user(db, ada.id) == [early, late]
    assert not await ssh_keys.remove(db, grace.id, late.id)
    assert await ssh_keys.remove(db, ada.id, late.id)
    assert not await ssh_keys.remove(db, ada.id, late.id)
    assert await ssh_keys.of_user(db, ada.id) == [early]


async def test_the_latest_use_stays(db):
    ada = await a_user(db, "ada")
    key, other = a_key(ada), a_key(ada, "two")
    await ssh_keys.create(db, key)
    await ssh_keys.create(db, other)

    await ssh_keys.touch(db, [])
    await ssh_keys.touch(db, [SshKeyUse(key.id, 9, "192.0.2.1", "git/2"), SshKeyUse(unused_id(), 9, "", "")])
    await ssh_keys.touch(db, [SshKeyUse(key.id, 8, "192.0.2.2", "old")])

    first, second = await ssh_keys.of_user(db, ada.id)
    assert (first.last_used_on, first.last_used_address, first.last_used_client) == (9, "192.0.2.1", "git/2")
    assert second == other


async def test_label_comment_and_end_are_changed_by_their_owner_only(db):
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    key = a_key(ada)
    await ssh_keys.create(db, key)
    changed = msgspec.structs.replace(key, label="new", comment="other", expires_on=2**40)

    await ssh_keys.change(db, msgspec.structs.replace(changed, user_id=grace.id))
    assert await ssh_keys.of_user(db, ada.id) == [key]
    await ssh_keys.change(db, changed)
    assert await ssh_keys.of_user(db, ada.id) == [changed]
    await ssh_keys.change(db, msgspec.structs.replace(changed, expires_on=None))

    assert (await ssh_keys.of_user(db, ada.id))[0].expires_on is None
