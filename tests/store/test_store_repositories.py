import itertools

import msgspec
import pytest
from support.rows import a_group, a_project, a_repository, a_user, a_workspace, unused_id

from bitpail.errors import Conflict
from bitpail.model.grants import Grant
from bitpail.model.permissions import Permission, Role
from bitpail.model.repositories import ForkPolicy, Grants, Located
from bitpail.store import grants, groups, projects, repositories, workspaces
from bitpail.store.permissions import to_see

pytestmark = pytest.mark.anyio


async def test_a_repository_is_found_by_slugs_and_uuids_in_every_mixture(db):
    team = await a_workspace(db)
    project = await a_project(db, team)
    repository = await a_repository(db, project, is_private=False, directory="/srv/git/x.git", size=2**40)
    expected = Located(repository, team, project, Grants())
    workspace_id, repository_id = f"{{{team.id.upper()}}}", f"{{{repository.id.upper()}}}"

    names = itertools.product(("team", workspace_id), ("website", repository_id))
    for workspace, name in (*names, ("{}", repository_id)):
        assert await repositories.find(db, workspace, name, None) == expected


@pytest.mark.parametrize(
    ("workspace", "repository"),
    [
        ("team", "other"), ("other", "website"), ("{}", "website"), ("", ""), ("{", "}"), ("{team}", "website"),
        ("team", "{website}"), ("TEAM", "website"), ("{}", "{}"), ("team", "%"),
    ],
)  # fmt: skip
async def test_what_is_named_wrongly_is_not_found(db, workspace, repository):
    await a_repository(db, await a_project(db, await a_workspace(db)))

    assert await repositories.find(db, workspace, repository, None) is None


async def test_the_uuid_of_a_repository_does_not_open_it_in_another_workspace(db):
    team, other = await a_workspace(db, "team"), await a_workspace(db, "other")
    repository = await a_repository(db, await a_project(db, team))

    assert await repositories.find(db, "other", f"{{{repository.id}}}", None) is None
    assert await repositories.find(db, f"{{{other.id}}}", f"{{{repository.id}}}", None) is None


async def test_grants_are_those_of_the_one_who_asks(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    team = await a_workspace(db)
    project = await a_project(db, team)
    repository = await a_repository(db, project)
    await repositories.grant(db, repository.id, alice.id, Permission.READ)
    await repositories.grant(db, repository.id, alice.id, Permission.WRITE)
    await projects.grant(db, project.id, alice.id, Permission.READ)
    await workspaces.add_member(db, team.id, alice.id, Role.MEMBER, Permission.ADMIN, 1)

    async def found(user_id):
        return (await repositories.find(db, "team", "website", user_id)).grants

    assert await found(alice.id) == Grants(Permission.WRITE, Permission.READ, Permission.ADMIN, Role.MEMBER)
    assert await found(bob.id) == Grants()
    assert await found(None) == Grants()

    group = await a_group(db, team, members=[alice])
    await grants.put(db, repository, Grant(group, Permission.ADMIN))
    await grants.put(db, project, Grant(group, Permission.WRITE))
    in_groups = (await found(alice.id)).group, (await found(alice.id)).project_group
    assert in_groups == (Permission.ADMIN, Permission.WRITE)
    assert await found(bob.id) == Grants()

    await repositories.grant(db, repository.id, alice.id, Permission.NONE)
    await projects.grant(db, project.id, alice.id, Permission.NONE)
    await groups.remove(db, group.id, alice.id)
    await workspaces.remove_member(db, team.id, alice.id)

    assert await found(alice.id) == Grants()


async def test_slugs_are_unique_in_a_workspace(db):
    team, other = await a_workspace(db, "team"), await a_workspace(db, "other")
    project = await a_project(db, team)
    await a_repository(db, project)
    await a_repository(db, await a_project(db, other))
    second = await a_repository(db, project, "second")

    with pytest.raises(Conflict):
        await a_repository(db, project)
    with pytest.raises(Conflict):
        await repositories.update(db, msgspec.structs.replace(second, slug="website"))
    with pytest.raises(Conflict):
        await repositories.update(db, msgspec.structs.replace(second, project_id=unused_id()))


async def test_settings_change_and_facts_about_the_data_do_not(db):
    project = await a_project(db, await a_workspace(db))
    repository = await a_repository(db, project, size=5)
    changed = msgspec.structs.replace(
        repository, slug="new", name="New", description="d", website="w", language="l", is_private=False,
        has_wiki=False, has_issues=True, fork_policy=ForkPolicy.NO_FORKS, updated_on=9, size=77,
    )  # fmt: skip

    await repositories.update(db, changed)
    found = await repositories.find(db, "team", "new", None)
    assert found.repository == msgspec.structs.replace(changed, size=5)

    await repositories.note_push(db, repository.id, 3, 10)
    found = await repositories.find(db, "team", "new", None)
    assert found.repository == msgspec.structs.replace(changed, size=8, updated_on=10)

    await repositories.set_size(db, repository.id, 6)
    found = await repositories.find(db, "team", "new", None)
    assert found.repository == msgspec.structs.replace(changed, size=6, updated_on=10)


async def test_a_deleted_repository_takes_its_grants_along(db):
    alice = await a_user(db)
    team = await a_workspace(db)
    repository = await a_repository(db, await a_project(db, team))
    await repositories.grant(db, repository.id, alice.id, Permission.READ)

    assert await repositories.delete(db, repository.id)

    assert not await repositories.delete(db, repository.id)
    assert await repositories.find(db, "team", "website", alice.id) is None
    assert not await workspaces.visible(db, team.id, alice.id)


async def test_adopted_directories_are_found(db):
    project = await a_project(db, await a_workspace(db))
    adopted = await a_repository(db, project, directory="/srv/git/x.git")
    await a_repository(db, project, "own")

    assert await repositories.by_directory(db, "/srv/git/x.git") == [adopted]
    assert await repositories.by_directory(db, "/srv/git") == []


async def test_pages_of_what_is_visible_come_oldest_first(db):
    team = await a_workspace(db)
    project = await a_project(db, team)
    for number, age in enumerate((5, 3, 4, 1, 2)):
        await a_repository(db, project, f"r{number}", created_on=age, is_private=age == 4)
    await a_repository(db, await a_project(db, await a_workspace(db, "other")), is_private=False)

    async def page(offset, limit):
        found = await repositories.visible(db, team.id, None, to_see(Permission.READ), offset, limit)
        return [located.repository.created_on for located in found]

    assert await page(0, 10) == [1, 2, 3, 5]
    assert await page(1, 2) == [2, 3]
    assert await page(4, 2) == []
    assert await repositories.count_visible(db, team.id, None, to_see(Permission.READ)) == 4
    assert await repositories.count_visible(db, team.id, None, to_see(Permission.WRITE)) == 0
