import asyncio

import msgspec
import pytest
from support.asked import agrees
from support.rows import a_project, a_repository, a_user, a_workspace

from bitpail.errors import Conflict
from bitpail.model.access import ANONYMOUS, Access, Need
from bitpail.model.approvals import Participant
from bitpail.model.commit_comments import GONE, KEPT, LIVE, CommitComment, Inline
from bitpail.model.permissions import Permission
from bitpail.store import approvals, commit_comments, repositories
from bitpail.wire import commit_comments as wire
from bitpail.wire.links import Links

pytestmark = pytest.mark.anyio

COMMIT, OTHER = "1" * 40, "2" * 40
LINKS = Links(api="https://x.example/2.0", web="https://x.example", ssh="")


@pytest.fixture
async def place(db):
    workspace = await a_workspace(db)
    project = await a_project(db, workspace)
    repository = await a_repository(db, project)
    return Access(ANONYMOUS, Need(), Permission.READ, repository, workspace, project)


def a_comment(place, number, user, **changes):
    plain = CommitComment(place.repository.id, number, COMMIT, user, None, None, f"{number}", LIVE, number, 9)
    return msgspec.structs.replace(plain, **changes)


async def test_comments_are_asked_in_sql_as_the_api_shows_them(db, place):
    ada, grace = await a_user(db, "ada", display_name="Äda"), await a_user(db, "grace")
    told = [
        a_comment(place, 1, ada, content="", state=KEPT, inline=Inline("a.py")),
        a_comment(place, 2, grace, parent=1, content="Größe %_", inline=Inline("b/ü", 3, 4, 1, 2)),
        a_comment(place, 3, None, parent=2, updated_on=4),
        a_comment(place, 10, ada, created_on=2, inline=Inline("B", 10, None)),
    ]
    gone = a_comment(place, 4, ada, state=GONE)
    elsewhere = a_comment(place, 5, ada, commit=OTHER)
    for one in (*told, gone, elsewhere):
        await commit_comments.create(db, one)

    async def page(asked, offset, limit):
        return await commit_comments.page(db, place.repository.id, COMMIT, asked, offset, limit)

    shown = [wire.comment(LINKS, place, one) for one in told]
    await agrees(page, commit_comments._FIELDS, shown, lambda one: str(one.number))
    assert [await commit_comments.one(db, place.repository.id, COMMIT, n) for n in (1, 2, 3, 10)] == told
    for number in (4, 5, 99):
        assert await commit_comments.one(db, place.repository.id, COMMIT, number) is None
    assert await commit_comments.last_number(db, place.repository.id) == 10
    with pytest.raises(Conflict):
        await commit_comments.create(db, told[0])


async def test_whoever_holds_the_repository_gives_the_next_number_alone(db, place):
    ada, repository_id = await a_user(db, "ada"), place.repository.id

    async def say():
        async with db.transaction() as held:
            assert await repositories.hold(held, repository_id)
            number = await commit_comments.last_number(held, repository_id) + 1
            await asyncio.sleep(0.01)
            await commit_comments.create(held, a_comment(place, number, ada))

    await asyncio.gather(*[say() for _ in range(8)])

    assert await commit_comments.last_number(db, repository_id) == 8


async def test_how_deep_a_comment_is_and_whether_it_is_answered(db, place):
    ada, repository_id = await a_user(db, "ada"), place.repository.id
    for number, parent in ((1, None), (2, 1), (3, 2), (4, 1)):
        await commit_comments.create(db, a_comment(place, number, ada, parent=parent))
    # The same numbers of another repository are not in these threads.
    other = msgspec.structs.replace(place, repository=await a_repository(db, place.project, "other"))
    await commit_comments.create(db, a_comment(other, 3, ada, parent=4))

    assert [await commit_comments.depth(db, repository_id, n) for n in (1, 2, 3, 4, 9)] == [1, 2, 3, 2, 0]
    assert [await commit_comments.is_answered(db, repository_id, n) for n in (1, 2, 3, 4)] == [
        True, True, False, False,
    ]  # fmt: skip
    await commit_comments.change(db, repository_id, 3, "", GONE, 20)
    assert not await commit_comments.is_answered(db, repository_id, 2)
    await commit_comments.change(db, repository_id, 2, "other words", LIVE, 21)
    changed = await commit_comments.one(db, repository_id, COMMIT, 2)
    assert (changed.content, changed.updated_on, changed.created_on) == ("other words", 21, 2)


async def test_who_took_part_approvers_first_and_each_once(db, place):
    ada, grace, eve = await a_user(db, "ada"), await a_user(db, "grace"), await a_user(db, "eve")
    repository_id = place.repository.id
    for number, user, more in (
        *((1, grace, {}), (2, eve, {"state": KEPT}), (3, None, {}), (4, ada, {"commit": OTHER})),
        *((5, grace, {"created_on": 50}), (6, eve, {"created_on": 3})),
    ):
        await commit_comments.create(db, a_comment(place, number, user, **more))

    assert await approvals.put(db, repository_id, COMMIT, ada.id, 70) == 70
    assert await approvals.put(db, repository_id, COMMIT, ada.id, 80) == 70
    await approvals.put(db, repository_id, OTHER, grace.id, 1)

    assert await approvals.participants(db, repository_id, COMMIT, 9) == [
        Participant(ada, 70, None), Participant(eve, None, 3), Participant(grace, None, 50),
    ]  # fmt: skip
    await approvals.put(db, repository_id, COMMIT, grace.id, 60)
    assert await approvals.participants(db, repository_id, COMMIT, 2) == [
        Participant(grace, 60, 50), Participant(ada, 70, None),
    ]  # fmt: skip
    await approvals.remove(db, repository_id, COMMIT, ada.id)
    await approvals.remove(db, repository_id, COMMIT, ada.id)
    assert ada not in [one.user for one in await approvals.participants(db, repository_id, COMMIT, 9)]
