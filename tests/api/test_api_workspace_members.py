"""Workspaces that one belongs to, and who else does."""

import pytest

pytestmark = pytest.mark.anyio

ACME = "/2.0/workspaces/acme"


@pytest.fixture
async def people(server, ada):
    acme = await server.workspace("acme", ada)
    grace = await server.user("grace")
    await server.member(acme, grace, "member")
    return {
        "ada": await server.auth(ada, "account"),
        "grace": await server.auth(grace, "account"),
        "eve": await server.auth(await server.user("eve"), "account"),
    }


async def test_everybody_sees_their_own_workspaces(api, people):
    async def slugs(who, query=""):
        return [
            one["slug"]
            for one in (await api.get(f"/2.0/workspaces{query}", auth=people[who])).json()["values"]
        ]

    assert await slugs("ada") == ["acme", "ada"]
    assert await slugs("grace", "?role=owner") == ["grace"]
    assert await slugs("grace", '?q=slug="acme"') == ["acme"]
    assert await slugs("eve", "?sort=-slug") == ["eve"]
    assert (await api.get("/2.0/workspaces?role=king", auth=people["ada"])).status == 400
    wrapped = (await api.get("/2.0/user/workspaces?administrator=false", auth=people["grace"])).json()[
        "values"
    ]
    assert [(one["workspace"]["slug"], one["administrator"]) for one in wrapped] == [("acme", False)]
    held = (await api.get("/2.0/user/permissions/workspaces", auth=people["grace"])).json()["values"]
    assert {one["workspace"]["slug"]: one["permission"] for one in held} == {
        "acme": "member",
        "grace": "owner",
    }
    own = await api.get("/2.0/user/workspaces/acme/permission", auth=people["grace"])
    assert own.json()["permission"] == "member"
    assert (await api.get("/2.0/user/workspaces/acme/permission", auth=people["eve"])).status == 404


async def test_members_are_told_to_members(api, server, ada, people):
    await server.repository("acme", "open", public=True)
    found = (await api.get(f"{ACME}/members", auth=people["grace"])).json()["values"]

    assert {one["user"]["display_name"]: one["permission"] for one in found} == {
        "ada": "owner",
        "grace": "member",
    }
    one = await api.get(f"{ACME}/members/%7B{ada.id}%7D", auth=people["grace"])
    assert one.json() in found
    assert (await api.get(f"{ACME}/members/{ada.account_id}", auth=people["grace"])).json() == one.json()
    owners = await api.get(f'{ACME}/permissions?q=permission="owner"', auth=people["grace"])
    assert [each["user"]["display_name"] for each in owners.json()["values"]] == ["ada"]
    assert (await api.get(f"{ACME}/members", auth=people["eve"])).status == 403
    assert (await api.get(f"{ACME}/members/nobody", auth=people["grace"])).status == 404
