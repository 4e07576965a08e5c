"""Where somebody may make repositories: the list that they are offered says what a judgement of each says."""

import pytest

from bitpail.model.access import Actor, Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.services import access, grants, groups, placing, projects
from bitpail.services.access import Refused

pytestmark = pytest.mark.anyio

CREATE = Need(permission=Permission.WRITE, signed_in=True)


@pytest.fixture
async def places(server, ada):
    """Three workspaces of two projects each, and people of every kind."""
    people = {name: await server.user(name) for name in ("grace", "mary", "edith", "joan", "dora", "nobody")}
    found = []
    for slug in ("engines", "mills", "looms"):
        workspace = await server.workspace(slug, ada, public=slug == "looms")
        await projects.create(server.site, workspace, "SECOND", "Second")
        found.append(workspace)
    engines, mills, _ = found
    await server.member(engines, people["grace"], "owner")
    await server.member(engines, people["mary"], "collaborator")
    await server.member(mills, people["mary"], "member", "admin")
    await server.member(engines, people["edith"], "member", "write")
    (first, second) = await projects.visible(server.site, await seen(server, ada, "engines"))
    for name, word in (("edith", "create-repo"), ("joan", "admin"), ("dora", "write")):
        await grants.give(server.site, engines, second, name, word, is_group=False)
    await grants.give(server.site, engines, first, "edith", "write", is_group=False)
    group = await groups.create(server.site, mills, "builders")
    await groups.add(server.site, mills, group, people["mary"])
    (_, second_mill) = await projects.visible(server.site, await seen(server, ada, "mills"))
    await grants.give(server.site, mills, second_mill, "builders", "create-repo", is_group=True)
    return found, {"ada": ada, **people}


async def seen(server, user, slug):
    return await access.to_workspace(server.site, Actor(user, None, frozenset(Scope)), Need(), slug)


@pytest.mark.parametrize("name", ["ada", "grace", "mary", "edith", "joan", "dora", "nobody"])
async def test_rooms_are_those_in_which_one_may_create(server, places, name):
    workspaces, people = places
    user = people[name]
    actor = Actor(user, None, frozenset(Scope))
    allowed = set()
    for slug in [*(one.slug for one in workspaces), *people]:
        for key in ("PROJ", "SECOND", "NONE"):
            try:
                await placing.room(server.site, actor, CREATE, f"{slug}/{key}")
            except (Refused, access.BitpailError):
                continue
            allowed.add(f"{slug}/{key}")

    rooms = await placing.rooms(server.site, user)

    assert {one.name for one in rooms} == allowed
    assert rooms[0].name == f"{name}/PROJ"
    assert len(rooms) == len(allowed)


async def test_what_is_offered_says_who_is_what(server, places):
    _, people = places

    found = {
        name: {one.name for one in await placing.rooms(server.site, user)} - {f"{name}/PROJ"}
        for name, user in people.items()
    }

    assert len(found["ada"]) == 6
    assert found["grace"] == {"engines/PROJ", "engines/SECOND"}
    assert found["mary"] == {"engines/PROJ", "engines/SECOND", "mills/SECOND"}
    assert found["edith"] == {"engines/SECOND"}
    assert found["joan"] == {"engines/SECOND"}
    assert found["dora"] == found["nobody"] == set()
