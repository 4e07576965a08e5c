import msgspec
import pytest
from support.rows import a_user

from bitpail.errors import Conflict
from bitpail.model.git_logins import GitLogin, GitLoginState
from bitpail.store import git_logins

pytestmark = pytest.mark.anyio

ONE = GitLogin("digest", "BCDFGHJK", "ada/notes", "laptop", "192.0.2.1", 1, 100)


async def test_one_is_found_by_its_digest_and_by_its_code(db):
    await git_logins.create(db, ONE)

    assert await git_logins.by_digest(db, "digest") == ONE
    assert await git_logins.by_user_code(db, "BCDFGHJK") == ONE
    assert await git_logins.by_digest(db, "BCDFGHJK") is None
    for other in (msgspec.structs.replace(ONE, digest="x"), msgspec.structs.replace(ONE, user_code="x")):
        with pytest.raises(Conflict):
            await git_logins.create(db, other)


@pytest.mark.parametrize("state", [GitLoginState.ALLOWED, GitLoginState.DENIED])
async def test_it_is_decided_once_and_used_once(db, state):
    alice = await a_user(db)
    await git_logins.create(db, ONE)

    first = await git_logins.decide(db, "digest", state, alice.id, read_only=True, lifetime=900)
    again = await git_logins.decide(
        db, "digest", GitLoginState.ALLOWED, alice.id, read_only=False, lifetime=1
    )

    assert (first, again) == (True, False)
    found = await git_logins.by_digest(db, "digest")
    assert (found.state, found.user_id, found.read_only, found.lifetime) == (state, alice.id, True, 900)
    assert await git_logins.remove(db, "digest")
    assert not await git_logins.remove(db, "digest")


async def test_what_has_expired_is_forgotten(db):
    await git_logins.create(db, ONE)
    await git_logins.create(db, msgspec.structs.replace(ONE, digest="later", user_code="x", expires_on=101))

    await git_logins.sweep(db, 100)

    assert await git_logins.by_digest(db, "digest") is None
    assert await git_logins.by_digest(db, "later") is not None
