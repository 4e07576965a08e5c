"""Workspaces that one belongs to, and who else does."""

import pytest

from bitpail.services import emails, users, workspaces

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


async def by_address(api, auth, text, **more):
    return await api.get(f"{ACME}/members", auth=auth, query={"q": text, **more})


async def test_owners_find_members_by_address_and_are_shown_no_other(api, server, people):
    mia = await server.user("mia", email="mia@work.example")
    await server.member(await workspaces.named(server.site, "acme"), mia, "member")
    await server.user("out", email="out@example.org")
    q = 'user.email IN ("MIA@work.example", "out@example.org", "nobody@example.org")'

    found = (await by_address(api, people["ada"], q)).json()
    shown = (await by_address(api, people["ada"], q, fields="+values.user.email")).json()
    with_role = await by_address(api, people["ada"], f'{q} AND permission = "owner"')
    every = (await api.get(f"{ACME}/members?fields=%2Bvalues.user.email", auth=people["ada"])).json()

    assert [one["user"]["nickname"] for one in found["values"]] == ["mia"]
    assert "work.example" not in str(found)
    assert shown["values"][0]["user"]["email"] == "mia@work.example"
    assert with_role.json()["values"] == []
    assert len(every["values"]) == 3
    assert "example" not in str([one["user"].get("email") for one in every["values"]])


async def test_an_address_that_is_not_confirmed_finds_nobody(api, server, ada, people):
    await emails.add(server.site, ada, "new@example.org")

    found = (await by_address(api, people["ada"], 'user.email = "new@example.org"')).json()

    assert found["values"] == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ('user.email = "ada@example.com"', 200),
        ("user.email IN (" + ", ".join(f'"a{n}@x.org"' for n in range(90)) + ")", 200),
        ("user.email IN (" + ", ".join(f'"a{n}@x.org"' for n in range(91)) + ")", 400),
        ('user.email ~ "@example"', 400),
        ('user.email != "ada@example.com"', 400),
        ('user.email NOT IN ("ada@example.com")', 400),
        ('user.email > "a"', 400),
        ("user.email = null", 400),
        ("user.email = 3", 400),
        ('user.mail = "x"', 400),
    ],
)
async def test_addresses_are_asked_for_whole(api, people, text, status):
    assert (await by_address(api, people["ada"], text)).status == status


async def test_nobody_but_owners_asks_by_address(api, people):
    assert (await by_address(api, people["grace"], 'user.email = "ada@example.com"')).status == 403
    assert (await by_address(api, people["grace"], 'permission = "owner"')).status == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": 'permission > "member"'}, ["ada", "mia"]),
        ({"q": 'permission >= "collaborator" AND permission < "owner"'}, ["mia"]),
        ({"q": 'permission != "owner"', "sort": "-permission"}, ["mia", "grace"]),
        ({"sort": "user.nickname"}, ["ada", "grace", "mia"]),
        ({"sort": "-user.display_name"}, ["mia", "grace", "ada"]),
        ({"q": 'workspace.slug = "acme" AND user.nickname ~ "A"', "pagelen": 2}, ["ada", "grace"]),
    ],
)
@pytest.mark.parametrize("listing", ["members", "permissions"])
async def test_members_are_chosen_and_ordered_by_what_is_shown_of_them(
    api, server, people, query, found, listing
):
    await server.member(await workspaces.named(server.site, "acme"), await server.user("mia"), "collaborator")

    page = (await api.get(f"{ACME}/{listing}", auth=people["ada"], query=query)).json()

    assert [one["user"]["nickname"] for one in page["values"]] == found


async def test_one_s_own_memberships_are_ordered_by_role_as_roles_are(api, server, ada, people):
    await server.workspace("zoo", await server.user("zoe"))
    await server.member(await workspaces.named(server.site, "zoo"), ada, "collaborator")

    async def slugs(**query):
        page = await api.get("/2.0/user/permissions/workspaces", auth=people["ada"], query=query)
        return [one["workspace"]["slug"] for one in page.json()["values"]]

    assert await slugs(sort="permission") == ["zoo", "acme", "ada"]
    assert await slugs(q='permission > "collaborator"') == ["acme", "ada"]


async def test_a_member_is_named_by_account_id_or_uuid(api, server, people):
    grace = await users.named(server.site, "grace")
    for name in (grace.account_id, f"%7B{grace.id}%7D", f"%7B{grace.id.upper()}%7D"):
        found = await api.get(f"{ACME}/members/{name}", auth=people["ada"])
        assert found.json()["user"]["uuid"] == f"{{{grace.id}}}"
    eve = await users.named(server.site, "eve")
    assert (await api.get(f"{ACME}/members/%7B{eve.id}%7D", auth=people["ada"])).status == 404
