"""``redirect_to`` of a deletion: a notice at the page of the repository that was."""

import pytest
from support.browser import PASSWORD, Browser

from bitpail.services import users, workspaces

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
NEW = "https://git.example.net/ada/code"


async def test_people_are_told_where_a_public_repository_went_and_clients_that_it_is_gone(server, api, auth):
    await api.send_json("POST", CODE, {"is_private": False}, auth=auth)

    deleted = await api.request("DELETE", CODE, auth=auth, query={"redirect_to": NEW})

    assert deleted.status == 204
    page = await server.client.get("/ada/code")
    assert page.status == 404
    assert f'href="{NEW}"' in page.text
    assert "location" not in page.headers
    gone = await api.get(CODE, auth=auth)
    assert (gone.status, NEW in gone.text) == (404, False)
    assert NEW not in (await server.client.get("/ada/code/info/refs?service=git-upload-pack")).text


async def test_of_a_private_one_only_members_of_the_workspace_are_told(server, api, auth):
    for name in ("grace", "edith"):
        await server.user(name, password=PASSWORD)
    await api.request("POST", CODE, auth=auth)
    await api.request("DELETE", CODE, auth=auth, query={"redirect_to": NEW})
    workspace = await workspaces.named(server.site, "ada")
    await server.member(workspace, await users.named(server.site, "edith"), "member")

    shown = {}
    for name in ("grace", "edith"):
        browser = Browser(server.application)
        await browser.log_in(name, PASSWORD)
        shown[name] = NEW in (await browser.get("/ada/code")).text
    never = await server.client.get("/ada/never")
    hidden = await server.client.get("/ada/code")

    assert shown == {"grace": False, "edith": True}
    assert never.text.replace("never", "") == hidden.text.replace("code", "")


async def test_a_new_repository_of_that_name_ends_the_notice(server, api, auth):
    await api.send_json("POST", CODE, {"is_private": False}, auth=auth)
    await api.request("DELETE", CODE, auth=auth, query={"redirect_to": NEW})

    await api.send_json("POST", CODE, {"is_private": False}, auth=auth)

    assert NEW not in (await server.client.get("/ada/code")).text


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "//git.example.net",
        "git.example.net",
        "https://",
        "https://x/" + "y" * 2000,
        "https://x/a b",
        "https://x/\x00",
        "https://[x",
        "https://x/\n",
        "ftp://x/",
    ],
)
async def test_what_is_no_address_is_refused_and_the_repository_stays(api, auth, address):
    await api.request("POST", CODE, auth=auth)

    refused = await api.request("DELETE", CODE, auth=auth, query={"redirect_to": address})

    assert refused.status == 400
    assert refused.message.startswith("redirect_to: ")
    assert (await api.get(CODE, auth=auth)).status == 200


async def test_an_empty_one_is_none(server, api, auth):
    await api.send_json("POST", CODE, {"is_private": False}, auth=auth)

    assert (await api.request("DELETE", f"{CODE}?redirect_to=", auth=auth)).status == 204

    assert "has moved" not in (await server.client.get("/ada/code")).text
