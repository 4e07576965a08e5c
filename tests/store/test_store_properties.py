import msgspec
import pytest
from support.rows import a_project, a_repository, a_user, a_workspace, unused_id

from bitpail.errors import Conflict
from bitpail.model.properties import Property, Subject
from bitpail.store import properties, repositories, users

pytestmark = pytest.mark.anyio

VALUE = {"a": ["\0", "ü", 10**30, 1.5, None, True, {"b": {}}]}


@pytest.fixture
async def subjects(db):
    repository = await a_repository(db, await a_project(db, await a_workspace(db)))
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    return [
        *(
            Subject(repository.id),
            Subject(repository.id, None, "1" * 40),
            Subject(repository.id, None, "2" * 40),
        ),
        *(Subject(None, ada.id), Subject(None, grace.id)),
    ]


async def test_each_subject_keeps_its_own(db, subjects):
    made = []
    for number, subject in enumerate(subjects):
        for name in ("x", "y"):
            one = Property(unused_id(), subject, "app", name, {**VALUE, "n": number}, None, 5)
            made.append(one)
            await properties.put(db, one)
    changed = msgspec.structs.replace(made[2], value={}, owner=subjects[3].user_id, changed_on=6)
    await properties.put(db, changed)

    assert await properties.find(db, subjects[1], "app", "x") == changed
    assert [await properties.find(db, subject, "app", "y") for subject in subjects] == made[1::2]
    assert [await properties.count(db, subject) for subject in subjects] == [2] * 5
    for app_key, name in (("app", "X"), ("App", "x"), ("x", "app")):
        assert await properties.find(db, subjects[0], app_key, name) is None
    await properties.remove(db, made[0].id)
    assert await properties.find(db, subjects[0], "app", "x") is None
    for subject in (subjects[1], subjects[3]):
        with pytest.raises(Conflict):
            await properties.put(db, Property(unused_id(), subject, "app", "x", {}, None, 5))


async def test_they_go_with_what_they_are_kept_at(db, subjects):
    for subject in subjects:
        await properties.put(db, Property(unused_id(), subject, "app", "x", VALUE, None, 5))
    async with db.transaction() as held:
        await users.hold(held, subjects[3].user_id)

    await repositories.delete(db, subjects[0].repository_id)

    assert [await properties.count(db, subject) for subject in subjects] == [0, 0, 0, 1, 1]
