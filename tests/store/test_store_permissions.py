"""What grants add up to: the rule in Python and its twin in SQL, on both databases."""

import itertools

import pytest
from support.rows import a_group, a_project, a_repository, a_user, a_workspace

from bitpail.model.grants import Grant
from bitpail.model.permissions import Permission, Role
from bitpail.policy.permissions import held, held_on_project
from bitpail.store import (
    grants,
    projects,
    repositories,
    repository_permissions,
    workspaces,
)
from bitpail.store.permissions import OWNER, granted, to_see
from bitpail.wire.query_kinds import Asked

pytestmark = pytest.mark.anyio

ASKED = [Permission.READ, Permission.WRITE, Permission.ADMIN]
ALL = Asked()


async def test_the_listing_and_the_rule_agree_on_the_whole_table(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    async with db.transaction() as inside:
        for number, membership in enumerate([None, *itertools.product(Role, Permission)]):
            await _workspace_with_all_cases(inside, f"w{number}", membership, alice)

    await _agree(db, alice, bob)


async def test_they_agree_about_groups_too(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    async with db.transaction() as inside:
        for number, repositories_ in enumerate([None, Permission.NONE, Permission.WRITE]):
            membership = repositories_ if repositories_ is None else (Role.MEMBER, repositories_)
            await _workspace_with_groups(inside, f"w{number}", membership, alice, bob)

    await _agree(db, alice, bob)


async def _agree(db, alice, bob):
    for workspace in await workspaces.every(db):
        for user in (alice, bob, None):
            user_id = user.id if user else None
            every = await _all_of(db, workspace, user_id)
            readable = [
                (one.repository.id, one.repository.slug, one.project.key, one.project.name)
                for one in every
                if _held(one) >= Permission.READ
            ]
            searched = await repositories.to_be_searched(db, workspace.id, user_id)
            assert sorted(searched) == sorted(readable)
            for at_least in ASKED:
                await _agree_on_what_is_seen(db, workspace, user_id, at_least, every)
            if user is not None:
                await _agree_on_what_was_granted(db, workspace, user, every)
        await _agree_on_everybody(db, workspace, (alice, bob))


async def _agree_on_what_is_seen(db, workspace, user_id, at_least, every):
    shown = await repositories.visible(db, workspace.id, user_id, to_see(at_least), 0, 1000)
    by_rule = [each for each in every if _held(each) >= at_least]
    assert shown == by_rule
    assert await repositories.count_visible(db, workspace.id, user_id, to_see(at_least)) == len(by_rule)
    page, size = await repositories.chosen(
        db, workspace.id, user_id, to_see(at_least), Asked(None, "-created_on"), 0, 1000
    )
    assert (page[::-1], size) == (by_rule, len(by_rule))


async def _agree_on_what_was_granted(db, workspace, user, every):
    for at_least in (*ASKED, OWNER):
        by_rule = [each for each in every if _granted(each) >= at_least]
        if at_least == OWNER:
            by_rule = [each for each in every if each.grants.role is Role.OWNER]
        assert await repositories.visible(db, workspace.id, user.id, granted(at_least), 0, 1000) == by_rule
        found, size = await repositories.of_user(db, user.id, at_least, 0, ALL, 0, 10_000)
        assert [one for one in found if one.workspace == workspace] == by_rule
        assert size == len(found)
    told, size = await repository_permissions.of_user_in(db, user.id, workspace.id, ALL, 0, 1000)
    by_rule = [(one.repository.id, _granted(one)) for one in every if _granted(one)]
    assert [(one.repository.id, one.permission) for one in told] == by_rule
    assert size == len(by_rule)
    everywhere, _ = await repository_permissions.of_user(db, user.id, ALL, 0, 10_000)
    assert [one for one in everywhere if one.workspace == workspace] == told


async def _agree_on_everybody(db, workspace, users):
    by_rule = {
        (each.repository.id, user.id, _granted(each))
        for user in users
        for each in await _all_of(db, workspace, user.id)
        if _granted(each)
    }
    found = await repository_permissions.of_workspace(db, workspace.id, ALL, 0, 10_000)
    assert {(one.repository.id, one.user.id, one.permission) for one in found} == by_rule
    assert len(found) == len(by_rule)
    for repository_id in {one.repository.id for one in found[:5]}:
        of_one, size = await repository_permissions.of_repository(
            db, workspace.id, repository_id, ALL, 0, 100
        )
        assert of_one == [one for one in found if one.repository.id == repository_id]
        assert size == len(of_one)


def _held(located):
    return held(located.grants, is_private=located.repository.is_private)


def _granted(located):
    return held(located.grants, is_private=True)


async def _all_of(db, workspace, user_id):
    every = [each.repository for each in await repositories.every(db) if each.workspace == workspace]
    every.sort(key=lambda repository: repository.created_on)
    return [await repositories.find(db, workspace.slug, each.slug, user_id) for each in every]


async def _workspace_with_all_cases(db, slug, membership, user):
    workspace = await a_workspace(db, slug)
    if membership is not None:
        await workspaces.add_member(db, workspace.id, user.id, *membership, 1)
    ages = itertools.count()
    for by_project in Permission:
        project = await a_project(db, workspace, f"P{by_project}")
        await projects.grant(db, project.id, user.id, by_project)
        for direct, is_private in itertools.product(Permission, (True, False)):
            age = next(ages)
            repository = await a_repository(db, project, f"r{age}", is_private=is_private, created_on=age)
            await repositories.grant(db, repository.id, user.id, direct)


async def _workspace_with_groups(db, slug, membership, user, other):
    """The user is in two groups, of which one has nothing but READ; the other user in one of them and in a third."""
    workspace = await a_workspace(db, slug)
    if membership is not None:
        await workspaces.add_member(db, workspace.id, user.id, *membership, 1)
    devs = await a_group(db, workspace, "devs", members=[user])
    readers = await a_group(db, workspace, "readers", members=[user, other])
    others = await a_group(db, workspace, "others", members=[other])
    ages = itertools.count()
    for by_project in Permission:
        project = await a_project(db, workspace, f"P{by_project}")
        await _grant(db, project, devs, by_project)
        for group, direct, is_private in itertools.product(
            Permission, (Permission.NONE, Permission.WRITE), (True, False)
        ):
            age = next(ages)
            repository = await a_repository(db, project, f"r{age}", is_private=is_private, created_on=age)
            await _grant(db, repository, devs, group)
            await _grant(db, repository, readers, Permission.READ if age % 3 == 0 else Permission.NONE)
            await _grant(db, repository, others, Permission.ADMIN if age % 5 == 0 else Permission.NONE)
            await repositories.grant(db, repository.id, user.id, direct)


async def _grant(db, place, group, permission):
    if permission:
        await grants.put(db, place, Grant(group, permission))


async def test_projects_are_seen_as_the_rule_says(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    team = await a_workspace(db)
    devs = await a_group(db, team, members=[bob])
    made = []
    for number, (direct, group, is_private, holds) in enumerate(
        itertools.product(Permission, Permission, (True, False), (True, False))
    ):
        project = await a_project(db, team, f"P{number}", is_private=is_private, created_on=number)
        await projects.grant(db, project.id, alice.id, direct)
        await _grant(db, project, devs, group)
        if holds:
            await a_repository(db, project, f"r{number}", is_private=False)
        made.append((project, holds))

    for user in (alice, bob, None):
        user_id = user.id if user else None
        by_rule = []
        for project, holds in made:
            given = (await projects.find(db, "team", project.key, user_id)).grants
            assert given == await projects.grants(db, project.id, user_id)
            if held_on_project(given, visible=holds or not project.is_private):
                by_rule.append(project)
        assert await projects.visible(db, team.id, user_id) == by_rule


async def test_whoever_is_in_a_group_may_know_of_its_workspace(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    team, other = await a_workspace(db), await a_workspace(db, "other")
    await a_group(db, team, members=[alice])
    await a_group(db, other, members=[bob])

    assert await workspaces.visible(db, team.id, alice.id)
    assert not await workspaces.visible(db, team.id, bob.id)


@pytest.mark.parametrize("permission", [*Permission])
@pytest.mark.parametrize("creates", [False, True])
@pytest.mark.parametrize("by_group", [False, True])
async def test_somebody_makes_repositories_where_a_project_lets_them(db, permission, creates, by_group):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    team, other = await a_workspace(db), await a_workspace(db, "other")
    project = await a_project(db, team)
    await a_project(db, other)
    whom = await a_group(db, team, members=[alice]) if by_group else alice
    if permission:
        await grants.put(db, project, Grant(whom, permission, creates))

    may = await workspaces.creates_somewhere(db, team.id, alice.id)

    assert may == (permission is Permission.ADMIN or (creates and permission is not Permission.NONE))
    held_there = held_on_project(await projects.grants(db, project.id, alice.id), visible=False)
    assert may == (held_there >= Permission.WRITE)
    assert not await workspaces.creates_somewhere(db, other.id, alice.id)
    assert not await workspaces.creates_somewhere(db, team.id, bob.id)
