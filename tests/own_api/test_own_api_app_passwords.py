"""The life of an app password by our own API, and that no credential ever comes to more than it is."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_api import ROOT, Client
from support.asgi import Client as Plain

from bitpail.policy.narrowing import not_wider
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, leaks, managing, workspaces

pytestmark = pytest.mark.anyio


async def test_an_app_password_is_made_used_rotated_and_revoked(own, server, manager, ada):
    await server.repository("ada", "notes")
    wanted = {
        "label": "ci / nightly",
        "permissions": ["repository"],
        "expires": "30d",
        "repositories": ["ada/notes"],
        "networks": ["192.0.2.0/24"],
        "branches": ["bot/*"],
        "no_force": True,
        "no_delete": True,
    }

    made = await own.ask("POST", "/app-passwords", wanted, auth=manager)

    assert made.status == 201
    assert made.headers["cache-control"] == "no-store"
    limits = made.json()["app_password"]["limits"]
    assert limits["repositories"] == ["ada/notes"]
    assert limits["branches"] == ["refs/heads/bot/*"]
    first = ("ada", made.json()["secret"])
    assert (await server.client.get("/2.0/repositories/ada/notes", auth=first)).status == 200
    assert (await server.client.get("/2.0/repositories/ada", auth=first)).status == 403
    path = "/app-passwords/ci%20%2F%20nightly"
    assert (await own.ask("GET", path, auth=manager)).json()["label"] == "ci / nightly"
    rotated = await own.ask("POST", f"{path}/rotation", {"grace": "1h"}, auth=manager)
    second = ("ada", rotated.json()["secret"])
    assert (await own.ask("GET", f"{path}/rotation", auth=manager)).json()["old"]["ends_on"]
    for auth in (first, second):
        assert (await server.client.get("/2.0/repositories/ada/notes", auth=auth)).status == 200
    assert (await own.ask("POST", f"{path}/rotation/finish", auth=manager)).status == 204
    assert (await server.client.get("/2.0/repositories/ada/notes", auth=first)).status == 401
    used = (await own.ask("GET", f"{path}/usage", auth=manager)).json()
    assert {(row["repository"], *row["permissions"]) for row in used} >= {("ada/notes", "repository")}
    assert (await own.ask("DELETE", path, auth=manager)).status == 204
    assert (await server.client.get("/2.0/repositories/ada/notes", auth=second)).status == 401
    assert (await own.ask("GET", path, auth=manager)).status == 404
    by_id = await own.ask("GET", f"/app-passwords/%7B{made.json()['app_password']['id']}%7D", auth=manager)
    assert by_id.json()["revoked_on"]


async def test_what_is_described_twice_is_made_once(own, manager):
    async def ensure(body, query=""):
        return (await own.ask("PUT", f"/app-passwords/ci{query}", body, auth=manager)).json()

    assert (await ensure({"permissions": ["repository"]}))["state"] == "created"
    assert (await ensure({"permissions": ["repository"]}))["state"] == "present"
    different = await ensure({"permissions": ["repository:write"]})
    assert (different["state"], different["secret"]) == ("different", None)
    assert (await ensure({"permissions": ["repository:write"]}, "?replace=true"))["secret"]


async def test_lists_come_in_pages(own, manager):
    for number in range(4):
        await own.ask(
            "POST", "/app-passwords", {"label": f"{number}", "permissions": ["repository"]}, auth=manager
        )

    first = (await own.ask("GET", "/app-passwords?pagelen=3", auth=manager)).json()
    second = await own.plain.follow(first["next"], auth=manager)

    assert (first["size"], len(first["values"]), len(second.json()["values"])) == (5, 3, 2)
    assert "next" not in second.json()


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({}, "permissions"),
        ({"label": "x"}, "permissions"),
        ({"label": "x", "permissions": []}, "at least one"),
        ({"label": "x", "permissions": "repository"}, "array"),
        ({"label": "x", "permissions": ["all"]}, "all"),
        ({"label": "", "permissions": ["repository"]}, "label"),
        ({"label": "x" * 300, "permissions": ["repository"]}, "label"),
        ({"label": "a\0b", "permissions": ["repository"]}, "label"),
        ({"label": "x", "permissions": ["repository"], "no_forse": True}, "no_forse"),
        ({"label": "x", "permissions": ["repository"], "expires": "yesterday"}, "yesterday"),
        ({"label": "x", "permissions": ["repository"], "expires": ""}, "date"),
        ({"label": "x", "permissions": ["repository"], "expires": "2001-01-01"}, "past"),
        ({"label": "x", "permissions": ["repository"], "networks": ["anywhere"]}, "anywhere"),
        ({"label": "x", "permissions": ["repository"], "repositories": ["../etc"]}, "etc"),
    ],
)
async def test_what_is_wrong_with_a_description_is_said(own, manager, body, word):
    answer = await own.ask("POST", "/app-passwords", body, auth=manager)

    assert answer.status in {400, 404}
    assert word in answer.text
    assert (await own.ask("GET", "/app-passwords", auth=manager)).json()["size"] == 1


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[]", b"{", b'{"label": 1e999}', b"[" * 100_000])
async def test_what_is_not_json_is_refused(own, manager, content):
    answer = await own.ask(
        "POST", "/app-passwords", auth=manager, body=None, headers=[("content-type", "application/json")]
    )
    assert answer.status == 400
    answer = await own.plain.request("POST", f"{ROOT}/app-passwords", auth=manager, body=content)
    assert answer.status in {400, 413}


async def test_a_form_is_not_json(own, manager):
    answer = await own.plain.send_form(
        "POST", f"{ROOT}/app-passwords", {"label": "x", "permissions": "wiki"}, auth=manager
    )

    assert answer.status == 400


async def test_a_wider_one_is_neither_seen_nor_rotated_nor_made(own, server, ada, manager):
    wide, _ = await server.app_password(ada, "account")
    label = wide.label.replace(" ", "%20")

    assert wide.label not in (await own.ask("GET", "/app-passwords", auth=manager)).text
    assert wide.label not in (await own.ask("GET", "/advice", auth=manager)).text
    for method, more, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("PUT", "", {"permissions": ["repository"]}),
        ("PUT", "?replace=true", {"permissions": ["repository"]}),
        ("POST", "/rotation", {}),
        ("POST", "/rotation/finish", None),
        ("POST", "/rotation/roll-back", None),
        ("POST", "/replacement", {"permissions": ["email"]}),
        ("GET", "/replacement", None),
        ("POST", "/replacement/finish", None),
        ("POST", "/replacement/roll-back", None),
        ("GET", "/usage", None),
    ):
        answer = await own.ask(method, f"/app-passwords/{label}{more}", body, auth=manager)
        assert answer.status == 403, (method, more)
        assert "no wider than itself" in answer.text
    made = await own.ask("POST", "/app-passwords", {"label": "x", "permissions": ["account"]}, auth=manager)
    assert made.status == 403
    assert {one.label for one in await app_passwords.of_user(server.site, ada)} == {"number 1", wide.label}


async def test_the_old_secret_of_a_rotation_makes_nothing_that_outlives_it(own, server, ada, manager):
    one = (await app_passwords.of_user(server.site, ada))[0]
    await app_passwords.rotate(server.site, ada, one.label, 3600)
    path = f"/app-passwords/{one.label.replace(' ', '%20')}"

    for method, where, body in (
        ("POST", "/app-passwords", {"label": "x", "permissions": ["repository"]}),
        ("POST", f"{path}/rotation/roll-back", None),
        ("DELETE", path, None),
    ):
        assert (await own.ask(method, where, body, auth=manager)).status == 403
    soon = {"label": "x", "permissions": ["repository"], "expires": "30m"}
    assert (await own.ask("POST", "/app-passwords", soon, auth=manager)).status == 201


async def test_a_password_that_is_widened_under_a_label_meanwhile_is_not_rotated(own, server, ada, manager):
    """The attack: rotate a label again and again, while its owner replaces it by a wider one."""
    narrow = app_passwords.Wanted(label="ci", permissions=("repository",))
    wide = app_passwords.Wanted(label="ci", permissions=("account:write",))
    taken = []

    async def attack():
        for _ in range(30):
            answer = await own.plain.send_json(
                "POST", f"{ROOT}/app-passwords/ci/rotation", {"grace": "0s"}, auth=manager
            )
            if answer.status == 201:
                taken.append(answer.json())

    async def owner():
        for wanted in (narrow, wide) * 5:
            await app_passwords.create(server.site, ada, wanted)
            await asyncio.sleep(0.002)
            await app_passwords.revoke(server.site, ada, "ci")

    await asyncio.gather(attack(), owner())

    for answer in taken:
        assert answer["app_password"]["permissions"] == ["repository"]
        live = await leaks.live(server.site, Secret(answer["secret"]))
        assert live is None or live.app_password.scopes == ("repository",)


LIMITS = st.fixed_dictionaries(
    {
        "permissions": st.lists(
            st.sampled_from(["repository", "repository:write", "wiki", "bitpail:app-password:write"]),
            min_size=1,
            unique=True,
        )
    },
    optional={
        "expires": st.sampled_from(["1h", "2d", "30d"]),
        "repositories": st.just(["ada/notes"]),
        "workspaces": st.just(["ada"]),
        "networks": st.sampled_from([["192.0.2.0/24"], ["192.0.2.1"], ["0.0.0.0/0"]]),
        "branches": st.sampled_from([["*"], ["bot/*"], ["bot/x"]]),
        "no_force": st.booleans(),
        "no_delete": st.booleans(),
    },
)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(["POST", "PUT", "replace", "rotate", "narrow", "finish", "roll-back", "widen again"]),
        st.sampled_from(["a", "b", "c", "wide"]),
        LIMITS,
    ),
    min_size=3,
    max_size=10,
)


def _request(what, label, limits):
    one = f"/app-passwords/{label}"
    return {
        "POST": ("POST", "/app-passwords", {"label": label, **limits}),
        "PUT": ("PUT", one, limits),
        "replace": ("PUT", f"{one}?replace=true", limits),
        "rotate": ("POST", f"{one}/rotation", {"grace": "1h"}),
        "narrow": ("POST", f"{one}/replacement", {"permissions": ["repository"], "grace": "1h"}),
        "finish": ("POST", f"{one}/rotation/finish", None),
        "roll-back": ("POST", f"{one}/rotation/roll-back", None),
        "widen again": ("POST", f"{one}/replacement/roll-back", None),
    }[what]


async def _sequence(server, user, first, base, steps):
    """Each step is asked with one of the secrets that were had so far; returns all of them."""
    client = Client(Plain(server.application)._application)
    had = [first]
    for whose, what, label, limits in steps:
        method, path, body = _request(what, label, base | limits)  # seldom as narrow by chance
        answer = await client.ask(method, path, body, auth=(user.username, had[whose % len(had)]))
        assert answer.status < 500
        if answer.body and answer.status < 300:
            told = json.loads(answer.body)
            told = told.get("new", told)
            had += [told["secret"]] if told.get("secret") else []
    return had


async def test_no_sequence_of_requests_comes_to_more_than_its_first_credential(server, ada):
    await server.repository("ada", "notes")
    loop, number, made = asyncio.get_running_loop(), 0, 0

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(LIMITS, STEPS)
    def holds(limits, steps):
        nonlocal number, made
        number += 1
        made += asyncio.run_coroutine_threadsafe(_holds(server, number, limits, steps), loop).result()

    await asyncio.to_thread(holds)

    assert made, "every request was refused: this has shown nothing"


async def _holds(server, number, limits, steps):
    user = await server.user(f"user{number}")
    await server.member(await _workspace(server), user, "member", "write")
    permissions = sorted({*limits["permissions"], "bitpail:app-password:write"})
    described = {key: tuple(value) if isinstance(value, list) else value for key, value in limits.items()}
    described.pop("expires", None)
    wanted = app_passwords.Wanted(label="first", **described | {"permissions": tuple(permissions)})
    _, first = await app_passwords.create(server.site, user, wanted)
    everything = app_passwords.Wanted(label="wide", permissions=("account:write", "repository:write"))
    await app_passwords.create(server.site, user, everything)

    had = await _sequence(server, user, first.reveal(), limits, steps)

    parent = await leaks.live(server.site, first)
    for secret in had[1:]:
        child = await leaks.live(server.site, Secret(secret))
        if child is not None and parent is not None:
            where = await managing._whereabouts(server.site, child.app_password.limits)
            assert not_wider(parent.app_password, child.app_password, where) == []
    return len(had) - 1


async def _workspace(server):
    return await workspaces.named(server.site, "ada")
