"""What every operation has in common: headers, methods, addresses, refusals."""

import pytest
from support.asgi import HOST, Client

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


async def test_headers_tell_what_the_credential_covers_and_what_would_do(server, api, ada):
    await server.repository("ada", "code", public=True)
    auth = await server.auth(ada, "account", "pullrequest:write", "repository")

    answer = await api.get(CODE, auth=auth)

    assert answer.headers["x-oauth-scopes"] == "account, pullrequest:write"
    assert answer.headers["x-accepted-oauth-scopes"] == "repository"
    assert answer.headers["x-credential-type"] == "apppassword"
    anonymous = await api.get(CODE)
    assert "x-oauth-scopes" not in anonymous.headers
    assert "x-credential-type" not in anonymous.headers
    assert anonymous.headers["x-accepted-oauth-scopes"] == "repository"


async def test_errors_carry_the_same_headers(server, api, ada):
    auth = await server.auth(ada, "wiki")

    refused, missing = await api.get("/2.0/user", auth=auth), await api.get(CODE, auth=auth)

    assert (refused.status, missing.status) == (403, 404)
    assert refused.headers["x-oauth-scopes"] == missing.headers["x-oauth-scopes"] == "wiki"
    assert refused.headers["x-accepted-oauth-scopes"] == "account"


@pytest.mark.parametrize("path", ["/2.0", "/2.0/", "/!api/2.0/", "/2.0/nothing/here"])
async def test_the_root_tells_what_a_credential_covers_and_what_is_none_is_refused(server, ada, path):
    auth = await server.auth(ada, "wiki", "account")

    for method in ("HEAD", "GET"):
        told = await server.client.request(method, path, auth=auth)
        assert (told.status, told.headers["x-oauth-scopes"]) == (404, "account, wiki")
        assert told.headers["x-credential-type"] == "apppassword"
    anonymous = await server.client.get(path)
    assert (anonymous.status, "x-oauth-scopes" in anonymous.headers) == (404, False)
    wrong = await server.client.get(path, auth=("ada", "wrong"))
    assert (wrong.status, "x-oauth-scopes" in wrong.headers) == (401, False)
    assert wrong.json()["error"]["message"] == "Invalid credentials."


async def test_a_missing_scope_is_told_with_the_scopes_in_minimal_form(server, api, ada):
    auth = await server.auth(ada, "pullrequest:write", "repository", "email", "pipeline:variable", "pipeline")

    answer = await api.get("/2.0/user", auth=auth)

    assert answer.status == 403
    assert answer.json()["error"] == {
        "message": "Your credentials lack one or more required privilege scopes.",
        "detail": {"required": ["account"], "granted": ["email", "pullrequest:write", "pipeline:variable"]},
    }


async def test_a_permission_that_is_too_weak_is_plainly_forbidden(server, api, ada):
    made = await server.repository("ada", "code")
    eve = await server.user("eve")
    await server.grant(made, eve, "write")

    answer = await api.request("DELETE", CODE, auth=await server.auth(eve, "repository:delete"))

    assert (answer.status, answer.json()["error"]) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("path", ["/2.0/user", "/2.0/user/emails"])
async def test_nobody_is_asked_who_they_are(api, path):
    answer = await api.get(path)

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="Bitbucket.org HTTP"'


@pytest.mark.parametrize("scheme", ["Bearer x", "bearer x", "Digest x", "Basic", "Basic !!!", "x", ""])
async def test_other_credentials_are_refused_and_not_taken_for_anonymous(server, api, ada, scheme):
    await server.repository("ada", "code", public=True)

    answer = await api.get(CODE, headers=[("authorization", scheme)])

    assert answer.status == 401
    is_bearer = scheme.lower().startswith("bearer")
    # RFC 6750, section 3: who has shown a token is told of the token, and asked for no password.
    challenge = 'Bearer realm="Bitbucket.org HTTP", error="invalid_token"' if is_bearer else "Basic realm="
    assert answer.headers["www-authenticate"].startswith(challenge)
    assert answer.message.startswith("Token is invalid" if is_bearer else "Invalid credentials.")


async def test_an_account_password_is_recognised_and_refused_in_plain_text(server, api):
    await server.user("grace", password="correct horse battery")

    right = await api.get("/2.0/user", auth=("grace", "correct horse battery"))
    wrong = await api.get("/2.0/user", auth=("grace", "incorrect horse"))

    assert (right.status, wrong.status) == (401, 401)
    assert right.headers["content-type"].startswith("text/plain")
    assert right.text.startswith("Account passwords are no longer supported for API authentication.")
    assert f"https://{HOST}/account/settings/app-passwords/" in right.text
    assert wrong.message == "Invalid credentials."


@pytest.mark.parametrize(
    "path", ["/2.0/user", CODE, f"{CODE}/commits", "/2.0/workspaces/ada", "/2.0/nowhere"]
)
async def test_head_has_the_headers_of_get(server, ada, path):
    await server.repository("ada", "code")
    auth = await server.auth(ada, "account", "repository")

    head, get = [await server.client.request(method, path, auth=auth) for method in ("HEAD", "GET")]

    assert head.status == get.status
    assert [pair for pair in head.raw_headers if pair[0] != "x-request-id"] == [
        pair for pair in get.raw_headers if pair[0] != "x-request-id"
    ]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/2.0/user", "GET"),
        ("DELETE", "/2.0/workspaces/ada", "GET"),
        ("PATCH", CODE, "DELETE, GET, POST, PUT"),
        ("PUT", f"{CODE}/commits", "GET, POST"),
        ("PUT", f"{CODE}/commits/a/b", "GET, POST"),
        ("get", "/2.0/user", "GET"),
        ("", "/2.0/user", "GET"),
    ],
)
async def test_another_method_is_told_which_there_are(server, method, path, allowed):
    answer = await server.client.request(method, path)

    assert answer.status == 405
    assert {name.strip() for name in answer.headers["allow"].split(",")} >= set(allowed.split(", "))
    assert answer.json()["type"] == "error"


@pytest.mark.parametrize(
    "path",
    [
        "/2.0",
        "/2.0/",
        "/2.0/nowhere",
        "/2.0/users",
        "/2.0//user",
        "/2.0/user/x",
        "/2.0/%75ser/x",
        "/2.0/repositories/a/b/c",
        "/2.0/repositories//code",
        "/2.0/../2.0/user",
        "/2.0/repositories/ada/code/refs/heads",
    ],
)
async def test_an_unknown_address_is_answered_as_recorded(server, path):
    answer = await server.client.get(path)

    assert answer.status == 404
    assert answer.json() == {
        "type": "error",
        "error": {"message": "Resource not found", "detail": "There is no API hosted at this URL"},
    }


async def test_a_slash_at_the_end_is_tolerated(server, api, ada, auth):
    await server.repository("ada", "code")

    for path in ("/2.0/user", "/2.0/workspaces/ada", "/2.0/repositories/ada", CODE, f"{CODE}/refs/branches"):
        assert (await api.get(f"{path}/", auth=auth)).status == 200, path


@pytest.mark.parametrize(
    ("host", "ssh"),
    [
        ("code.example.com", "code.example.com"),
        ("127.0.0.1:7990", "127.0.0.1"),
        ("[::1]:7990", "[::1]"),
        ("[::1]", "[::1]"),
    ],
)
async def test_links_use_the_host_that_the_client_used(server, ada, host, ssh):
    await server.repository("ada", "code", public=True)

    shown = (await Client(server.application, host=host).get(CODE)).json()

    assert shown["links"]["self"]["href"] == f"https://{host}{CODE}"
    assert [link["href"] for link in shown["links"]["clone"]] == [
        f"https://{host}/ada/code.git",
        f"git@{ssh}:ada/code.git",
    ]


@pytest.mark.parametrize(
    "host", ["evil.example/..", "a b", "<script>", "a@b", "", "x" * 300, "a:b:c", "a\r\nx"]
)
async def test_a_host_that_is_none_is_not_repeated(server, ada, host):
    await server.repository("ada", "code", public=True)

    answer = await server.client.get(CODE, headers=[("host", host)])

    assert answer.json()["links"]["self"]["href"] == f"https://{HOST}:443{CODE}"


async def test_every_answer_names_its_request(server):
    answers = [await server.client.get(path) for path in ("/2.0/user", "/healthz", "/nowhere", "/a/b/c/d")]

    assert len({answer.headers["x-request-id"] for answer in answers}) == 4


async def test_health_needs_no_credential_and_tells_no_detail(server):
    for path in ("/healthz", "/readyz"):
        answer = await server.client.get(path)
        assert (answer.status, answer.text) == (200, "ok\n")
        assert (await server.client.request("POST", path)).status == 405


async def test_a_client_that_leaves_in_the_middle_makes_nothing(server, api, ada, auth):
    answer = await server.client.request("POST", CODE, auth=auth, body=b'{"name": "x', disconnect=True)

    assert answer.status == 0
    assert (await api.get(CODE, auth=auth)).status == 404
