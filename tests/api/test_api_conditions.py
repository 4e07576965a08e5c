"""What is not sent again, and what is not changed unseen; other sites' pages; the vendor's prefix."""

import pytest
from support.asgi import HOST

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


@pytest.fixture
async def code(server, ada):
    return await server.repository("ada", "code")


@pytest.mark.parametrize("path", ["/2.0/user", CODE, "/2.0/repositories/ada", f"{CODE}/refs"])
async def test_what_the_client_has_is_not_sent_again(api, auth, code, path):
    first = await api.get(path, auth=auth)
    tag = first.headers["etag"]

    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await api.get(path, auth=auth, headers={"if-none-match": header})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["x-oauth-scopes"] == first.headers["x-oauth-scopes"]
    for header in ('"other"', "", tag.strip('"')):
        assert (await api.get(path, auth=auth, headers={"if-none-match": header})).body == first.body


async def test_a_tag_is_of_what_is_shown(server, auth, code):
    tags = {
        (await server.client.get(CODE, auth=auth, query=query)).headers["etag"]
        for query in ({}, {"fields": "uuid"}, {"fields": "name"})
    }

    assert len(tags) == 3


async def test_a_tag_opens_nothing(api, auth, code):
    tag = (await api.get(CODE, auth=auth)).headers["etag"]

    assert (await api.get(CODE, headers={"if-none-match": tag})).status == 404
    assert (await api.get(CODE, auth=("ada", "wrong"), headers={"if-none-match": "*"})).status == 401


async def test_a_change_happens_only_to_what_the_client_has_seen(api, auth, code):
    seen = (await api.get(CODE, auth=auth)).headers["etag"]

    first = await api.send_json("PUT", CODE, {"description": "1"}, auth=auth, headers=[("if-match", seen)])
    second = await api.send_json("PUT", CODE, {"description": "2"}, auth=auth, headers=[("if-match", seen)])
    gone = await api.request("DELETE", CODE, auth=auth, headers={"if-match": seen})

    assert (first.status, second.status, gone.status) == (200, 412, 412)
    assert second.json()["type"] == "error"
    now = await api.get(CODE, auth=auth)
    assert now.json()["description"] == "1"
    assert (
        await api.request("DELETE", CODE, auth=auth, headers={"if-match": now.headers["etag"]})
    ).status == 204


async def test_something_new_is_made_only_where_nothing_is(api, auth, code):
    new = "/2.0/repositories/ada/new"
    only_new, only_old = [("if-none-match", "*")], [("if-match", "*")]

    assert (await api.send_json("PUT", CODE, {}, auth=auth, headers=only_new)).status == 412
    assert (await api.send_json("PUT", new, {}, auth=auth, headers=only_old)).status == 412
    assert (await api.get(new, auth=auth)).status == 404
    assert (await api.send_json("PUT", new, {}, auth=auth, headers=only_new)).status == 201
    assert (await api.send_json("PUT", new, {}, auth=auth, headers=only_old)).status == 200


async def test_a_condition_tells_nothing_to_who_may_not_change(server, api, code):
    eve = await server.user("eve")
    auth = await server.auth(eve, "repository:admin")

    for path in (CODE, "/2.0/repositories/ada/nowhere"):
        answer = await api.send_json("PUT", path, {}, auth=auth, headers=[("if-match", '"x"')])
        assert answer.status == 404


@pytest.mark.parametrize("path", [CODE, "/2.0/user", "/2.0/nowhere", "/2.0/hook_events", "/!api/2.0/user"])
async def test_pages_of_other_sites_may_ask(server, path):
    asked = await server.client.request(
        "OPTIONS", path, headers={"origin": "https://x.example", "access-control-request-method": "PUT"}
    )
    answer = await server.client.get(path, headers={"origin": "https://x.example"})

    assert (asked.status, asked.body) == (204, b"")
    assert asked.headers["access-control-allow-methods"] == "GET, POST, PUT, PATCH, DELETE, OPTIONS"
    assert "Authorization" in asked.headers["access-control-allow-headers"]
    assert asked.headers["access-control-max-age"] == "86400"
    for one in (asked, answer):
        assert one.headers["access-control-allow-origin"] == "*"
        assert "ETag" in one.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in one.headers


async def test_below_the_prefix_of_the_vendors_pages_is_the_same_api_and_links_stay_there(server, auth, code):
    plain = await server.client.get(f"{CODE}?fields=links.self", auth=auth)
    prefixed = await server.client.get(f"/!api{CODE}?fields=links.self", auth=auth)

    assert plain.json()["links"]["self"]["href"] == f"https://{HOST}{CODE}"
    assert prefixed.json()["links"]["self"]["href"] == f"https://{HOST}/!api{CODE}"
    listed = await server.client.get("/!api/2.0/repositories/ada?pagelen=1&page=2", auth=auth)
    assert listed.json()["previous"].startswith(f"https://{HOST}/!api/2.0/repositories/ada?")
    assert (await server.client.get("/!api/2.0/user")).status == 401
    assert (await server.client.get("/!api/!api/2.0/user")).status == 404


@pytest.mark.parametrize(
    "path", ["/2.0/user/", f"{CODE}/", f"{CODE}/refs/branches/", "/2.0/repositories/ada/"]
)
async def test_a_slash_at_the_end_changes_nothing(api, auth, code, path):
    there, without = await api.get(path, auth=auth), await api.get(path.rstrip("/"), auth=auth)

    assert there.status == without.status == 200
    assert there.body == without.body
