import msgspec
import pytest
from sqlalchemy import select
from support.rows import a_project, a_repository, a_user, a_workspace

from bitpail.errors import Conflict
from bitpail.model.branch_restrictions import OF_PUSHES, Kind, Restriction, Rule
from bitpail.model.branching_models import BranchType
from bitpail.model.groups import Group, GroupId
from bitpail.store import branch_restrictions as store
from bitpail.store import groups, repositories, users
from bitpail.store.repository_tables import branch_restrictions, group_members
from bitpail.store.repository_tables import groups as group_rows
from bitpail.store.statements import Upsert

pytestmark = pytest.mark.anyio


@pytest.fixture
async def repository(db):
    return await a_repository(db, await a_project(db, await a_workspace(db)))


async def test_a_restriction_is_kept_with_all_that_it_says(db, repository):
    rule = Rule(BranchType.RELEASE, 2, ("user",), ("group", "other"))
    made = Restriction(repository.id, 1, Kind.APPROVALS, "", rule)
    plain = Restriction(repository.id, 2, Kind.PUSH, "ü/*", Rule())
    for one in (plain, made):
        await store.create(db, one)

    assert await store.of_repository(db, repository.id) == [made, plain]
    assert await store.one(db, repository.id, 1) == made
    assert await store.one(db, repository.id, 3) is None
    changed = msgspec.structs.replace(made, kind=Kind.FORCE, pattern="x", rule=Rule())
    await store.update(db, changed)
    assert await store.of_repository(db, repository.id) == [changed, plain]
    assert await store.remove(db, repository.id, 1)
    assert not await store.remove(db, repository.id, 1)
    assert await store.of_repository(db, repository.id) == [plain]


async def test_a_number_that_was_given_is_never_given_again(db, repository):
    assert await store.last_number(db, repository.id) == 0
    for number in (1, 2, 3):
        await store.create(db, Restriction(repository.id, number, Kind.PUSH, f"{number}/*", Rule()))

    for number, left in ((3, [1, 2]), (1, [2]), (2, [])):
        assert await store.remove(db, repository.id, number)
        assert await store.last_number(db, repository.id) == 3
        assert [one.number for one in await store.of_repository(db, repository.id)] == left
        assert await store.one(db, repository.id, number) is None
        assert [one.number for one in await store.of_pushes(db, repository.id)] == left
    await store.create(db, Restriction(repository.id, 4, Kind.PUSH, "4/*", Rule()))
    assert await store.remove(db, repository.id, 4)
    assert await store.last_number(db, repository.id) == 4
    with pytest.raises(Conflict):
        await store.create(db, Restriction(repository.id, 4, Kind.PUSH, "4/*", Rule()))
    # One row is kept for all that is gone.
    assert len(await db.all(select(branch_restrictions.c.number))) == 1


async def test_a_push_is_told_of_those_that_judge_it(db, repository):
    for number, kind in enumerate(Kind):
        await store.create(db, Restriction(repository.id, number, kind, "main", Rule()))

    assert {one.kind for one in await store.of_pushes(db, repository.id)} == OF_PUSHES


async def test_a_number_is_taken_in_its_repository_only_and_goes_with_it(db, repository):
    other = await a_repository(db, await a_project(db, await a_workspace(db, "second")))
    for one in (repository, other):
        await store.create(db, Restriction(one.id, 1, Kind.PUSH, "main", Rule()))

    with pytest.raises(Conflict):
        await store.create(db, Restriction(other.id, 1, Kind.PUSH, "next", Rule()))
    await repositories.delete(db, other.id)
    assert await store.of_repository(db, other.id) == []
    assert len(await store.of_repository(db, repository.id)) == 1


async def test_groups_are_found_by_slug_by_id_and_by_who_is_in_them(db):
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    team, other = await a_workspace(db), await a_workspace(db, "other")
    made = [
        Group(GroupId(f"g{number}"), workspace.id, slug, slug, 1)
        for number, (workspace, slug) in enumerate([(team, "a"), (team, "b"), (other, "a")])
    ]
    for group in made:
        await db.run(Upsert(group_rows), **msgspec.structs.asdict(group))
    for group, user in [(made[0], ada), (made[1], grace), (made[2], ada)]:
        await db.run(Upsert(group_members), group_id=group.id, user_id=user.id)

    assert await groups.by_slug(db, team.id, "a") == made[0]
    assert await groups.by_slug(db, other.id, "b") is None
    assert await groups.by_ids(db, ["g1", "none"]) == {"g1": made[1]}
    assert await groups.those_with(db, ada.id, ["g0", "g1"]) == {"g0"}
    assert await groups.those_with(db, ada.id, []) == frozenset()
    assert await users.by_ids(db, [ada.id, "nobody"]) == {ada.id: ada}
    assert await users.by_ids(db, []) == {}
