"""No workspace is ever left without an owner, also by two who leave at once; on both databases."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from support.rows import a_group, a_user, a_workspace

from bitpail.errors import Invalid
from bitpail.model.permissions import Permission, Role
from bitpail.services import groups as group_service
from bitpail.services import keys
from bitpail.services import workspaces as service
from bitpail.services.site import open_site
from bitpail.store import groups, users, workspaces

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sites(settings):
    """Two processes, as far as the database can tell."""
    keys.create(settings.data_path)
    async with AsyncExitStack() as open_ones:
        found = []
        for _ in range(2):
            site = await open_site(settings)
            open_ones.push_async_callback(site.close)
            found.append(site)
        yield found


@pytest.fixture
async def people(sites):
    db = sites[0].db
    return [await a_user(db, name) for name in ("ada", "grace", "eve")]


async def _owned_by(site, *owners):
    team = await a_workspace(site.db)
    for owner in owners:
        await workspaces.add_member(site.db, team.id, owner.id, Role.OWNER, Permission.NONE, 1)
    return team


async def lower(site, team, user):
    await service.put_member(site, team, user, Role.COLLABORATOR, Permission.ADMIN)


async def leave(site, team, user):
    await service.remove_member(site, team, user)


@pytest.mark.parametrize("end", [lower, leave])
async def test_the_last_owner_stays_one(sites, people, end):
    ada, grace, _ = people
    team = await _owned_by(sites[0], ada)

    with pytest.raises(Invalid, match="ada is the last owner of team"):
        await end(sites[0], team, ada)
    assert await workspaces.owners(sites[0].db, team.id) == [ada]

    await service.put_member(sites[0], team, grace, Role.OWNER, Permission.NONE)
    await end(sites[0], team, ada)
    assert await workspaces.owners(sites[0].db, team.id) == [grace]


@pytest.mark.parametrize("second", [lower, leave])
@pytest.mark.parametrize("first", [lower, leave])
async def test_of_two_owners_who_leave_at_once_one_stays(sites, people, first, second):
    ada, grace, _ = people
    for number in range(10):
        team = await a_workspace(sites[0].db, f"team{number}")
        for owner in (ada, grace):
            await workspaces.add_member(sites[0].db, team.id, owner.id, Role.OWNER, Permission.NONE, 1)

        ended = await asyncio.gather(
            first(sites[0], team, ada), second(sites[1], team, grace), return_exceptions=True
        )

        assert sorted(type(one).__name__ for one in ended) == ["Invalid", "NoneType"]
        assert len(await workspaces.owners(sites[0].db, team.id)) == 1


@pytest.mark.parametrize("end", [lower, leave])
async def test_an_owner_whose_account_is_off_is_no_reason_to_let_the_other_go(sites, people, end):
    ada, grace, _ = people
    team = await _owned_by(sites[0], ada, grace)
    await users.set_active(sites[0].db, grace.id, False)
    grace = await users.by_id(sites[0].db, grace.id)

    with pytest.raises(Invalid, match="last owner"):
        await end(sites[0], team, ada)
    await end(sites[0], team, grace)

    assert await workspaces.owners(sites[0].db, team.id) == [ada]


async def test_whoever_is_put_into_a_group_while_leaving_is_not_left_in_it(sites, people):
    ada, grace, _ = people
    for number in range(10):
        team = await a_workspace(sites[0].db, f"team{number}", owner=ada)
        devs = await a_group(sites[0].db, team)
        await service.put_member(sites[0], team, grace, Role.MEMBER, Permission.NONE)

        await asyncio.gather(
            leave(sites[0], team, grace),
            group_service.add(sites[1], team, devs, grace),
            return_exceptions=True,
        )

        assert await workspaces.membership(sites[0].db, team.id, grace.id) is None
        assert await groups.members(sites[0].db, devs.id) == []


async def test_a_group_takes_only_members_of_its_workspace(sites, people):
    ada, _, eve = people
    team = await _owned_by(sites[0], ada)
    devs = await a_group(sites[0].db, team)

    with pytest.raises(Invalid, match="eve is no member of team"):
        await group_service.add(sites[0], team, devs, eve)
    for _ in range(2):
        await group_service.add(sites[0], team, devs, ada)

    assert await groups.members(sites[0].db, devs.id) == [ada]
