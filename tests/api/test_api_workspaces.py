import pytest
from support.asgi import HOST

pytestmark = pytest.mark.anyio


async def test_a_workspace_is_found_by_slug_and_by_uuid_in_any_case(server, api, ada, auth):
    acme = await server.workspace("acme", ada)

    for name in ("acme", f"%7B{acme.id}%7D", f"%7B{acme.id.upper()}%7D"):
        found = await api.get(f"/2.0/workspaces/{name}", auth=auth)

        assert found.status == 200, found
        assert (found.json()["slug"], found.json()["uuid"]) == ("acme", f"{{{acme.id}}}")
        assert found.json()["links"]["self"]["href"] == f"https://{HOST}/2.0/workspaces/acme"


async def test_each_user_has_a_workspace_of_their_own(api, auth):
    found = (await api.get("/2.0/workspaces/ada", auth=auth)).json()

    assert (found["is_personal"], found["is_private"]) == (True, True)


@pytest.mark.parametrize("name", ["nowhere", "%7B%7D", "ada%2Fx", "-x", ".."])
async def test_a_missing_workspace_is_named_in_the_recorded_words(api, auth, name):
    answer = await api.get(f"/2.0/workspaces/{name}", auth=auth)

    assert answer.status == 404
    assert (
        answer.message
        == f"No workspace with identifier '{name.replace('%7B%7D', '{}').replace('%2F', '/')}'."
    )


async def test_a_private_workspace_sounds_missing_to_strangers(server, api, ada):
    await server.workspace("acme", ada)
    eve = await server.auth(await server.user("eve"), "account:write")

    for name in ("acme", "nowhere"):
        for auth in (None, eve):
            answer = await api.get(f"/2.0/workspaces/{name}", auth=auth)
            assert (answer.status, answer.message) == (404, f"No workspace with identifier '{name}'.")


async def test_whoever_sees_something_in_it_sees_the_workspace(server, api, ada):
    await server.workspace("acme", ada)
    repository = await server.repository("acme", "code")
    eve = await server.user("eve")
    auth = await server.auth(eve, "email")
    await server.grant(repository, eve, "read")

    assert (await api.get("/2.0/workspaces/acme", auth=auth)).status == 200
    assert (await api.get("/2.0/workspaces/acme")).status == 404


async def test_a_public_repository_shows_its_workspace(server, api, ada):
    await server.workspace("acme", ada)
    await server.repository("acme", "code", public=True)

    assert (await api.get("/2.0/workspaces/acme")).status == 200
