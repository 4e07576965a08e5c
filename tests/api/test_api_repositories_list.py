import pytest
from support.asgi import HOST

pytestmark = pytest.mark.anyio


async def test_the_list_shows_what_the_asking_may_see(server, api, ada, auth):
    acme = await server.workspace("acme", ada)
    eve, bob = await server.user("eve"), await server.user("bob")
    for number in range(12):
        made = await server.repository("acme", f"code{number}", public=number == 3)
        if number in {5, 7}:
            await server.grant(made, eve, "write" if number == 7 else "read")
    await server.member(acme, bob, "member", "read")

    async def seen(auth, **query):
        values = await api.everything("/2.0/repositories/acme", auth=auth, query={"pagelen": 5, **query})
        return [one["slug"] for one in values]

    eves = await server.auth(eve, "repository")
    assert await seen(auth) == [f"code{number}" for number in range(12)]
    assert await seen(await server.auth(bob, "repository")) == [f"code{number}" for number in range(12)]
    assert await seen(eves) == ["code3", "code5", "code7"]
    assert await seen(eves, role="contributor") == ["code7"]
    assert await seen(eves, role="admin") == []
    assert await seen(None) == ["code3"]


async def test_a_page_of_the_list_names_its_neighbours(server, api, ada, auth):
    for number in range(5):
        await server.repository("ada", f"code{number}")

    page = (await api.get("/2.0/repositories/ada?pagelen=2&page=2&role=owner", auth=auth)).json()

    root = f"https://{HOST}/2.0/repositories/ada?pagelen=2&role=owner"
    assert (page["size"], page["page"], page["pagelen"]) == (5, 2, 2)
    assert (page["next"], page["previous"]) == (f"{root}&page=3", f"{root}&page=1")
    beyond = (await api.get("/2.0/repositories/ada?page=9", auth=auth)).json()
    assert (beyond["values"], beyond["size"]) == ([], 5)
    assert "next" not in beyond


@pytest.mark.parametrize("query", ["role=king", "role=", "page=0", "pagelen=0", "pagelen=101", "pagelen=x"])
async def test_the_list_refuses_what_it_does_not_know(api, auth, query):
    assert (await api.get(f"/2.0/repositories/ada?{query}", auth=auth)).status == 400


EVERY = "/2.0/repositories"


@pytest.fixture
async def places(server, ada):
    """Ada's acme with a private and a public repository, Grace's own with both; Eve writes to Ada's private one."""
    await server.workspace("acme", ada)
    grace, eve = await server.user("grace"), await server.user("eve")
    for workspace in ("acme", "grace"):
        for slug in ("closed", "open"):
            made = await server.repository(workspace, slug, public=slug == "open")
            if (workspace, slug) == ("acme", "closed"):
                await server.grant(made, eve, "write")
    return {user.username: await server.auth(user, "repository") for user in (ada, grace, eve)}


async def names(api, auth, **query):
    values = await api.everything(EVERY, auth=auth, query={"pagelen": 1, **query})
    return [one["full_name"] for one in values]


async def test_everybody_is_shown_the_public_repositories_of_all_workspaces(api, places):
    public = ["acme/open", "grace/open"]

    assert await names(api, None) == public
    assert await names(api, places["ada"]) == public
    assert await names(api, None, sort="-full_name") == public[::-1]
    assert await names(api, None, q='workspace.slug = "grace"') == public[1:]
    assert await names(api, None, q='name = "closed"') == []
    first = (await api.get(f"{EVERY}?pagelen=1")).json()
    assert set(first) == {"pagelen", "values", "next"}


async def test_a_role_asks_for_what_one_was_granted_wherever(api, places):
    ada, eve = places["ada"], places["eve"]

    assert await names(api, ada, role="member") == ["acme/closed", "acme/open"]
    assert await names(api, ada, role="owner", sort="-name") == ["acme/open", "acme/closed"]
    assert await names(api, eve, role="member") == ["acme/closed"]
    assert await names(api, eve, role="contributor", q="is_private = true") == ["acme/closed"]
    assert await names(api, eve, role="admin") == []
    assert await names(api, eve, role="owner") == []
    assert (await api.get(f"{EVERY}?role=member")).status == 401
    assert (await api.get(f"{EVERY}/acme?role=member")).status == 401


async def test_in_a_workspace_too_a_role_leaves_out_what_is_only_public(api, places):
    async def seen(auth, role):
        values = await api.everything(f"{EVERY}/acme", auth=auth, query={"role": role} if role else {})
        return [one["slug"] for one in values]

    assert await seen(places["grace"], None) == ["open"]
    assert await seen(places["grace"], "member") == []
    assert await seen(places["eve"], "member") == ["closed"]
    assert await seen(places["eve"], "owner") == []
    assert await seen(places["ada"], "owner") == ["closed", "open"]


async def test_after_leaves_out_what_is_older(api, places):
    every = (await api.get(EVERY)).json()["values"]
    second = every[1]["created_on"]

    assert await names(api, None, after=second) == ["grace/open"]
    assert await names(api, None, after=second, sort="name") == ["grace/open"]
    assert await names(api, None, after=every[0]["created_on"]) == ["acme/open", "grace/open"]
    assert await names(api, places["ada"], after="2001-01-01", role="member") == ["acme/closed", "acme/open"]
    assert await names(api, places["ada"], after="2999-01-01T00:00:00Z", role="member") == []
    unencoded = await api.get(f"{EVERY}?after={second}")
    assert [one["full_name"] for one in unencoded.json()["values"]] == ["grace/open"]


@pytest.mark.parametrize(
    "query",
    ["role=king", "after=yesterday", "after=", "after=9999999-01-01", "page=2", "page=x", "page=", "q=((", "sort=x",
     "pagelen=0", "sort=name&page=0"],
)  # fmt: skip
async def test_of_all_workspaces_too_it_refuses_what_it_does_not_know(api, auth, query):
    answer = await api.get(f"{EVERY}?{query}", auth=auth)

    assert answer.status == 400


async def test_a_page_of_public_repositories_goes_on_where_the_last_one_ended(api, server, ada):
    for number in range(5):
        await server.repository("ada", f"code{number}", public=True)
    first = (await api.get(f"{EVERY}?pagelen=2")).json()
    await server.repository("ada", "late", public=True)

    rest = await api.everything("/2.0" + first["next"].partition("/2.0")[2])

    assert [one["slug"] for one in first["values"] + rest] == [*(f"code{n}" for n in range(5)), "late"]
    forged = first["next"].partition("/2.0")[2].replace("page=", "page=A")
    assert (await api.get(f"/2.0{forged}")).status == 400
