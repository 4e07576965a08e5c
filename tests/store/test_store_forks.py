from itertools import pairwise

import msgspec
import pytest
from support.rows import a_project, a_repository, a_user, a_workspace, unused_id

from bitpail.model.permissions import Permission, Role
from bitpail.model.repositories import ForkPolicy
from bitpail.store import forks, permissions, repositories, workspaces
from bitpail.wire import query
from bitpail.wire.query_kinds import Asked

pytestmark = pytest.mark.anyio


@pytest.fixture
async def project(db):
    return await a_project(db, await a_workspace(db))


async def test_forks_know_their_parents_until_those_are_gone(db, project):
    parent, fork, second = [await a_repository(db, project, slug) for slug in ("parent", "fork", "second")]
    await forks.add(db, fork.id, parent.id)
    await forks.add(db, second.id, unused_id())
    ids = [parent.id, fork.id, second.id, unused_id()]

    assert await forks.parents(db, ids) == {fork.id: parent.id}
    assert await forks.parents(db, []) == {}

    await repositories.delete(db, parent.id)

    assert await forks.parents(db, ids) == {}


async def test_a_restriction_holds_down_the_whole_line(db, project):
    line = [await a_repository(db, project, f"r{number}") for number in range(4)]
    for above, below in pairwise(line):
        await forks.add(db, below.id, above.id)
    other = await a_repository(db, project, "other")

    async def restricted():
        return [await forks.is_restricted(db, one.id) for one in (*line, other)]

    assert await restricted() == [False] * 5
    for policy in (ForkPolicy.NO_PUBLIC_FORKS, ForkPolicy.NO_FORKS):
        await repositories.update(db, msgspec.structs.replace(line[1], fork_policy=policy))
        assert await restricted() == [False, True, True, True, False]
    assert not await forks.is_restricted(db, unused_id())
    await repositories.delete(db, line[1].id)
    assert await restricted() == [False] * 5


async def test_forks_are_those_that_the_user_may_see_and_asked_for(db, project):
    ada, grace = await a_user(db, "ada"), await a_user(db, "grace")
    other = await a_project(db, await a_workspace(db, "other"))
    await workspaces.add_member(db, other.workspace_id, ada.id, Role.OWNER, Permission.NONE, 1)
    parent = await a_repository(db, project, "parent")
    made = {}
    for number, private in enumerate((True, False, True)):
        made[number] = await a_repository(db, other, f"fork{number}", is_private=private, created_on=number)
        await forks.add(db, made[number].id, parent.id)
    await a_repository(db, other, "no-fork", is_private=False)
    await repositories.grant(db, made[2].id, grace.id, Permission.WRITE)

    async def slugs(user, at_least=Permission.READ, asked=Asked(None, None), start=0, number=10):  # noqa: B008
        user_id = user.id if user else None
        found, size = await repositories.forks(
            db, parent.id, user_id, permissions.to_see(at_least), asked, start, number
        )
        return [one.repository.slug for one in found], size

    assert await slugs(ada) == (["fork0", "fork1", "fork2"], 3)
    assert await slugs(grace) == (["fork1", "fork2"], 2)
    assert await slugs(None) == (["fork1"], 1)
    assert await slugs(grace, Permission.WRITE) == (["fork2"], 1)
    assert await slugs(ada, start=1, number=1) == (["fork1"], 3)
    assert await slugs(ada, asked=Asked(query.parse("is_private = true"), "-slug")) == (["fork2", "fork0"], 2)
