"""Access tokens and their robots as rows: whose label it is, what goes with a place, and what a robot's lists show."""

import pytest
from sqlalchemy import bindparam, delete
from support.rows import (
    a_project,
    a_repository,
    a_user,
    a_workspace,
    an_app_password,
    unused_id,
)

from bitpail.errors import Conflict
from bitpail.model.credentials import CredentialKind
from bitpail.model.limits import Limits
from bitpail.model.permissions import Permission
from bitpail.model.scopes import ApiScope, Scope
from bitpail.store import app_passwords, projects, repositories, users, workspaces
from bitpail.store.permissions import to_see
from bitpail.store.tables import users as user_rows
from bitpail.store.tables import workspaces as workspace_rows

pytestmark = pytest.mark.anyio
K = CredentialKind


def _gone(table):
    return delete(table).where(table.c.id == bindparam("wanted"))


class Places:
    """Two repositories, two projects, two workspaces: the first of each holds the first of what is in it."""


@pytest.fixture
async def places(db):
    made = Places()
    made.owner = await a_user(db, "owner")
    made.team = await a_workspace(db, owner=made.owner)
    made.other_team = await a_workspace(db, "other", owner=made.owner)
    made.project = await a_project(db, made.team)
    made.empty = await a_project(db, made.team, "EMPTY")
    made.code = await a_repository(db, made.project, "code")
    made.beside = await a_repository(db, made.project, "beside")
    made.elsewhere = await a_repository(db, await a_project(db, made.other_team), "code")
    return made


async def a_token(db, kind, place, label="ci", **changes):
    robot = await a_user(db, f"bot/{unused_id()}", is_robot=True)
    where = {
        K.REPOSITORY_ACCESS_TOKEN: Limits(repositories=(place.id,)),
        K.PROJECT_ACCESS_TOKEN: Limits(projects=(place.id,)),
        K.WORKSPACE_ACCESS_TOKEN: Limits(workspaces=(place.id,)),
    }[kind]
    changes.setdefault("scopes", (Scope.REPOSITORY,))
    return robot, await an_app_password(db, robot, label, kind=kind, limits=where, **changes)


def in_each(places):
    return {
        K.REPOSITORY_ACCESS_TOKEN: places.code,
        K.PROJECT_ACCESS_TOKEN: places.project,
        K.WORKSPACE_ACCESS_TOKEN: places.team,
    }


@pytest.mark.parametrize("kind", [kind for kind in K if kind.is_robot])
async def test_tokens_are_found_by_their_place_with_their_robots(db, places, kind):
    place = in_each(places)[kind]
    first = await a_token(db, kind, place, "first", created_by=places.owner.id)
    second = await a_token(db, kind, place, "second", created_on=2)
    await app_passwords.revoke(db, second[1].id, 9)

    found = await app_passwords.of_place(db, kind, place.id)

    assert [robot for robot, _ in found] == [first[0], second[0]]
    assert [one.revoked_on for _, one in found] == [None, 9]
    assert found[0][1] == first[1]
    assert found[0][0].is_robot
    for other in K:
        if other.is_robot and other is not kind:
            assert await app_passwords.of_place(db, other, place.id) == []


@pytest.mark.parametrize("kind", [kind for kind in K if kind.is_robot])
async def test_a_label_is_unique_among_the_unrevoked_of_a_place(db, places, kind):
    place = in_each(places)[kind]
    _, one = await a_token(db, kind, place)
    with pytest.raises(Conflict):
        await a_token(db, kind, place)
    for other, elsewhere in in_each(places).items():
        if other is not kind:
            await a_token(db, other, elsewhere)
    await app_passwords.revoke(db, one.id, 9)

    await a_token(db, kind, place)


async def test_kinds_of_one_person_have_labels_of_their_own(db):
    alice = await a_user(db)
    password = await an_app_password(db, alice)
    token = await an_app_password(db, alice, kind=K.API_TOKEN, scopes=tuple(ApiScope))
    with pytest.raises(Conflict):
        await an_app_password(db, alice, kind=K.API_TOKEN)

    assert await app_passwords.of_user(db, alice.id) == [password]
    assert await app_passwords.of_user(db, alice.id, K.API_TOKEN) == [token]
    assert await app_passwords.by_label(db, alice.id, "ci", K.API_TOKEN) == token
    assert (await app_passwords.by_lookup(db, token.id)).app_password == token


@pytest.mark.parametrize("end", ["repository", "project", "workspace"])
async def test_with_a_place_its_tokens_end_and_their_robots_stay(db, places, end):
    tokens = {kind: await a_token(db, kind, place) for kind, place in in_each(places).items()}
    await repositories.delete(db, places.code.id)
    await repositories.delete(db, places.beside.id)
    ended = {K.REPOSITORY_ACCESS_TOKEN}
    if end == "project":
        await projects.delete(db, places.project.id)
        ended.add(K.PROJECT_ACCESS_TOKEN)
    if end == "workspace":
        await db.run(_gone(workspace_rows), wanted=places.team.id)
        ended |= set(tokens)

    for kind, (robot, one) in tokens.items():
        assert (await app_passwords.by_lookup(db, one.id) is None) == (kind in ended)
        assert await users.by_id(db, robot.id) == robot


async def test_who_made_a_token_may_go(db, places):
    maker = await a_user(db, "maker")
    _, one = await a_token(db, K.REPOSITORY_ACCESS_TOKEN, places.code, created_by=maker.id)

    await db.run(_gone(user_rows), wanted=maker.id)

    assert (await app_passwords.by_lookup(db, one.id)).app_password.created_by is None


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (K.REPOSITORY_ACCESS_TOKEN, ["code"]),
        (K.PROJECT_ACCESS_TOKEN, ["code", "beside"]),
        (K.WORKSPACE_ACCESS_TOKEN, ["code", "beside"]),
    ],
)
async def test_a_robot_s_lists_show_its_place_and_nothing_else(db, places, kind, seen):
    robot, one = await a_token(db, kind, in_each(places)[kind])

    async def slugs(workspace):
        found = await repositories.visible(db, workspace.id, robot.id, to_see(Permission.READ), 0, 10)
        return [each.repository.slug for each in found]

    assert sorted(await slugs(places.team)) == sorted(seen)
    assert await slugs(places.other_team) == []
    await app_passwords.revoke(db, one.id, 9)
    assert await slugs(places.team) == []


async def test_a_robot_of_a_workspace_sees_its_empty_projects(db, places):
    robot, _ = await a_token(db, K.WORKSPACE_ACCESS_TOKEN, places.team)

    found = await projects.visible(db, places.team.id, robot.id)

    assert {one.key for one in found} == {"PROJ", "EMPTY"}


async def test_a_robot_is_no_account(db, places):
    robot, _ = await a_token(db, K.REPOSITORY_ACCESS_TOKEN, places.code)

    assert await users.by_username(db, robot.username) is None
    assert await users.with_password(db, robot.username) is None
    assert await users.with_password_by_email(db, f"{robot.username}@example.org") is None
    assert robot not in await users.every(db)
    assert await users.count(db) == 1
    assert await users.matching(db, "bot", skipped=0, most=9) == []
    assert await workspaces.membership(db, places.team.id, robot.id) is None
