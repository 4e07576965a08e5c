"""An app that acts for its owner: by its secret, or by a JWT that it signs with it."""

import json
import time
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from support.oauth import CALLBACK, ISSUER, JWT_GRANT, TOKEN, App, bearer, refused, told

from bitpail.errors import Invalid
from bitpail.model.permissions import Permission, Role
from bitpail.model.scopes import Scope
from bitpail.model.site_policy import SitePolicy
from bitpail.services import oauth_consumers, site_policy, users, workspaces

pytestmark = pytest.mark.anyio


async def test_an_app_acts_for_who_was_shown_its_secret(server, app, grace):
    answer = await app.token("client_credentials")

    assert answer.status == 200
    assert answer.json()["state"] == "client_credentials"
    assert set(answer.json()) == {
        *("scopes", "scope", "access_token", "expires_in", "token_type", "state", "refresh_token")
    }
    assert (await app.user(answer.json()["access_token"])).json()["uuid"] == f"{{{grace.id}}}"


async def test_its_scope_narrows(app):
    narrow = (await app.token("client_credentials", scope="repository")).json()

    assert narrow["scopes"] == "repository"
    assert (await app.user(narrow["access_token"])).status == 403
    assert refused(await app.token("client_credentials", scope="wiki")) == "invalid_scope"
    assert refused(await app.token("client_credentials", scope="account\0")) == "invalid_scope"


async def test_a_public_app_acts_for_nobody_alone(public):
    answer = await public.token("client_credentials")

    assert refused(answer) == "invalid_grant"
    assert (
        'Cannot use client_credentials with a consumer marked as "public".'
        in answer.json()["error_description"]
    )


async def test_who_makes_a_new_secret_lends_their_own_name_and_takes_nobody_elses(server, app, acme, grace):
    """Another owner of the workspace can't get at Grace's account through her app."""
    mallory = await server.user("mallory")
    await workspaces.put_member(server.site, acme, mallory, Role.OWNER, Permission.NONE)
    before = (await app.token("client_credentials")).json()

    changed, secret = await oauth_consumers.make_secret(server.site, app.consumer, by=mallory)
    theirs = App(server, changed, secret.reveal())

    assert (await app.user(before["access_token"])).status == 401
    assert refused(await app.refresh(before["refresh_token"])) == "unauthorized_client"
    assert refused(await theirs.refresh(before["refresh_token"])) == "invalid_grant"
    assert refused(await app.token("client_credentials")) == "unauthorized_client"
    token = (await theirs.token("client_credentials")).json()["access_token"]
    assert (await app.user(token)).json()["uuid"] == f"{{{mallory.id}}}"


async def test_an_app_of_a_switched_off_owner_gets_nothing(server, app):
    token = (await app.token("client_credentials")).json()["access_token"]
    await users.set_active(server.site, "grace", active=False)

    assert (await app.user(token)).status == 401
    assert refused(await app.token("client_credentials")) == "invalid_grant"


async def test_a_deleted_app_takes_its_tokens_along(server, app, page, grace):
    own = (await app.token("client_credentials")).json()
    given = await app.tokens(page)

    await oauth_consumers.remove(server.site, app.consumer, by=grace)

    for token in (own, given):
        assert (await bearer(server, token["access_token"])).status == 401
    assert refused(await app.refresh(given["refresh_token"])) == "unauthorized_client"


async def test_an_app_that_becomes_public_loses_what_its_secret_opened(server, app, page, grace):
    own, given = (await app.token("client_credentials")).json(), await app.tokens(page)
    wanted = oauth_consumers.Wanted(
        name="Deploy bot", callback_url=CALLBACK, permissions=("account",), is_public=True
    )

    await oauth_consumers.change(server.site, app.consumer, wanted, by=grace)

    assert (await app.user(own["access_token"])).status == 401
    assert (await app.user(given["access_token"])).status == 200


# --- urn:bitbucket:oauth2:jwt ---------------------------------------------------------------


def signed(app, *, secret=None, alg="HS256", **changed):
    at = int(time.time())
    claims = {"iss": app.key, "iat": at, "exp": at + 180, **changed}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": alg}, claims, OctKey.import_key(secret or app.secret), algorithms=[alg])


async def shown(app, text, way="header"):
    if way == "header":
        return await app.token(JWT_GRANT, proved=False, headers=[("authorization", f"JWT {text}")])
    return await app.token(JWT_GRANT, proved=False, assertion=text)


def qsh(text=f"POST&{TOKEN}&"):
    return sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("way", ["header", "assertion"])
async def test_a_signed_assertion_is_exchanged_for_a_token(app, grace, way):
    answer = await shown(app, signed(app), way)

    assert answer.status == 200
    assert answer.json()["state"] == JWT_GRANT
    assert (await app.user(answer.json()["access_token"])).json()["uuid"] == f"{{{grace.id}}}"


@pytest.mark.parametrize(
    "more",
    [
        {"aud": f"{ISSUER}{TOKEN}"},
        {"aud": ISSUER},
        {"aud": ["https://other.example", ISSUER]},
        {"sub": "itself"},
        {"qsh": qsh()},
        {"iat": None},
        {"jti": "1", "context": {"user": {}}},
    ],
)
async def test_what_a_connect_app_adds_is_taken_if_it_fits(app, more):
    more = {**more, "sub": app.key} if "sub" in more else more

    assert (await shown(app, signed(app, **more))).status == 200


def in_seconds(seconds):
    """A time that far from when it is asked for: much later than this file is read."""
    return lambda: int(time.time()) + seconds


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "bps_" + "0" * 36},
        {"alg": "HS384"},
        {"alg": "HS512"},
        {"iss": "nobody"},
        {"iss": "a\0b"},
        {"iss": None},
        {"iss": 7},
        {"exp": None},
        {"exp": "soon"},
        {"exp": in_seconds(-61)},
        {"exp": in_seconds(3 * 3600)},
        {"iat": in_seconds(600)},
        {"nbf": in_seconds(600)},
        {"sub": "grace"},
        {"aud": "https://evil.example"},
        {"aud": []},
        {"aud": ["https://evil.example"]},
        {"qsh": qsh("POST&/2.0/user&")},
    ],
)
async def test_an_assertion_with_something_wrong_is_refused(app, wrong):
    claims = {name: value() if callable(value) else value for name, value in wrong.items()}
    assert refused(await shown(app, signed(app, **claims))) == "invalid_grant"


def unsigned(app, alg):
    def part(value):
        return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': alg})}.{part({'iss': app.key, 'exp': int(time.time()) + 60})}."


@pytest.mark.parametrize("which", [0, 1])
async def test_an_assertion_that_is_nested_without_end_is_refused(app, which):
    parts = [b'{"alg": "HS256"', b'{"iss": "%s", "exp": 1' % app.key.encode()]
    parts[which] += b', "a": ' + b"[" * 4000
    text = ".".join(urlsafe_b64encode(part + b"}").rstrip(b"=").decode() for part in parts)

    assert refused(await shown(app, f"{text}.x")) == "invalid_grant"


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "RS256"])
async def test_an_assertion_without_a_signature_proves_nothing(app, alg):
    assert refused(await shown(app, unsigned(app, alg))) == "invalid_grant"


@pytest.mark.parametrize("text", ["x", "a.b.c", "..", "x" * 9000, "e30.e30.e30", "a.b.c.d.e", "é.é.é"])
async def test_what_is_no_assertion_is_refused(app, text):
    answer = await app.token(JWT_GRANT, proved=False, assertion=text)

    assert refused(answer) in {"invalid_grant", "invalid_request"}


async def test_an_assertion_is_good_for_one_token(app):
    text = signed(app)
    head, _, tail = text.rpartition(".")

    assert (await shown(app, text)).status == 200
    assert refused(await shown(app, text)) == "invalid_grant"
    assert refused(await shown(app, text, "assertion")) == "invalid_grant"
    assert refused(await shown(app, f"{head}.{tail}=")) == "invalid_grant"


async def test_a_public_app_signs_nothing(public):
    assert refused(await shown(public, signed(public))) == "invalid_grant"


async def test_an_assertion_is_asked_for_in_words(app):
    bare = await app.token(JWT_GRANT, proved=False)
    basic = await app.token(JWT_GRANT)

    assert [refused(bare), refused(basic)] == ["invalid_request", "invalid_request"]
    assert "Authorization: JWT" in bare.json()["error_description"]


# --- The administrators' policy -----------------------------------------------------------------


async def test_what_administrators_forbid_no_app_is_granted_from_then_on(server, acme, grace, app, page):
    before = await app.tokens(page)
    await site_policy.put(server.site, SitePolicy(forbidden=(Scope.REPOSITORY_WRITE,)))

    renewed = (await app.refresh(before["refresh_token"])).json()
    own = (await app.token("client_credentials")).json()
    given = told(await page.get(app.address(scope="repository:write")))
    device = await app.post("/site/oauth2/device_authorization", scope="repository:write")

    assert renewed["scopes"] == "account repository"
    assert own["scopes"] == "account repository"
    assert given["error"] == "invalid_scope"
    assert refused(device) == "invalid_scope"
    with pytest.raises(Invalid, match="may not be granted: repository:write, pullrequest:write"):
        await App.registered(server, acme, grace, "pullrequest:write", name="New")
