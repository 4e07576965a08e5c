"""Imports and old names of repositories, on both databases."""

import pytest
from msgspec.structs import replace
from support.rows import a_project, a_repository, a_user, a_workspace

from bitpail.errors import Conflict
from bitpail.model.branch_restrictions import Kind, Restriction, Rule
from bitpail.model.imports import Import, State
from bitpail.model.permissions import Permission, Role
from bitpail.store import branch_restrictions, imports, moved, projects, repositories, workspaces

pytestmark = pytest.mark.anyio


@pytest.fixture
async def begun(db):
    user, team = await a_user(db, "ada"), await a_workspace(db)
    project = await a_project(db, team)
    one = Import(
        *("one", user.id, team.id, project.id, "repository", "engine", "Engine"),
        *("https://git.example.org/a.git", State.RUNNING, "", 10, 10),
    )
    await imports.create(db, one)
    return one


async def test_an_import_is_told_of_until_it_ends_once(db, begun):
    stranger = await a_user(db, "mallory")

    assert await imports.note(db, begun.id, "45%", 20)
    assert await imports.one(db, begun.id, begun.user_id) == replace(begun, said="45%", seen_on=20)
    assert await imports.one(db, begun.id, stranger.id) is None
    assert await imports.finish(db, begun.id, State.CANCELLED, "")
    assert not await imports.note(db, begun.id, "46%", 30)
    assert not await imports.finish(db, begun.id, State.DONE, "")
    assert (await imports.one(db, begun.id, begun.user_id)).state is State.CANCELLED


async def test_the_newest_come_first_and_old_ends_are_forgotten(db, begun):
    for number in range(3):
        later = replace(
            begun, id=f"later-{number}", state=State.FAILED, started_on=20 + number, seen_on=20 + number
        )
        await imports.create(db, later)

    assert [one.id for one in await imports.recent(db, begun.user_id, 2)] == ["later-2", "later-1"]
    assert [one.id for one in await imports.lost(db, 11)] == ["one"]
    assert await imports.lost(db, 10) == []
    await imports.forget(db, 22)
    assert [one.id for one in await imports.recent(db, begun.user_id, 9)] == ["later-2", "one"]


async def test_a_repository_moves_with_its_old_name_and_without_what_its_groups_had(db):
    old, new = await a_workspace(db, "old"), await a_workspace(db, "new")
    repository = await a_repository(db, await a_project(db, old))
    there = await a_project(db, new)
    restriction = Restriction(repository.id, 1, Kind.PUSH, "main", Rule(groups=("builders",)))
    await branch_restrictions.create(db, restriction)

    await repositories.move(db, replace(repository, workspace_id=new.id, project_id=there.id, updated_on=9))
    await moved.put_name(db, old.id, repository.slug, repository.id)
    await branch_restrictions.forget_groups(db, repository.id)

    found = await repositories.find(db, "new", repository.slug, None)
    assert (found.repository.id, found.project.id, found.repository.updated_on) == (
        repository.id,
        there.id,
        9,
    )
    assert await repositories.find(db, "old", repository.slug, None) is None
    assert await moved.by_old_name(db, "old", repository.slug) == repository.id
    assert await moved.by_old_name(db, "new", repository.slug) is None
    (kept,) = await branch_restrictions.of_repository(db, repository.id)
    assert kept.rule.groups == ()
    await repositories.delete(db, repository.id)
    assert await moved.by_old_name(db, "old", repository.slug) is None


async def test_a_repository_moves_to_no_place_where_its_name_is_taken(db):
    old, new = await a_workspace(db, "old"), await a_workspace(db, "new")
    repository = await a_repository(db, await a_project(db, old))
    there = await a_project(db, new)
    await repositories.create(db, replace(repository, id="another", workspace_id=new.id, project_id=there.id))

    with pytest.raises(Conflict):
        await repositories.move(db, replace(repository, workspace_id=new.id, project_id=there.id))


async def test_projects_in_which_somebody_may_perhaps_create(db):
    user, team, other = await a_user(db, "ada"), await a_workspace(db, "team"), await a_workspace(db, "other")
    first, second = await a_project(db, team), await a_project(db, other)

    async def names(limit=9):
        return [one.project.id for one in await projects.creating(db, user.id, limit)]

    assert await names() == []
    await workspaces.add_member(db, team.id, user.id, Role.MEMBER, Permission.ADMIN, 1)
    assert await names() == []
    await workspaces.add_member(db, team.id, user.id, Role.COLLABORATOR, Permission.NONE, 1)
    assert await names() == [first.id]
    await projects.grant(db, second.id, user.id, Permission.WRITE, creates=True)
    assert await names() == [second.id, first.id]
    assert await names(1) == [second.id]


async def test_a_workspace_is_called_otherwise(db):
    team = await a_workspace(db)

    await workspaces.change(db, replace(team, name="The team", is_private=not team.is_private, updated_on=7))

    assert await workspaces.by_id(db, team.id) == replace(
        team, name="The team", is_private=not team.is_private, updated_on=7
    )
