import pytest
from sqlalchemy import Text, bindparam, delete
from support.rows import a_project, a_repository, a_user, a_workspace, an_app_password, unused_id

from bitpail.errors import Conflict
from bitpail.model.permissions import Permission, Role
from bitpail.model.workspaces import Member
from bitpail.store import app_passwords, projects, repositories, tables, users, workspaces

pytestmark = pytest.mark.anyio

_delete_user = delete(tables.users).where(tables.users.c.id == bindparam("gone", type_=Text))
_delete_workspace = delete(tables.workspaces).where(tables.workspaces.c.id == bindparam("gone", type_=Text))
_delete_project = delete(tables.projects).where(tables.projects.c.id == bindparam("gone", type_=Text))


async def test_a_workspace_is_found_by_slug_and_id(db):
    alice = await a_user(db)
    team = await a_workspace(db, "team", is_private=False)
    personal = await a_workspace(db, "alice", personal_of=alice.id)

    assert await workspaces.by_slug(db, "team") == team
    assert await workspaces.by_id(db, personal.id) == personal
    assert await workspaces.by_slug(db, "other") is None
    assert await workspaces.by_id(db, unused_id()) is None
    assert await workspaces.every(db) == [personal, team]


async def test_a_slug_and_a_person_have_one_workspace(db):
    alice = await a_user(db)
    await a_workspace(db, "team", personal_of=alice.id)

    with pytest.raises(Conflict):
        await a_workspace(db, "team")
    with pytest.raises(Conflict):
        await a_workspace(db, "second", personal_of=alice.id)
    with pytest.raises(Conflict):
        await a_workspace(db, "third", personal_of=unused_id())


async def test_members_are_added_changed_and_removed(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    team = await a_workspace(db, owner=alice)

    await workspaces.add_member(db, team.id, bob.id, Role.MEMBER, Permission.READ, 5)
    await workspaces.add_member(db, team.id, bob.id, Role.COLLABORATOR, Permission.WRITE, 9)

    assert await workspaces.members(db, team.id) == [
        Member(team.id, alice, Role.OWNER, Permission.NONE, 1),
        Member(team.id, bob, Role.COLLABORATOR, Permission.WRITE, 5),
    ]
    assert await workspaces.membership(db, team.id, bob.id) == (Role.COLLABORATOR, Permission.WRITE)
    assert await workspaces.of_user(db, bob.id) == [team]

    assert await workspaces.remove_member(db, team.id, bob.id)
    assert not await workspaces.remove_member(db, team.id, bob.id)
    assert await workspaces.membership(db, team.id, bob.id) is None
    assert await workspaces.of_user(db, bob.id) == []


async def test_a_private_workspace_is_seen_by_members_and_grantees_only(db):
    alice, bob, carol, dave = [await a_user(db, name) for name in ("alice", "bob", "carol", "dave")]
    team = await a_workspace(db, owner=alice)
    project = await a_project(db, team)
    repository = await a_repository(db, project)
    other = await a_workspace(db, "other")
    elsewhere = await a_repository(db, await a_project(db, other))
    await repositories.grant(db, repository.id, bob.id, Permission.READ)
    await repositories.grant(db, elsewhere.id, dave.id, Permission.ADMIN)
    await projects.grant(db, project.id, carol.id, Permission.READ)

    seen = {
        user.username: await workspaces.visible(db, team.id, user.id) for user in (alice, bob, carol, dave)
    }

    assert seen == {"alice": True, "bob": True, "carol": True, "dave": False}
    assert not await workspaces.visible(db, team.id, None)


async def test_a_workspace_that_is_public_or_holds_something_public_is_seen_by_all(db):
    public = await a_workspace(db, "public", is_private=False)
    holder = await a_workspace(db, "holder")
    await a_repository(db, await a_project(db, holder), is_private=False)

    assert await workspaces.visible(db, public.id, None)
    assert await workspaces.visible(db, holder.id, None)


async def test_projects_are_found_listed_and_unique_by_key(db):
    team = await a_workspace(db)
    younger = await a_project(db, team, "B", created_on=2)
    older = await a_project(db, team, "A", created_on=1, is_private=False)

    assert await projects.by_key(db, team.id, "B") == younger
    assert await projects.by_id(db, older.id) == older
    assert await projects.oldest(db, team.id) == older
    assert await projects.of_workspace(db, team.id) == [older, younger]
    assert await projects.by_key(db, team.id, "C") is None
    with pytest.raises(Conflict):
        await a_project(db, team, "A")


async def test_a_workspace_takes_its_projects_and_repositories_with_it(db):
    alice = await a_user(db)
    team = await a_workspace(db, owner=alice)
    project = await a_project(db, team)
    repository = await a_repository(db, project)
    await repositories.grant(db, repository.id, alice.id, Permission.READ)

    assert await db.run(_delete_workspace, gone=team.id) == 1

    assert await repositories.every(db) == []
    assert await projects.by_id(db, project.id) is None
    assert await users.by_id(db, alice.id) == alice


async def test_a_project_that_holds_repositories_cannot_go(db):
    project = await a_project(db, await a_workspace(db))
    await a_repository(db, project)

    with pytest.raises(Conflict):
        await db.run(_delete_project, gone=project.id)

    assert len(await repositories.every(db)) == 1


async def test_a_deleted_user_leaves_no_key_and_no_grant_behind(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    team = await a_workspace(db, owner=bob)
    await workspaces.add_member(db, team.id, alice.id, Role.MEMBER, Permission.READ, 1)
    app_password = await an_app_password(db, alice)

    await db.run(_delete_user, gone=alice.id)

    assert await app_passwords.by_lookup(db, app_password.id) is None
    assert [member.user for member in await workspaces.members(db, team.id)] == [bob]


async def test_a_change_is_noted(db):
    team = await a_workspace(db, "team")

    await workspaces.set_updated(db, team.id, team.updated_on + 4_000_000)

    assert (await workspaces.by_slug(db, "team")).updated_on == team.updated_on + 4_000_000
