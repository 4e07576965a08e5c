import msgspec
import pytest
from support.rows import a_project, a_repository, a_user, a_workspace, an_app_password, unused_id

from bitpail.model.scopes import Scope
from bitpail.model.usage import Usage, UsageKey
from bitpail.policy.advice import Watched
from bitpail.store import usage, users

pytestmark = pytest.mark.anyio
DAY = 86_400_000_000


def key(app_password, day=100, scope="repository", **changes):
    made = UsageKey(app_password.id, day, scope, "", "192.0.2.1", "git")
    return msgspec.structs.replace(made, **changes)


async def test_counts_of_the_same_row_add_up(db):
    ci = await an_app_password(db, await a_user(db))

    await usage.add(db, [(key(ci), 3), (key(ci, client='a "quoted" one'), 1)])
    await usage.add(db, [(key(ci), 4)])
    await usage.add(db, [])

    found = await usage.of_app_password(db, ci.id, 0)
    assert {each.key.client: each.count for each in found} == {"git": 7, 'a "quoted" one': 1}
    assert await usage.of_app_password(db, ci.id, 101) == []


async def test_a_row_names_its_repository_as_long_as_it_is_there(db):
    alice = await a_user(db)
    ci = await an_app_password(db, alice)
    project = await a_project(db, await a_workspace(db, owner=alice))
    website = await a_repository(db, project)

    here, gone = key(ci, repository_id=website.id), key(ci, repository_id=unused_id())
    await usage.add(db, [(here, 1), (gone, 1)])

    found = await usage.of_app_password(db, ci.id, 0)
    assert Usage(here, 1, "team/website") in found
    assert Usage(gone, 1, None) in found


async def test_whoever_is_gone_or_has_switched_it_off_is_not_counted(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    hers, his = await an_app_password(db, alice), await an_app_password(db, bob)
    await users.set_records_usage(db, bob.id, False)

    await usage.add(
        db, [(key(hers), 1), (key(his), 1), (key(msgspec.structs.replace(hers, id=unused_id())), 1)]
    )

    assert len(await usage.of_app_password(db, hers.id, 0)) == 1
    assert await usage.of_app_password(db, his.id, 0) == []
    assert not (await users.by_id(db, bob.id)).records_usage


async def test_what_was_needed_is_told_for_each_app_password_of_one_user(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    ci, laptop = await an_app_password(db, alice, "ci"), await an_app_password(db, alice, "laptop")
    his = await an_app_password(db, bob)

    await usage.add(
        db,
        [
            (key(ci, 50, "wiki"), 1),
            (key(ci, 90, "repository project:admin"), 1),
            (key(ci, 91, ""), 1),
            (key(laptop, 40, "wiki"), 1),
            (key(his, 91), 1),
        ],
    )

    found = await usage.watched(db, alice.id, 60)
    assert found == {
        ci.id: Watched(frozenset({Scope.REPOSITORY, Scope.PROJECT_ADMIN}), 50),
        laptop.id: Watched(frozenset(), 40),
    }


async def test_old_days_are_swept_and_one_users_counts_forgotten(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    hers, his = await an_app_password(db, alice), await an_app_password(db, bob)
    await usage.add(db, [(key(one, day), 1) for one in (hers, his) for day in (99, 100)])

    await usage.sweep(db, 100 * DAY)
    await usage.forget(db, bob.id)

    assert [each.key.day for each in await usage.of_app_password(db, hers.id, 0)] == [100]
    assert await usage.of_app_password(db, his.id, 0) == []
