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
