import pytest
from support.rows import a_project, a_repository, a_user, a_workspace

from bitpail.store import moved, repositories, users, watchers
from bitpail.wire import query
from bitpail.wire.query_kinds import Asked

pytestmark = pytest.mark.anyio
_ALL = Asked()


async def test_watchers_are_listed_by_when_they_began_and_go_with_either_side(db):
    repository = await a_repository(db, await a_project(db, await a_workspace(db)))
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    await watchers.add(db, repository.id, bob.id, 1)
    await watchers.add(db, repository.id, alice.id, 2)
    await watchers.add(db, repository.id, bob.id, 3)

    async def names(asked=_ALL, offset=0, limit=10):
        found, size = await watchers.chosen(db, repository.id, asked, offset, limit)
        return [user.username for user in found], size

    assert await names() == (["bob", "alice"], 2)
    assert await names(offset=1, limit=1) == (["alice"], 2)
    assert await names(Asked(None, "-display_name")) == (["bob", "alice"], 2)
    assert await names(Asked(query.parse(f'uuid = "{{{alice.id}}}"'), None)) == (["alice"], 1)
    assert await watchers.remove(db, repository.id, alice.id)
    assert not await watchers.remove(db, repository.id, alice.id)
    assert await names() == (["bob"], 1)
    assert (await users.by_id(db, bob.id)) == bob

    await repositories.delete(db, repository.id)

    assert await names() == ([], 0)


async def test_a_notice_is_found_by_the_names_and_replaced_by_the_next(db):
    team = await a_workspace(db)
    await moved.put(db, team.id, "website", "https://a", is_private=True, at=1)
    await moved.put(db, team.id, "website", "https://b", is_private=False, at=2)

    assert await moved.find(db, "team", "website") == moved.Notice("https://b", is_private=False)
    assert await moved.find(db, "team", "other") is None
    assert await moved.find(db, "other", "website") is None
