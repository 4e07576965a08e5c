"""Who may do what by our own API: every operation for everybody who might ask."""

import json

import pytest
from own_api import ROOT
from sqlalchemy import bindparam, update
from support.browser import PASSWORD, Browser, Page

from bitpail.http.routing import Opens
from bitpail.model.audit import Filter, Kind
from bitpail.own_api.routes import OPERATIONS
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, audit
from bitpail.services import users as accounts
from bitpail.services.clock import now
from bitpail.store.tables import app_passwords as rows
from bitpail.store.tables import users

pytestmark = pytest.mark.anyio

BODIES = {
    ("POST", "/app-passwords"): {"label": "new", "permissions": ["repository"]},
    ("PUT", "/app-passwords/{app_password}"): {"permissions": ["repository"]},
    ("POST", "/users"): {"username": "grace", "email": "grace@example.org"},
    ("POST", "/leaks/check"): {"secrets": ["nothing"]},
    ("POST", "/app-passwords/{app_password}/replacement"): {"permissions": ["repository"]},
}
WORDS = {
    "{app_password}": "target",
    "{request_id}": "0000",
    "{username}": "nobody",
    "{workspace}": "ada",
    "{repo_slug}": "notes",
    "{project_key}": "PROJ",
}
PLACES = {Opens.REPOSITORY, Opens.PROJECT, Opens.WORKSPACE}
ROWS = [(one.route.method, one.route.template.removeprefix(ROOT), one) for one in OPERATIONS]
GRANTED = {200, 201, 204, 400, 404, 409}
"""It was let in: what it then found is another matter."""


@pytest.fixture
async def world(server, ada):
    """Everybody who might ask, by what they send."""
    site = server.site
    await app_passwords.create(
        site, ada, app_passwords.Wanted(label="target", permissions=("repository:write",))
    )
    await server.repository("ada", "notes")
    of_places = ("repository:admin", "project:admin", "team:write")
    everything = (
        *of_places,
        "repository:write",
        "account",
        "bitpail:app-password:write",
        "bitpail:site:admin",
    )
    revoked, revoked_auth = await server.app_password(ada, *everything)
    await app_passwords.revoke(site, ada, revoked.label)
    expired, expired_auth = await server.app_password(ada, *everything)
    await site.db.run(
        update(rows).where(rows.c.id == bindparam("expired")).values(expires_on=1), expired=expired.id
    )
    browser = Browser(server.application)
    await browser.log_in("ada", PASSWORD)
    token = dict(Page((await browser.get("/account/settings/")).text).form("/logout").fields)["form_token"]
    cookie = ("cookie", "; ".join(f"{name}={value}" for name, value in browser.cookies.items()))
    grace = await server.user("grace_hopper")
    return {
        "nobody": {},
        "session": {"headers": [cookie, ("x-bitpail-token", token)]},
        "session without token": {"headers": [cookie]},
        "session, wrong token": {"headers": [cookie, ("x-bitpail-token", "0" * 64)]},
        "session from another site": {
            "headers": [cookie, ("x-bitpail-token", token), ("sec-fetch-site", "cross-site")]
        },
        "without the permission": {"auth": await server.auth(ada, "account:write", "repository:admin")},
        "manager": {"auth": await server.auth(ada, "repository:write", "bitpail:app-password:write")},
        "manager of places'": {
            "auth": await server.auth(ada, *of_places, "repository:write", "bitpail:app-password:write")
        },
        "administrator's": {"auth": await server.auth(ada, "bitpail:site:admin")},
        "another user's": {"auth": await server.auth(grace, *everything)},
        "revoked": {"auth": revoked_auth},
        "expired": {"auth": expired_auth},
        "account password": {"auth": ("ada", PASSWORD)},
    }


def expected(who, operation):
    """The status, or None where it depends on what there is."""
    route = operation.route
    reads, is_public = route.method == "GET", not route.need.signed_in
    administers = route.opens is Opens.ADMINISTRATION
    if who in {"revoked", "expired", "account password"}:
        return 401
    if who.startswith("session"):
        if who != "session" and not reads:
            return 403
        return 403 if administers else None
    if is_public:
        return None
    if who == "nobody":
        # As for 2.0: of a private place nobody hears whether it is there.
        return 404 if route.opens in PLACES else 401
    if not route.need.scopes:
        return None
    if administers:
        return 403
    if route.opens in PLACES and who != "manager of places'":
        # Of a place that is not theirs nobody hears whether it is there.
        return 404 if who == "another user's" else 403
    return None if who in {"manager", "manager of places'", "another user's"} else 403


async def test_every_operation_is_open_to_whom_it_should_be_and_to_nobody_else(world, own):
    wrong = []
    for method, template, operation in ROWS:
        path = template
        for name, value in WORDS.items():
            path = path.replace(name, value)
        for who, sent in world.items():
            answer = await own.ask(method, path, BODIES.get((method, template)), **sent)
            wanted = expected(who, operation)
            if answer.status != wanted and not (wanted is None and answer.status in GRANTED):
                wrong.append(f"{who}: {method} {template}: {answer.status}, not {wanted or 'let in'}")
            again = {"label": "target", "permissions": ["repository:write"]}
            await own.plain.send_json("POST", f"{ROOT}/app-passwords", again, **world["session"])
    assert not wrong, "\n".join(wrong)


async def test_what_is_another_users_is_not_there(world, own, server, ada):
    target = await app_passwords.labelled(server.site, ada, "target")
    for name in ("target", f"%7B{target.id}%7D"):
        for method, template, _ in ROWS:
            if "{app_password}" in template and method != "PUT":
                path = template.replace("{app_password}", name)
                for word, value in WORDS.items():
                    path = path.replace(word, value)
                answer = await own.ask(
                    method, path, BODIES.get((method, template)), **world["another user's"]
                )
                assert answer.status == 404, (method, path)


async def test_an_administrator_administers_in_a_session_or_with_the_permission_for_it(server, own, ada):
    await _make_admin(server)
    auth = await server.auth(ada, "bitpail:site:admin")
    manager = await server.auth(ada, "bitpail:app-password:write")

    assert "ada" in {one["username"] for one in (await own.ask("GET", "/users", auth=auth)).json()}
    assert (await own.ask("GET", "/users", auth=manager)).status == 403
    assert (await own.ask("GET", "/audit?kind=user.created", auth=auth)).text.count("\n") == 1
    assert (await own.ask("POST", "/users/ada/disable", auth=auth)).status == 400
    policy = await own.ask("PUT", "/policy", {"forbidden": ["wiki"]}, auth=auth)
    assert policy.json()["forbidden"] == ["wiki"]
    (breach, *_) = (await own.ask("POST", "/policy/check", {"networks": ["192.0.2.0/24"]}, auth=auth)).json()
    assert breach["reasons"]
    assert (await own.ask("PUT", "/policy", {"forbiden": ["wiki"]}, auth=auth)).status == 400
    (changed,) = [each async for each in audit.every(server.site, Filter(kind=Kind.POLICY_CHANGED))]
    assert json.loads(changed.detail)["by"] == "ada"


async def test_a_policy_put_anew_keeps_the_announced_day_unless_it_is_taken_back(server, own, ada):
    await _make_admin(server)
    auth = await server.auth(ada, "bitpail:site:admin")
    day = now() + 3 * 86_400 * 1_000_000

    async def put(body):
        return (await own.ask("PUT", "/policy", body, auth=auth)).json().get("existing_from")

    assert await put({"forbidden": ["wiki"], "existing_from": day}) == day
    assert await put({"forbidden": ["wiki", "issue"]}) == day
    assert await put({"forbidden": ["wiki"], "existing_from": None}) is None


async def test_the_last_administrator_stays_one(server, own, ada):
    await _make_admin(server)
    auth = await server.auth(ada, "bitpail:site:admin")

    assert (await own.ask("POST", "/users/ADA/disable", auth=auth)).status == 400
    await accounts.create(
        server.site, "grace", email="grace@example.org", password=Secret("long enough"), is_admin=True
    )
    assert (await own.ask("POST", "/users/grace/disable", auth=auth)).status == 204


async def test_no_account_is_made_with_an_app_password(server, own, ada):
    await _make_admin(server)
    auth = await server.auth(ada, "bitpail:site:admin")
    wanted = {"username": "grace", "email": "grace@example.org", "password": "long enough", "is_admin": True}

    assert (await own.ask("POST", "/users", wanted, auth=auth)).status == 403
    assert "grace" not in (await own.ask("GET", "/users", auth=auth)).text


async def test_what_2_0_says_of_a_credential_is_what_bitbucket_would_say(server, ada):
    auth = await server.auth(ada, "repository", "bitpail:app-password:write")

    answer = await server.client.get("/2.0/user", auth=auth)

    assert answer.status == 403
    assert answer.json()["error"]["detail"] == {"required": ["account"], "granted": ["repository"]}
    assert answer.headers["x-oauth-scopes"] == "repository"


async def _make_admin(server):
    await server.site.db.run(update(users).values(is_admin=True))
