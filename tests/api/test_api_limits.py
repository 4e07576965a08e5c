"""Each limit at each door, allowed and denied; the denial names the limit and the password."""

import pytest
from support.asgi import Client

from bitpail.errors import NotFound
from bitpail.services import app_passwords, projects, repositories
from bitpail.services import authentication as authentication_module
from bitpail.services.app_passwords import Wanted

pytestmark = pytest.mark.anyio

INSIDE, OUTSIDE = "192.0.2.1", "198.51.100.1"
SCOPES = ("account", "repository:write", "repository:admin", "wiki")
PLACES = "it is limited to certain repositories, projects or workspaces, and this is none of them"

DOORS = {
    "REST read": ("GET", "/2.0/repositories/{name}/refs"),
    "REST write": ("PUT", "/2.0/repositories/{name}"),
    "git fetch": ("GET", "/{name}.git/info/refs?service=git-upload-pack"),
    "git push": ("GET", "/{name}.git/info/refs?service=git-receive-pack"),
    "wiki fetch": ("GET", "/{name}.git/wiki/info/refs?service=git-upload-pack"),
    "wiki push": ("GET", "/{name}.git/wiki/info/refs?service=git-receive-pack"),
}

# Each limit, where it lets through and where it doesn't: a repository and the client's address.
LIMITS = {
    "repository": ({"repositories": ("acme/one",)}, ("acme/one", INSIDE), ("acme/two", INSIDE)),
    "project": ({"projects": ("acme/PROJ",)}, ("acme/one", INSIDE), ("acme/other", INSIDE)),
    "workspace": ({"workspaces": ("acme",)}, ("acme/two", INSIDE), ("ada/own", INSIDE)),
    "network": ({"networks": ("192.0.2.0/24",)}, ("acme/one", INSIDE), ("acme/one", OUTSIDE)),
    "IPv6 network": ({"networks": ("2001:db8::/32",)}, ("acme/one", "2001:db8::9"), ("acme/one", "::1")),
    "repository and network": (
        {"repositories": ("acme/one",), "networks": ("192.0.2.0/24",)},
        ("acme/one", INSIDE),
        ("acme/one", OUTSIDE),
    ),
    "two places": (
        {"repositories": ("acme/one",), "workspaces": ("ada",)},
        ("ada/own", INSIDE),
        ("acme/two", INSIDE),
    ),
}


@pytest.fixture
async def scene(server, ada):
    acme = await server.workspace("acme", ada)
    await projects.create(server.site, acme, "OTHER", "Other")
    for slug, project in (("one", None), ("two", None), ("other", "OTHER")):
        wanted = repositories.Wanted(is_private=True, project_key=project)
        await repositories.create(server.site, acme, slug, wanted)
    await server.repository("ada", "own")
    await server.repository("ada", "open", public=True)
    return server


async def limited(scene, user, label="ci", scopes=SCOPES, **limits):
    _, secret = await app_passwords.create(
        scene.site, user, Wanted(label=label, permissions=scopes, **limits)
    )
    return user.username, secret.reveal()


async def ask(scene, door, name, auth, peer=INSIDE):
    method, path = DOORS[door]
    client = Client(scene.application, peer=peer)
    path = path.replace("{name}", name)
    if method == "PUT":
        return await client.send_json("PUT", path, {"description": "by ci"}, auth=auth)
    return await client.request(method, path, auth=auth)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("limit", LIMITS)
async def test_a_limit_at_a_door(scene, ada, limit, door):
    limits, (inside, inside_peer), (outside, outside_peer) = LIMITS[limit]
    auth = await limited(scene, ada, label="my <ci>", **limits)
    free = await limited(scene, ada, label="free")

    allowed = await ask(scene, door, inside, auth, inside_peer)
    denied = await ask(scene, door, outside, auth, outside_peer)

    assert allowed.status == 200, allowed
    assert (await ask(scene, door, outside, free, outside_peer)).status == 200
    assert denied.status == 403
    said = denied.json()["error"]["detail"] if door.startswith("REST") else denied.text
    assert 'The app password "my <ci>" can\'t do this: ' in said
    if outside_peer != inside_peer:
        assert f"limited to the networks {limits['networks'][0]}, and you come from {outside_peer}" in said
    else:
        assert PLACES in said


@pytest.mark.parametrize("door", DOORS)
async def test_an_expired_one_is_told_that_it_has_expired(scene, ada, door, monkeypatch):
    auth = await limited(scene, ada, lifetime=60)
    assert (await ask(scene, door, "acme/one", auth)).status == 200
    later = authentication_module.now() + 61 * 1_000_000
    monkeypatch.setattr(authentication_module, "now", lambda: later)

    denied = await ask(scene, door, "acme/one", auth)

    assert denied.status == 401
    assert denied.headers["www-authenticate"].startswith("Basic")
    said = denied.json()["error"]["detail"] if door.startswith("REST") else denied.text
    assert 'The app password "ci" has expired.' in said


@pytest.mark.parametrize("door", DOORS)
async def test_a_limit_does_not_stand_in_for_a_scope(scene, ada, door):
    auth = await limited(scene, ada, scopes=("email",), repositories=("acme/one",))

    assert (await ask(scene, door, "acme/one", auth)).status == 403
    assert (await ask(scene, door, "acme/two", auth)).status == 403


def heard(answer):
    """All that a client can tell apart."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    # Git shows no headers, so its text names the request too.
    body = answer.body.replace(answer.headers["x-request-id"].encode(), b"REQUEST")
    return answer.status, headers, body


OUTSIDE_OF = {
    "repository": {"repositories": ("acme/one",)},
    "project": {"projects": ("acme/PROJ",)},
    "workspace": {"workspaces": ("acme",)},
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("limit", OUTSIDE_OF)
async def test_outside_its_limit_what_is_there_and_what_is_not_sound_the_same(scene, ada, limit, door):
    grace = await scene.user("grace")
    await scene.repository("grace", "hidden")
    auth = await limited(scene, ada, **OUTSIDE_OF[limit])

    answers = [
        heard(await ask(scene, door, name, auth))
        for name in ("ada/own", "ada/missing", "grace/hidden", "grace/missing", "nowhere/missing", "ada/open")
    ]

    assert grace.username == "grace"
    assert all(answer == answers[0] for answer in answers), answers
    assert answers[0][0] == 403


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("limit", OUTSIDE_OF)
async def test_inside_its_limit_what_it_may_not_see_sounds_like_what_is_not_there(scene, ada, limit, door):
    """A member of the workspace who was given one repository must not find out about the others."""
    bob = await scene.user("bob")
    one = (await repositories.named(scene.site, "acme", "one")).repository
    await scene.grant(one, bob, "admin")
    auth = await limited(scene, bob, **OUTSIDE_OF[limit])
    assert (await ask(scene, door, "acme/one", auth)).status == 200

    hidden = heard(await ask(scene, door, "acme/two", auth))
    missing = heard(await ask(scene, door, "acme/missing", auth))

    assert hidden == missing
    assert hidden[0] in {401, 403, 404}


async def test_a_workspace_is_open_to_one_limited_to_it_alone(scene, ada):
    whole = await limited(scene, ada, label="whole", workspaces=("acme",))
    part = await limited(scene, ada, label="part", repositories=("acme/one",))

    assert (await scene.client.get("/2.0/repositories/acme", auth=whole)).status == 200
    denied = [
        await scene.client.get("/2.0/repositories/acme", auth=part),
        await scene.client.get("/2.0/workspaces/acme", auth=part),
        await scene.client.get("/2.0/workspaces/ada", auth=whole),
        await scene.client.get("/2.0/workspaces/nowhere", auth=whole),
    ]
    assert [answer.status for answer in denied] == [403] * 4
    assert len({answer.json()["error"]["detail"] for answer in denied[2:]}) == 1


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_it_makes_repositories_inside_its_workspace_only(scene, ada, method):
    auth = await limited(scene, ada, workspaces=("acme",))
    part = await limited(scene, ada, label="part", projects=("acme/PROJ",))

    made = await scene.client.send_json(method, "/2.0/repositories/acme/new", {}, auth=auth)
    elsewhere = await scene.client.send_json(method, "/2.0/repositories/ada/new", {}, auth=auth)
    by_part = await scene.client.send_json(method, "/2.0/repositories/acme/newer", {}, auth=part)

    assert made.status in {200, 201}
    assert (elsewhere.status, by_part.status) == (403, 403)
    for workspace, slug in (("ada", "new"), ("acme", "newer")):
        with pytest.raises(NotFound):
            await repositories.named(scene.site, workspace, slug)


async def test_limits_on_networks_hold_for_the_account_too(scene, ada):
    auth = await limited(scene, ada, networks=("192.0.2.0/24",))

    assert (await Client(scene.application, peer=INSIDE).get("/2.0/user", auth=auth)).status == 200
    denied = await Client(scene.application, peer=OUTSIDE).get("/2.0/user", auth=auth)
    assert denied.status == 403
    assert "192.0.2.0/24" in denied.json()["error"]["detail"]
