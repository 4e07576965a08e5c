import pytest
from support.rows import a_project, a_repository, a_user, a_workspace

from bitpail.store import default_reviewers as store
from bitpail.store import repositories

pytestmark = pytest.mark.anyio


async def test_reviewers_of_a_repository_and_of_its_project_are_two_lists_by_username(db):
    zoe, ada = await a_user(db, "zoe"), await a_user(db, "ada")
    project = await a_project(db, await a_workspace(db))
    one, other = await a_repository(db, project), await a_repository(db, project, "other")
    for user in (zoe, ada, ada):
        await store.add_to_repository(db, one.id, user.id)
    await store.add_to_project(db, project.id, zoe.id)
    await store.add_to_project(db, project.id, zoe.id)

    assert await store.of_repository(db, one.id) == [ada, zoe]
    assert await store.of_repository(db, other.id) == []
    assert await store.of_project(db, project.id) == [zoe]
    assert not await store.remove_from_repository(db, other.id, ada.id)
    assert await store.remove_from_repository(db, one.id, ada.id)
    assert not await store.remove_from_repository(db, one.id, ada.id)
    assert await store.of_repository(db, one.id) == [zoe]
    assert await store.remove_from_project(db, project.id, zoe.id)
    assert not await store.remove_from_project(db, project.id, zoe.id)
    assert await store.of_repository(db, one.id) == [zoe]
    await repositories.delete(db, one.id)
    assert await store.of_repository(db, one.id) == []
