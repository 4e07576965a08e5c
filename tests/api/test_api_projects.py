"""Projects of a workspace: seen, made, changed, and run by their own administrators."""

import pytest

from bitpail.model.permissions import Permission
from bitpail.services import app_passwords, users, workspaces
from bitpail.store import projects

pytestmark = pytest.mark.anyio

ACME = "/2.0/workspaces/acme"
PROJECTS = f"{ACME}/projects"
LIB = f"{PROJECTS}/LIB"


@pytest.fixture
async def people(server, ada):
    acme = await server.workspace("acme", ada)
    grace = await server.user("grace")
    await server.member(acme, grace, "member")
    return {
        "ada": await server.auth(ada, "project", "project:admin"),
        "grace": await server.auth(grace, "project", "project:admin"),
        "eve": await server.auth(await server.user("eve"), "project", "project:admin"),
    }


@pytest.fixture
async def lib(api, server, people):
    """A private project in which nobody has anything yet."""
    await api.send_json("POST", PROJECTS, {"key": "LIB", "name": "Libraries"}, auth=people["ada"])
    acme = await workspaces.named(server.site, "acme")
    return await workspaces.project_for(server.site, acme, "LIB")


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


async def test_whoever_holds_admin_on_a_project_runs_it_and_no_other(api, server, people, lib):
    for who, permission in (("eve", Permission.ADMIN), ("grace", Permission.WRITE)):
        user = await users.named(server.site, who)
        await projects.grant(server.site.db, lib.id, user.id, permission)

    changed = await api.send_json("PUT", LIB, {"name": "Books"}, auth=people["eve"])
    refused = await api.send_json("PUT", LIB, {"name": "Mine"}, auth=people["grace"])
    elsewhere = await api.send_json("PUT", f"{PROJECTS}/PROJ", {"name": "Mine"}, auth=people["eve"])
    new = await api.send_json("PUT", f"{PROJECTS}/NEW", {"name": "New"}, auth=people["eve"])

    assert (changed.status, changed.json()["name"]) == (200, "Books")
    assert (refused.status, elsewhere.status, new.status) == (403, 403, 403)
    assert (await api.get(LIB, auth=people["grace"])).json()["name"] == "Books"
    assert (await api.request("DELETE", LIB, auth=people["eve"])).status == 204
    assert (await api.get(LIB, auth=people["ada"])).status == 404


async def test_a_project_is_found_by_the_uuid_of_its_workspace_and_in_any_case(api, people, lib):
    workspace = (await api.get(LIB, auth=people["ada"])).json()["workspace"]["uuid"]
    uuid = workspace.replace("{", "%7B").replace("}", "%7D")

    by_uuid = await api.get(f"/2.0/workspaces/{uuid}/projects/lib", auth=people["ada"])

    assert by_uuid.json()["uuid"] == f"{{{lib.id}}}"


@pytest.mark.parametrize(
    "key", ["none", "x" * 3000, "%27%22", "%F0%9F%90%98", "..%2F..", "-x", "%01", "1" * 40]
)
async def test_a_project_that_is_not_there_is_said_to_be_that(api, people, key):
    answer = await api.get(f"{PROJECTS}/{key}", auth=people["ada"])

    assert answer.status == 404
    assert answer.json()["error"]["message"].startswith("no project ")


async def test_whoever_may_not_know_of_the_workspace_hears_nothing_of_its_projects(api, people, lib):
    await api.send_json("PUT", LIB, {"is_private": False}, auth=people["ada"])

    there = await api.get(LIB, auth=people["eve"])
    nowhere = await api.get("/2.0/workspaces/nowhere/projects/LIB", auth=people["eve"])

    assert (there.status, nowhere.status) == (404, 404)
    assert there.text.replace("acme", "nowhere") == nowhere.text


async def test_an_app_password_that_is_limited_to_a_project_opens_that_one(api, server, ada, people, lib):
    wanted = app_passwords.Wanted(label="lib", permissions=("project",), projects=("acme/LIB",))
    _, secret = await app_passwords.create(server.site, ada, wanted)
    auth = ada.username, secret.reveal()

    assert (await api.get(LIB, auth=auth)).status == 200
    assert (await api.get(f"{PROJECTS}/PROJ", auth=auth)).status == 403
    assert (await api.get(f"{PROJECTS}/NONE", auth=auth)).status == 403
    assert (await api.get(PROJECTS, auth=auth)).status == 403


async def test_a_new_key_tells_the_new_place(api, people, lib):
    moved = await api.send_json("PUT", LIB, {"key": "BOOKS"}, auth=people["ada"])
    same = await api.send_json("PUT", f"{PROJECTS}/BOOKS", {"name": "Books"}, auth=people["ada"])

    assert moved.headers["location"].endswith("/2.0/workspaces/acme/projects/BOOKS")
    assert "location" not in same.headers
    assert (await api.get(LIB, auth=people["ada"])).status == 404
