"""The endpoints themselves: their metadata, their forms, revocation and introspection."""

import asyncio
import re

import pytest
from support.asgi import Client
from support.oauth import ISSUER, TOKEN, App, bearer, refused, told

from bitpail.errors import NotFound
from bitpail.model.oauth_grants import GrantType
from bitpail.model.scopes import BITBUCKET
from bitpail.services import denials

pytestmark = pytest.mark.anyio
REVOKE = "/site/oauth2/revoke"
INTROSPECT = "/site/oauth2/introspect"
DEVICE = "/site/oauth2/device_authorization"
METADATA = "/.well-known/oauth-authorization-server"


async def test_a_client_finds_everything_by_itself(server):
    answer = await server.client.get(METADATA)

    told = answer.json()
    assert (answer.status, told["issuer"]) == (200, ISSUER)
    assert told["authorization_endpoint"] == f"{ISSUER}/site/oauth2/authorize"
    assert told["token_endpoint"] == f"{ISSUER}/site/oauth2/access_token"
    assert told["grant_types_supported"] == [*GrantType]
    assert told["scopes_supported"] == [*BITBUCKET]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["authorization_response_iss_parameter_supported"] is True
    for name, address in told.items():
        if name.endswith("_endpoint"):
            found = await server.client.follow(
                address, "OPTIONS" if name != "authorization_endpoint" else "GET"
            )
            assert found.status in {204, 303}, name


async def test_the_issuer_is_the_address_that_people_use(settings, server):
    told = (await Client(server.application, host="other.example:8443").get(METADATA)).json()

    assert told["issuer"] == "https://other.example:8443"
    assert told["token_endpoint"].startswith("https://other.example:8443/")


@pytest.mark.parametrize("path", [TOKEN, REVOKE, INTROSPECT, DEVICE])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_what_is_secret_comes_in_a_form_and_never_in_an_address(server, app, path, method):
    answer = await server.client.request(
        method, f"{path}?grant_type=client_credentials", headers=[app.basic()]
    )

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


async def test_the_query_of_a_post_is_not_read(server, app):
    answer = await server.client.send_form(
        "POST", f"{TOKEN}?grant_type=client_credentials", {}, headers=[app.basic()]
    )

    assert refused(answer) == "invalid_request"


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b"", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=", "application/x-www-form-urlencoded", "invalid_request"),
        (
            b"grant_type=password&username=a&password=b",
            "application/x-www-form-urlencoded",
            "unsupported_grant_type",
        ),
        (b"grant_type=implicit", "application/x-www-form-urlencoded", "unsupported_grant_type"),
        (b"grant_type=\0", "application/x-www-form-urlencoded", "unsupported_grant_type"),
        (
            b"grant_type=client_credentials&grant_type=x",
            "application/x-www-form-urlencoded",
            "invalid_request",
        ),
        (b"grant_type=%ff", "application/x-www-form-urlencoded", "invalid_request"),
        (b"\xff\xfe", "application/x-www-form-urlencoded", "invalid_request"),
        (b'{"grant_type": "client_credentials"}', "application/json", "invalid_request"),
        (b"grant_type=client_credentials", "text/plain", "invalid_request"),
        (b"grant_type=client_credentials", "", "invalid_request"),
        (b"grant_type=authorization_code", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=authorization_code&code=", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=refresh_token", "application/x-www-form-urlencoded", "invalid_request"),
        (b"grant_type=x&code=" + b"y" * 9000, "application/x-www-form-urlencoded", "invalid_request"),
    ],
)
async def test_a_wrong_form_gets_a_plain_answer(server, app, body, content_type, error):
    headers = [app.basic(), *([("content-type", content_type)] if content_type else [])]

    answer = await server.client.request("POST", TOKEN, body=body, headers=headers)

    assert refused(answer) == error


async def test_a_form_that_is_too_large_is_cut_off(server, app):
    answer = await server.client.request(
        "POST",
        TOKEN,
        body=b"a=" + b"x" * 40_000,
        headers=[app.basic(), ("content-type", "application/x-www-form-urlencoded")],
    )

    assert (answer.status, answer.json()["error"]) == (413, "invalid_request")


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic !!!", "Basic YQ==", "Bearer x", "Basic " + "x" * 9000, "Basic /////w==", "Digest x", ""],
)
async def test_an_app_that_names_itself_wrongly_is_unknown(app, header):
    answer = await app.token("client_credentials", proved=False, headers=[("authorization", header)])

    assert refused(answer) == "unauthorized_client"


async def test_an_app_may_name_itself_twice_and_not_differently(app):
    both = await app.token("client_credentials", client_id=app.key, client_secret=app.secret)
    assert both.status == 200

    twice = await app.token("client_credentials", client_id=app.key, client_secret="another")
    other = await app.token("client_credentials", client_id="other")
    headers = await app.token("client_credentials", headers=[app.basic()])

    assert [refused(each) for each in (twice, other, headers)] == ["invalid_request"] * 3


async def test_a_page_of_any_site_may_ask_and_no_cookie_means_anything(server, public):
    before = await server.client.request(
        "OPTIONS",
        TOKEN,
        headers=[("origin", "https://spa.example"), ("access-control-request-method", "POST")],
    )
    answer = await public.token("client_credentials", headers=[("cookie", "bitpail_session=x")])

    assert before.status == 204
    assert (
        before.headers["access-control-allow-origin"] == answer.headers["access-control-allow-origin"] == "*"
    )
    assert "access-control-allow-credentials" not in {**before.headers, **answer.headers}


# --- RFC 7009 -------------------------------------------------------------------------------


async def test_an_app_gives_back_an_access_token(server, app, page):
    tokens = await app.tokens(page)

    answer = await app.post(REVOKE, token=tokens["access_token"], token_type_hint="access_token")

    assert (answer.status, answer.body) == (200, b"")
    assert (await app.user(tokens["access_token"])).status == 401
    assert (await app.refresh(tokens["refresh_token"])).status == 200


async def test_with_a_refresh_token_an_app_gives_back_everything(app, page):
    tokens = await app.tokens(page)

    assert (await app.post(REVOKE, token=tokens["refresh_token"])).status == 200

    assert (await app.user(tokens["access_token"])).status == 401
    assert refused(await app.refresh(tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.parametrize("token", ["x", "bpo_" + "0" * 36, "é", "bpr_\0"])
async def test_what_is_no_token_is_as_good_as_revoked(app, token):
    assert (await app.post(REVOKE, token=token)).status == 200


async def test_nobody_gives_back_what_is_another_apps(server, acme, grace, app, page):
    other = await App.registered(server, acme, grace, name="Other")
    tokens = await app.tokens(page)

    assert (await other.post(REVOKE, token=tokens["access_token"])).status == 200
    unknown = await app.post(REVOKE, proved=False, token=tokens["access_token"])
    assert (unknown.status, unknown.json()["error"]) == (401, "invalid_client")

    assert (await app.user(tokens["access_token"])).status == 200


# --- RFC 7662 -------------------------------------------------------------------------------


async def test_an_app_asks_what_its_token_is_good_for(app, page, ada):
    tokens = await app.tokens(page, scope="account")

    access = (await app.post(INTROSPECT, token=tokens["access_token"])).json()
    refresh = (await app.post(INTROSPECT, token=tokens["refresh_token"])).json()

    assert access["exp"] - access["iat"] == 7200
    assert {name: access[name] for name in access.keys() - {"exp", "iat"}} == {
        "active": True, "scope": "account", "client_id": app.key, "username": "ada",
        "token_type": "bearer", "sub": f"{{{ada.id}}}", "iss": ISSUER,
    }  # fmt: skip
    assert (refresh["active"], refresh["token_type"]) == (True, "refresh_token")


async def test_of_what_opens_nothing_it_hears_no_more(server, acme, grace, app, public, page):
    other = await App.registered(server, acme, grace, name="Other")
    tokens = await app.tokens(page)
    ended = (await app.token("client_credentials")).json()["access_token"]
    await app.post(REVOKE, token=ended)

    for who, token in ((app, "x"), (app, ended), (other, tokens["access_token"]), (app, "bpo_" + "0" * 36)):
        assert (await who.post(INTROSPECT, token=token)).json() == {"active": False}
    nobody = await public.post(INTROSPECT, proved=False, client_id=public.key, token=tokens["access_token"])
    assert (nobody.status, nobody.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("path", [REVOKE, INTROSPECT, DEVICE])
async def test_where_bitbucket_has_nothing_an_unknown_app_hears_what_the_standard_says(app, path):
    """RFC 6749, section 5.2, which RFC 7009, 7662 and 8628 refer to."""
    by_header = await app.post(path, proved=False, headers=[("authorization", "Basic eDp5")], token="x")
    by_form = await app.post(path, proved=False, client_id=app.key, client_secret="y", token="x")

    for answer in (by_header, by_form):
        assert (answer.status, answer.json()["error"]) == (401, "invalid_client")
        assert answer.headers["cache-control"] == "no-store"
    # RFC 6749: a challenge for who has tried by a header; in a browser it would open a window for anybody else.
    assert by_header.headers["www-authenticate"].startswith("Basic ")
    assert "www-authenticate" not in by_form.headers


@pytest.mark.parametrize("scope", ['a"b', "a\\b", "é", "\u202e", "a\0b", "a\nb", "\x7f"])
async def test_a_description_has_the_characters_of_the_standard_whatever_was_sent(app, page, scope):
    """RFC 6749, sections 4.1.2.1 and 5.2: none but printable ASCII, without the quotation mark and the backslash."""
    of_token = await app.token("client_credentials", scope=scope)
    asked = await page.get(app.address(scope=scope))

    sent = told(asked)
    for error, description in (
        (refused(of_token), of_token.json()["error_description"]),
        (sent["error"], sent["error_description"]),
    ):
        assert error == "invalid_scope"
        assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", description)


# --- What the tokens open ---------------------------------------------------------------------


async def test_a_token_is_a_bearer_of_rest_and_a_password_of_git(server, app, page, ada):
    await server.workspace("hers", ada)
    await server.repository("hers", "notes")
    token = (await app.tokens(page))["access_token"]

    rest = await bearer(server, token, "/2.0/repositories/hers/notes")
    git = await server.client.get(
        "/hers/notes.git/info/refs?service=git-receive-pack", auth=("x-token-auth", token)
    )
    wrong = await server.client.get(
        "/hers/notes.git/info/refs?service=git-upload-pack", auth=("grace", token)
    )

    assert (rest.status, git.status, wrong.status) == (200, 200, 401)


async def test_what_its_scopes_lack_it_may_not(server, app, page, ada):
    await server.workspace("hers", ada)
    await server.repository("hers", "notes")
    token = (await app.tokens(page, scope="account"))["access_token"]

    answer = await bearer(server, token, "/2.0/repositories/hers/notes")

    assert answer.status == 403
    assert answer.json()["error"]["detail"] == {"required": ["repository"], "granted": ["account"]}


async def test_what_is_exchanged_for_tokens_opens_nothing_itself(server, app, page):
    code = (await app.allowed(page))["code"]
    tokens = await app.tokens(page)

    for secret in (code, tokens["refresh_token"], app.secret):
        assert (await bearer(server, secret)).status == 401
        basic = await server.client.get("/2.0/user", auth=("x-token-auth", secret))
        assert basic.status == 401


async def test_a_token_makes_no_app_passwords_and_administers_nothing(server, app, page):
    token = (await app.tokens(page))["access_token"]

    for path in ("/bitpail/1/app-passwords", "/bitpail/1/users"):
        answer = await bearer(server, token, path)
        assert answer.status in {401, 403, 404}, answer


# --- When one leaks -----------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_whoever_finds_a_token_ends_all_that_came_of_it(server, app, page, which):
    tokens = await app.tokens(page)

    answer = await server.client.send_json("POST", "/bitpail/1/leaks/revoke", {"secret": tokens[which]})

    assert answer.status == 202
    assert (await app.user(tokens["access_token"])).status == 401
    assert refused(await app.refresh(tokens["refresh_token"])) == "invalid_grant"
    shown = (await page.get("/account/settings/activity/")).text
    assert "A token of app “Deploy bot” was found and reported" in shown


async def test_a_refusal_names_the_app_and_says_who_can_mend_it(server, app, page, ada):
    await server.workspace("hers", ada)
    await server.repository("hers", "notes")
    token = (await app.tokens(page, scope="account"))["access_token"]
    answer = await bearer(server, token, "/2.0/repositories/hers/notes")

    found = await denials_of(server, answer.headers["x-request-id"])
    shown = (await page.get(f"/account/settings/denials/{answer.headers['x-request-id']}/")).text

    assert (
        found.why
        == 'The OAuth access token "Deploy bot" lacks a permission: this needs repository, it has account.'
    )
    assert found.form == ""
    assert "whoever runs the app decides" in shown
    assert 'href="/account/settings/app-authorizations/"' in shown.partition("<main")[2]
    assert "Create another one" not in shown
    assert "OAuth access token “Deploy bot” refused" in (await page.get("/account/settings/activity/")).text


async def denials_of(server, request_id):
    """What is kept of a refusal, once the server has written it down."""
    for _ in range(1200):
        try:
            return await denials.explain(server.site, request_id)
        except NotFound:
            await asyncio.sleep(0.05)
    raise AssertionError("never written")
