"""Workspaces that one belongs to, who else does, and their projects."""

import pytest

pytestmark = pytest.mark.anyio

ACME = "/2.0/workspaces/acme"
PROJECTS = f"{ACME}/projects"


@pytest.fixture
async def people(server, ada):
    acme = await server.workspace("acme", ada)
    grace = await server.user("grace")
    await server.member(acme, grace, "member")
    return {
        "ada": await server.auth(ada, "account", "project", "project:admin"),
        "grace": await server.auth(grace, "account", "project"),
        "eve": await server.auth(await server.user("eve"), "account", "project"),
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


async def test_projects_are_made_changed_and_deleted(api, server, people):
    body = {"key": "LIB", "name": "Libraries", "description": "Shared", "is_private": False}
    made = await api.send_json("POST", PROJECTS, body, auth=people["ada"])

    assert made.status == 201
    assert (await api.get(f"{PROJECTS}/LIB", auth=people["grace"])).json() == made.json()
    again = await api.send_json("POST", PROJECTS, body, auth=people["ada"])
    assert again.json()["error"]["message"] == "Project with this Owner and Key already exists."
    changed = await api.send_json("PUT", f"{PROJECTS}/LIB", {"name": "Books"}, auth=people["ada"])
    assert (changed.json()["name"], changed.json()["description"]) == ("Books", "Shared")
    new = await api.send_json("PUT", f"{PROJECTS}/NEW", {"name": "New"}, auth=people["ada"])
    assert (new.status, new.json()["key"]) == (201, "NEW")
    assert (await api.send_json("PUT", f"{PROJECTS}/NEW", {"key": "LIB"}, auth=people["ada"])).status == 400
    assert (await api.request("DELETE", f"{PROJECTS}/LIB", auth=people["ada"])).status == 204
    assert (await api.get(f"{PROJECTS}/LIB", auth=people["ada"])).status == 404
    listed = (await api.get(f"{PROJECTS}?sort=-key", auth=people["ada"])).json()["values"]
    assert [one["key"] for one in listed] == ["PROJ", "NEW"]


async def test_a_project_with_repositories_and_the_last_one_stay(api, server, people):
    await server.repository("acme", "code")
    refused = await api.request("DELETE", f"{PROJECTS}/PROJ", auth=people["ada"])
    assert (refused.status, "last project" in refused.text) == (400, True)
    await api.send_json("POST", PROJECTS, {"key": "LIB", "name": "Libraries"}, auth=people["ada"])

    refused = await api.request("DELETE", f"{PROJECTS}/PROJ", auth=people["ada"])

    assert (refused.status, "repositories" in refused.text) == (400, True)


async def test_a_stranger_sees_projects_with_something_to_see_in_them(api, server, people):
    await api.send_json("POST", PROJECTS, {"key": "LIB", "name": "Libraries"}, auth=people["ada"])
    await server.repository("acme", "open", public=True)

    seen = (await api.get(PROJECTS, auth=people["eve"])).json()["values"]

    assert [one["key"] for one in seen] == ["PROJ"]
    assert (await api.get(f"{PROJECTS}/LIB", auth=people["eve"])).status == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"key": "X"}, {"name": "x"}, {"key": "lower-", "name": "x"}, {"key": "X" * 200, "name": "x"},
     {"key": "LIB", "name": ""}, {"key": "LIB", "name": "x" * 300}, {"key": "LIB", "name": "a\0b"}, {"key": 5, "name": "x"}],
)  # fmt: skip
async def test_what_is_no_project_is_refused(api, people, body):
    assert (await api.send_json("POST", PROJECTS, body, auth=people["ada"])).status == 400
