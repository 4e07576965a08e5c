import msgspec
import pytest
from support.rows import a_project, a_repository, a_user, a_workspace, unused_id

from bitpail.errors import Invalid
from bitpail.model.downloads import Download
from bitpail.store import downloads, repositories
from bitpail.wire import query
from bitpail.wire.query_kinds import Asked

pytestmark = pytest.mark.anyio
_ALL = Asked()


@pytest.fixture
async def repository(db):
    return await a_repository(db, await a_project(db, await a_workspace(db)))


def a_download(repository, name="a.txt", **changes):
    made = Download(repository.id, name, f"file of {name}", 10, None, 0, 1)
    return msgspec.structs.replace(made, **changes)


async def test_the_same_name_replaces_and_counts_anew(db, repository):
    first = a_download(repository)
    await downloads.put(db, first)
    await downloads.count_fetches(db, [(repository.id, first.file, 2), (repository.id, "gone", 1)])
    await downloads.count_fetches(db, [(repository.id, first.file, 1)])

    assert await downloads.one(db, repository.id, "a.txt") == msgspec.structs.replace(first, fetched=3)
    assert await downloads.by_file(db, repository.id, first.file) is not None

    second = a_download(repository, file="another", size=2**40, created_on=2)
    await downloads.put(db, second)

    assert await downloads.one(db, repository.id, "a.txt") == second
    assert await downloads.by_file(db, repository.id, first.file) is None
    assert await downloads.by_file(db, unused_id(), second.file) is None
    assert await downloads.files(db, repository.id) == {"another"}
    assert await downloads.used(db, repository.id) == 2**40
    # What was replaced meanwhile is not what was to go.
    assert not await downloads.remove(db, first)
    assert await downloads.remove(db, second)
    assert not await downloads.remove(db, second)
    assert await downloads.used(db, repository.id) == 0


async def test_they_are_listed_the_newest_first_with_who_uploaded_them(db, repository):
    alice = await a_user(db, "alice")
    await downloads.put(db, a_download(repository, "a.txt", user_id=alice.id, created_on=1))
    await downloads.put(db, a_download(repository, "b.zip", size=5, created_on=2))
    await downloads.put(db, a_download(repository, "ü.txt", size=7, created_on=2))

    async def names(asked=_ALL, start=0, number=10):
        found, size = await downloads.chosen(db, repository.id, asked, start, number)
        return [(one.name, user and user.username) for one, user in found], size

    assert await names() == ([("b.zip", None), ("ü.txt", None), ("a.txt", "alice")], 3)
    assert await names(start=2, number=1) == ([("a.txt", "alice")], 3)
    assert await names(Asked(None, "-size")) == ([("a.txt", "alice"), ("ü.txt", None), ("b.zip", None)], 3)
    assert await names(Asked(query.parse(f'user.uuid = "{{{alice.id}}}"'), None)) == ([("a.txt", "alice")], 1)
    assert await names(Asked(query.parse("user.uuid = null"), None)) == (
        [("b.zip", None), ("ü.txt", None)],
        2,
    )
    with pytest.raises(Invalid):
        await names(Asked(None, "file"))


async def test_they_go_with_the_repository_and_stay_without_the_user(db, repository):
    async with db.transaction() as held:
        assert await downloads.hold(held, repository.id)
        assert not await downloads.hold(held, unused_id())
    await downloads.put(db, a_download(repository))

    await repositories.delete(db, repository.id)

    assert await downloads.files(db, repository.id) == set()
    async with db.transaction() as held:
        assert not await downloads.hold(held, repository.id)
