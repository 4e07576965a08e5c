"""API tokens and access tokens by our own API: advice, and the narrower one, by whom it may be."""

import pytest
from support.browser import PASSWORD, Browser, Page
from support.narrower import API, DAY, KINDS, held

from bitpail.model.audit import Filter, Kind
from bitpail.model.credentials import CredentialKind
from bitpail.policy import attenuation
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, audit
from bitpail.services.clock import now
from bitpail.services.managing import Managing

pytestmark = pytest.mark.anyio

PLACES = {
    CredentialKind.REPOSITORY_ACCESS_TOKEN: ("/repositories/team/code", "repository:admin"),
    CredentialKind.PROJECT_ACCESS_TOKEN: ("/workspaces/team/projects/PROJ", "project:admin"),
    CredentialKind.WORKSPACE_ACCESS_TOKEN: ("/workspaces/team", "team:write"),
}
# Those of the tokens of ``held``, whose narrower one it asks for.
WIDE = ("repository:write", "repository:admin", "webhook")


@pytest.fixture
async def team(server, ada):
    made = await server.workspace("team", ada)
    await server.repository("team", "code")
    return made


@pytest.fixture
async def session(server, ada):
    """What a browser sends in which Ada is logged in."""
    browser = Browser(server.application)
    await browser.log_in("ada", PASSWORD)
    token = dict(Page((await browser.get("/account/settings/")).text).form("/logout").fields)["form_token"]
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return {"headers": [("cookie", cookie), ("x-bitpail-token", token)]}


def addresses(kind):
    """The list, its advice, and the replacement of the one labelled ``ci``."""
    if kind is API:
        return "/api-tokens", "/api-token-advice", "/api-tokens/ci/replacement"
    place = PLACES[kind][0]
    return f"{place}/access-tokens", f"{place}/access-token-advice", f"{place}/access-tokens/ci/replacement"


async def manager_of(server, ada, kind, *more):
    return {"auth": await server.auth(ada, "bitpail:app-password:write", PLACES[kind][1], *WIDE, *more)}


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_a_session_follows_the_advice_on_a_token(own, server, team, ada, session, kind):
    ci = await held(server, ada, kind)
    every, advice, replacement = addresses(kind)
    (listed,) = (await own.ask("GET", every, **session)).json()["values"]
    (advised,) = (await own.ask("GET", advice, **session)).json()

    made = await own.ask("POST", replacement, {"grace": "1d"}, **session)

    assert (listed["label"], advised["advice"], advised["needed"]) == ("ci", "narrow", [*ci.enough])
    assert made.status == 201
    narrow = made.json()["new"]["secret"]
    assert made.json()["new"]["username"] == ("x-token-auth" if kind.is_robot else "ada")
    assert made.json()["new"]["app_password"]["permissions"] == [*ci.enough]
    if kind is CredentialKind.REPOSITORY_ACCESS_TOKEN:
        assert made.json()["new"]["app_password"]["limits"]["repositories"] == ["team/code"]
    assert [await ci.asks(server), await ci.asks(server, narrow)] == [200, 200]
    under_way = await own.ask("GET", replacement, **session)
    assert under_way.json()["new"]["label"] == "ci (narrowed)"
    assert narrow not in under_way.text
    assert (await own.ask("POST", replacement, {}, **session)).status == 409
    assert (await own.ask("POST", f"{replacement}/roll-back", **session)).status == 204
    assert [await ci.asks(server), await ci.asks(server, narrow)] == [200, 401]
    by_id = replacement.replace("ci", f"%7B{ci.one.id}%7D", 1) if kind is API else replacement
    again = await own.ask("POST", by_id, {"permissions": [*ci.enough]}, **session)
    assert (await own.ask("POST", f"{replacement}/finish", **session)).status == 204
    assert [await ci.asks(server), await ci.asks(server, again.json()["new"]["secret"])] == [401, 200]
    assert (await own.ask("GET", replacement, **session)).status == 404


@pytest.mark.parametrize("kind", PLACES)
async def test_an_app_password_that_is_as_wide_replaces_the_tokens_of_a_place(own, server, team, ada, kind):
    ci = await held(server, ada, kind)
    auth = await manager_of(server, ada, kind)

    made = await own.ask("POST", addresses(kind)[2], {"permissions": ["repository"]}, **auth)
    ended = await own.ask("POST", f"{addresses(kind)[2]}/finish", **auth)

    assert (made.status, ended.status) == (201, 204), made
    assert await ci.asks(server, made.json()["new"]["secret"]) == 200
    events = await audit.newest(server.site, Filter(kind=Kind.APP_PASSWORD_REPLACED))
    (told,) = [audit.shown(one) for one in events]
    assert told["detail"]["by"] == "ada"
    kept = await app_passwords.labelled(server.site, ci.user, "ci (narrowed)", Managing(kind=kind))
    assert kept.created_by == ada.id


@pytest.mark.parametrize(
    ("wanted", "limits", "told"),
    [
        (("repository:admin", "webhook"), {}, "repository:write"),
        (WIDE, {"lifetime": DAY}, "expires"),
        (WIDE, {"networks": ("192.0.2.0/24",)}, "other networks"),
        (WIDE, {"branches": ("bot/*",)}, "other branches"),
        (WIDE, {"no_force": True}, "force"),
        (WIDE, {"repositories": ("team/code",)}, None),
        (WIDE, {"workspaces": ("team",)}, None),
    ],
)
async def test_what_is_wider_is_neither_seen_nor_replaced(own, server, team, ada, wanted, limits, told):
    """The attack: a narrow app password takes the secret of a robot that may do more."""
    kind = CredentialKind.REPOSITORY_ACCESS_TOKEN
    await held(server, ada, kind)
    every, advice, replacement = addresses(kind)
    scopes = ("bitpail:app-password:write", "repository:admin", *wanted)
    managing = app_passwords.Wanted(label="manager", permissions=scopes, **limits)
    _, secret = await app_passwords.create(server.site, ada, managing)
    auth = {"auth": ("ada", secret.reveal())}

    listed = await own.ask("GET", every, **auth)
    made = await own.ask("POST", replacement, {"permissions": ["repository"]}, **auth)

    if told is None:
        assert (listed.json()["size"], made.status) == (1, 201)
        return
    assert made.status == 403
    assert told in made.text
    assert listed.json()["size"] == 0
    assert (await own.ask("GET", advice, **auth)).json() == []
    for method, rest in (("GET", ""), ("POST", "/finish"), ("POST", "/roll-back")):
        assert (await own.ask(method, f"{replacement}{rest}", **auth)).status == 403


async def test_no_app_password_manages_api_tokens(own, server, team, ada):
    """Their permissions are other words: that one is no wider can't be shown."""
    await held(server, ada, API)
    every, advice, replacement = addresses(API)
    scopes = [scope for scope in WIDE if scope]
    auth = {"auth": await server.auth(ada, "bitpail:app-password:write", "account:write", *scopes)}

    assert (await own.ask("GET", every, **auth)).json()["size"] == 0
    assert (await own.ask("GET", advice, **auth)).json() == []
    refused = await own.ask("POST", replacement, {"permissions": ["read:repository:bitbucket"]}, **auth)
    assert refused.status == 403
    assert "no wider than itself" in refused.text
    assert len(await app_passwords.of_user(server.site, ada, API)) == 1


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_no_token_opens_our_own_api_to_manage_itself(own, server, team, ada, kind):
    ci = await held(server, ada, kind)
    every, _, replacement = addresses(kind)
    sent = (
        {"headers": [("authorization", f"Bearer {ci.secret}")]}
        if kind.is_robot
        else {"auth": ("ada@example.com", ci.secret)}
    )

    for method, path in (("GET", every), ("POST", replacement), ("POST", f"{replacement}/finish")):
        assert (await own.ask(method, path, **sent)).status == 403


@pytest.mark.parametrize("kind", PLACES)
async def test_only_who_administers_the_place_is_let_in(own, server, team, ada, kind):
    ci = await held(server, ada, kind)
    member, stranger = await server.user("member"), await server.user("eve")
    await server.member(team, member, "member", "write")
    every, advice, replacement = addresses(kind)

    for user, status in ((member, 403), (stranger, 404)):
        auth = await manager_of(server, user, kind)
        for method, path in (
            ("GET", every),
            ("GET", advice),
            ("GET", replacement),
            ("POST", replacement),
            ("POST", f"{replacement}/finish"),
            ("POST", f"{replacement}/roll-back"),
        ):
            assert (await own.ask(method, path, **auth)).status == status, (user.username, method, path)

    assert await ci.asks(server) == 200


@pytest.mark.parametrize("kind", PLACES)
async def test_the_token_of_one_place_is_not_to_be_had_by_another(own, server, team, ada, session, kind):
    await server.repository("team", "other")
    ci = await held(server, ada, kind)
    others = [addresses(one)[2] for one in (*PLACES, API) if one is not kind]

    for path in (
        *others,
        "/repositories/team/other/access-tokens/ci/replacement",
        "/app-passwords/ci/replacement",
    ):
        for name in ("ci", f"%7B{ci.one.id}%7D"):
            answer = await own.ask("POST", path.replace("/ci/", f"/{name}/"), {}, **session)
            assert answer.status == 404, path


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"permissions": []}, 400),
        ({"permissions": ["nonsense"]}, 400),
        ({"permissions": ["account"]}, 400),
        ({"permissions": ["repository:delete"]}, 400),
        ({"permissions": "repository"}, 400),
        ({"permissions": ["repository"], "grace": "100d"}, 400),
        ({"permissions": ["repository"], "grace": ""}, 400),
        ({"permissions": ["repository"], "grace": "\0"}, 400),
        ({"permissions": ["repository"], "scope": "all"}, 400),
        ({"after": "long"}, 400),
    ],
)
async def test_what_is_wrong_with_a_replacement_is_said_and_nothing_is_made(
    own, server, team, ada, session, body, status
):
    ci = await held(server, ada, CredentialKind.REPOSITORY_ACCESS_TOKEN)
    every, _, replacement = addresses(ci.one.kind)

    answer = await own.ask("POST", replacement, body, **session)

    assert answer.status == status
    assert (await own.ask("GET", f"{every}?revoked=true", **session)).json()["size"] == 1


async def test_a_narrowed_secret_replaces_no_token(own, server, team, ada):
    """The attack: what it made would go on when the app password that it is a part of has ended."""
    kind = CredentialKind.REPOSITORY_ACCESS_TOKEN
    await held(server, ada, kind)
    name, secret = (await manager_of(server, ada, kind))["auth"]
    every, advice, replacement = addresses(kind)
    assert (await own.ask("GET", every, auth=(name, secret))).json()["size"] == 1
    part = attenuation.narrow(Secret(secret), attenuation.Narrowing(until=now() // 1_000_000 + 3600))
    auth = (name, part.reveal())

    made = await own.ask("POST", replacement, {"permissions": ["repository"]}, auth=auth)

    assert made.status == 403, made
    assert (await own.ask("GET", every, auth=auth)).json()["size"] == 0
    assert (await own.ask("GET", advice, auth=auth)).json() == []
