"""Networks of the administrators' policy, and tokens of apps: from elsewhere they open nothing, at any door, however they were made."""

import itertools

import msgspec
import pytest
from support.asgi import Client
from support.browser import PASSWORD, Browser
from support.oauth import JWT_GRANT, App
from test_oauth_devices import begun, decided, hours, poll
from test_oauth_own_grants import signed

from bitpail.model.site_policy import NO_POLICY, SitePolicy
from bitpail.services import app_passwords, denials, site_policy, users
from bitpail.services.app_passwords import Wanted

__all__ = ["hours"]

pytestmark = pytest.mark.anyio

INSIDE, NEAR, SIX, MAPPED = "192.0.2.7", "192.0.3.7", "2001:db8::7", "::ffff:192.0.2.7"
ADDRESSES = (INSIDE, NEAR, SIX, MAPPED)
# Which addresses each policy lets in.
POLICIES = {
    (): ADDRESSES,
    ("192.0.2.0/24",): (INSIDE, MAPPED),
    ("192.0.2.7/32",): (INSIDE, MAPPED),
    ("192.0.2.8/32",): (),
    ("198.51.100.0/24", "192.0.3.0/24"): (NEAR,),
    ("2001:db8::/32",): (SIX,),
    ("192.0.2.0/23", "2001:db8::/32"): ADDRESSES,
    ("0.0.0.0/0",): (INSIDE, NEAR, MAPPED),
}
DOORS = {
    "REST": "/2.0/repositories/{user}/notes",
    "a list": "/2.0/repositories",
    "the account": "/2.0/user",
    "Git": "/{user}/notes.git/info/refs?service=git-upload-pack",
    "a push": "/{user}/notes.git/info/refs?service=git-receive-pack",
    "a wiki": "/{user}/notes.git/wiki/info/refs?service=git-upload-pack",
    "LFS": "/{user}/notes.git/info/lfs/locks",
}


SCOPES = ("account", "repository:write", "wiki")


@pytest.fixture
async def app(server, acme, grace):
    return await App.registered(server, acme, grace, *SCOPES)


@pytest.fixture
async def tokens(server, app, page, ada, grace, hours):
    """An access token of each grant, with whose it is."""
    for owner in ("ada", "grace"):
        await server.repository(owner, "notes", has_wiki=True)
    device = await begun(app)
    hours(5)
    await decided(page, device, "allow")
    made = {
        "authorization_code": await app.tokens(page),
        "device": (await poll(app, device)).json(),
        "client_credentials": (await app.token("client_credentials")).json(),
        "jwt": (await app.token(JWT_GRANT, proved=False, assertion=signed(app))).json(),
    }
    own = {"client_credentials", "jwt"}
    return {name: (one, "grace" if name in own else "ada") for name, one in made.items()}


async def status(server, address, path, token=None, auth=None):
    client = Client(server.application, peer=address)
    headers = [("authorization", f"Bearer {token}")] if token else []
    return (await client.get(path, headers=headers, auth=auth)).status


async def heard(server, user, token=None, auth=None):
    """What is answered at each door to each address."""
    return {
        (door, address): await status(server, address, path.format(user=user), token, auth)
        for (door, path), address in itertools.product(DOORS.items(), ADDRESSES)
    }


@pytest.mark.parametrize("networks", POLICIES, ids=lambda networks: " ".join(networks) or "none")
@pytest.mark.parametrize("existing_from", [None, 4_000_000_000_000_000])
async def test_the_whole_table(server, tokens, networks, existing_from):
    """Beside each token an app password of the same person that has just these networks: they hear the same."""
    limited = {who: await app_password(server, who, SCOPES, networks) for who in ("ada", "grace")}
    await site_policy.put(server.site, SitePolicy(networks=networks, existing_from=existing_from))

    for name, (issued, user) in tokens.items():
        found = await heard(server, user, issued["access_token"])
        beside = await heard(server, user, auth=(user, limited[user]))
        assert found == beside, name
        expected = {
            (door, at): 200 if at in POLICIES[networks] else 403 for door in DOORS for at in ADDRESSES
        }
        assert found == expected, name


async def app_password(server, username, scopes, networks):
    user = await users.named(server.site, username)
    wanted = Wanted(label=f"beside {username}", permissions=scopes, networks=networks)
    return (await app_passwords.create(server.site, user, wanted))[1].reveal()


async def test_tokens_are_given_out_and_refreshed_from_anywhere_and_open_nothing_there(server, app, tokens):
    await site_policy.put(server.site, SitePolicy(networks=("192.0.2.0/24",)))

    fresh = (await app.refresh(tokens["authorization_code"][0]["refresh_token"])).json()
    own = (await app.token("client_credentials")).json()

    for issued in (fresh, own):
        assert await status(server, NEAR, "/2.0/user", issued["access_token"]) == 403
        assert await status(server, INSIDE, "/2.0/user", issued["access_token"]) == 200


async def test_when_the_policy_is_taken_back_they_work_as_before(server, tokens):
    token = tokens["device"][0]["access_token"]
    await site_policy.put(server.site, SitePolicy(networks=("192.0.2.0/24",)))
    refused = await status(server, NEAR, "/2.0/user", token)

    await site_policy.put(server.site, NO_POLICY)

    assert (refused, await status(server, NEAR, "/2.0/user", token)) == (403, 200)


async def test_a_policy_without_networks_binds_them_to_no_place_and_ends_none(server, tokens):
    await site_policy.put(server.site, SitePolicy(longest_lifetime=60, places_required=True))

    for issued, user in tokens.values():
        found = await heard(server, user, issued["access_token"])
        assert {found[door, address] for door in ("REST", "Git") for address in ADDRESSES} == {200}


async def test_nothing_else_is_bound_at_once(server, tokens, ada):
    """An app password of before goes on, as does whoever has logged in in a browser."""
    secret = await app_password(server, "ada", ("account",), ())
    browser = Browser(server.application)
    await browser.log_in("ada", PASSWORD)
    await site_policy.put(server.site, SitePolicy(networks=("192.0.2.8/32",)))

    assert await status(server, NEAR, "/2.0/user", auth=("ada", secret)) == 200
    assert (await browser.get("/account/settings/app-authorizations/")).status == 200


async def test_the_refusal_is_explained(server, tokens):
    await site_policy.put(server.site, SitePolicy(networks=("192.0.2.0/24",)))
    token = tokens["authorization_code"][0]["access_token"]
    client = Client(server.application, peer=NEAR)
    answer = await client.get("/2.0/user", headers=[("authorization", f"Bearer {token}")])
    await server.application._site.behind.flush()

    found = await denials.explain(server.site, answer.headers["x-request-id"])

    assert found.why == (
        'The OAuth access token "Deploy bot" has a limit: it is limited to the networks 192.0.2.0/24, '
        f"and you come from {NEAR}."
    )
    assert msgspec.to_builtins(found.known.kind) == "oauth2_access_token"
