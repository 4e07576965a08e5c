"""SSH keys of people and of machines by the API."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bitpail.model.access import Client, Need
from bitpail.model.scopes import Scope
from bitpail.policy import ssh_keys
from bitpail.services import access, ssh_authentication

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


def public_key(comment):
    key = Ed25519PrivateKey.generate().public_key()
    return f"{key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {comment}"


@pytest.fixture
async def own(server, ada):
    return f"/2.0/users/%7B{ada.id}%7D/ssh-keys", await server.auth(
        ada, "account:write", "project", "project:admin"
    )


@pytest.fixture
async def deploy(server, ada):
    await server.repository("ada", "code")
    return f"{CODE}/deploy-keys", await server.auth(ada, "repository", "repository:admin")


async def test_ones_own_keys_are_added_labelled_and_removed(api, own, ada):
    keys, auth = own
    line = public_key("ada@laptop")

    made = await api.send_json("POST", keys, {"key": line, "label": "laptop"}, auth=auth)

    assert made.status == 201
    assert made.json()["key"] == " ".join(line.split()[:2])
    assert (made.json()["comment"], made.json()["label"]) == ("ada@laptop", "laptop")
    assert made.json()["owner"]["uuid"] == f"{{{ada.id}}}"
    own_path = "/2.0" + made.headers["location"].partition("/2.0")[2]
    assert (await api.get(own_path, auth=auth)).json() == made.json()
    assert (await api.get(f"/2.0/users/{ada.account_id}/ssh-keys", auth=auth)).json()["size"] == 1
    changed = await api.send_json("PUT", own_path, {"label": "old laptop"}, auth=auth)
    assert changed.json()["label"] == "old laptop"
    again = await api.send_json("POST", keys, {"key": line}, auth=auth)
    assert (again.status, again.json()["error"]["fields"]) == (
        400,
        {"key": ["you have added this key already"]},
    )
    assert (await api.request("DELETE", own_path, auth=auth)).status == 204
    assert (await api.get(own_path, auth=auth)).status == 404


async def test_nobody_sees_or_changes_another_persons_keys(server, api, own):
    keys, _ = own
    grace = await server.auth(await server.user("grace"), "account:write")

    assert (await api.get(keys, auth=grace)).status == 403
    assert (await api.send_json("POST", keys, {"key": public_key("x")}, auth=grace)).status == 403


async def test_a_machines_key_stands_on_a_repository(api, deploy):
    keys, auth = deploy
    line = public_key("ci")

    made = (await api.send_json("POST", keys, {"key": line, "label": "ci"}, auth=auth)).json()

    assert isinstance(made["id"], int)
    one = f"{keys}/{made['id']}"
    assert made["links"]["self"]["href"].endswith(one)
    assert (await api.get(one, auth=auth)).json() == made
    assert (await api.get(keys, auth=auth)).json()["values"] == [made]
    assert (await api.send_json("PUT", one, {"label": "jenkins"}, auth=auth)).json()["label"] == "jenkins"
    assert (await api.request("DELETE", one, auth=auth)).status == 204
    assert (await api.get(one, auth=auth)).status == 404


async def test_of_a_machines_key_label_and_comment_may_change_and_the_key_not(api, deploy):
    keys, auth = deploy
    line = public_key("ci")
    made = (
        await api.send_json("POST", keys, {"key": line, "comment": "ci@host"}, auth=auth, beyond={"comment"})
    ).json()
    one = f"{keys}/{made['id']}"
    assert (made["label"], made["comment"]) == ("ci@host", "ci@host")

    # As the vendor's example sends it: the same key, with another comment behind it.
    again = {"label": "jenkins", "key": f"{made['key']} moved"}
    changed = (await api.send_json("PUT", one, again, auth=auth)).json()
    assert changed == {**made, "label": "jenkins", "comment": "moved"}
    said = (await api.send_json("PUT", one, {"key": line, "comment": "said"}, auth=auth)).json()
    assert said == {**changed, "comment": "said"}
    for nothing in ({}, {"key": made["key"]}, {"label": None, "comment": "", "key": None}):
        assert (await api.send_json("PUT", one, nothing, auth=auth)).json() == said
    for other in (public_key("ci"), "ssh-ed25519 AAAA", f"{made['key']}\n{made['key']}", 5):
        refused = await api.send_json("PUT", one, {"label": "new", "key": other}, auth=auth)
        assert (refused.status, list(refused.json()["error"]["fields"])) == (400, ["key"])
    assert (await api.get(one, auth=auth)).json() == said


@pytest.fixture
async def project(server, ada):
    await server.repository("ada", "lib")
    return "/2.0/workspaces/ada/projects/PROJ/deploy-keys", await server.auth(ada, "project", "project:admin")


async def test_a_machines_key_stands_on_a_project(api, project, ada):
    keys, auth = project
    line = public_key("ci")

    answer = await api.send_json("POST", keys, {"key": line, "label": "ci"}, auth=auth)

    assert answer.status == 200
    made = answer.json()
    assert (made["type"], made["label"], made["comment"]) == ("project_deploy_key", "ci", "ci")
    assert made["key"] == " ".join(line.split()[:2])
    assert made["project"]["key"] == "PROJ"
    assert made["created_by"]["uuid"] == f"{{{ada.id}}}"
    assert made["last_used"] is None
    one = f"{keys}/{made['id']}"
    assert made["links"]["self"]["href"].endswith(one)
    assert (await api.get(one, auth=auth)).json() == made
    assert (await api.get(keys.replace("PROJ", "proj"), auth=auth)).json()["values"] == [made]
    again = await api.send_json("POST", keys, {"key": line}, auth=auth)
    assert (again.status, again.json()["error"]["fields"]) == (
        400,
        {"key": ["this key stands there already"]},
    )
    assert (await api.request("DELETE", one, auth=auth)).status == 204
    assert (await api.get(one, auth=auth)).status == 404
    assert (await api.get(keys, auth=auth)).json()["values"] == []


async def test_a_key_on_a_project_opens_its_repositories_until_it_is_taken_away(server, api, project):
    keys, auth = project
    line = public_key("ci")
    made = (await api.send_json("POST", keys, {"key": line}, auth=auth)).json()
    fingerprint = ssh_keys.parse(line).fingerprint

    async def may_read(slug):
        actor = await ssh_authentication.actor_of(server.site, fingerprint, Client("", ""))
        try:
            await access.to_repository(
                server.site, actor, Need((frozenset({Scope.REPOSITORY}),)), "ada", slug
            )
        except access.Refused:
            return False
        return True

    await server.repository("ada", "later")
    assert (await may_read("lib"), await may_read("later")) == (True, True)
    await api.request("DELETE", f"{keys}/{made['id']}", auth=auth)

    assert await ssh_authentication.actor_of(server.site, fingerprint, Client("", "")) is None


async def test_a_key_of_one_place_is_not_found_in_another(api, deploy, project):
    (places, place_auth), (keys, auth) = deploy, project
    on_project = (await api.send_json("POST", keys, {"key": public_key("a")}, auth=auth)).json()
    on_repository = (await api.send_json("POST", places, {"key": public_key("b")}, auth=place_auth)).json()

    for path, who in ((f"{keys}/{on_repository['id']}", auth), (f"{places}/{on_project['id']}", place_auth)):
        assert (await api.get(path, auth=who)).status == 404
        assert (await api.request("DELETE", path, auth=who)).status == 404


async def test_one_key_is_a_persons_or_a_machines_and_never_both(api, own, deploy):
    (keys, auth), (places, place_auth) = own, deploy
    line, other = public_key("one"), public_key("two")
    await api.send_json("POST", keys, {"key": line}, auth=auth)
    await api.send_json("POST", places, {"key": other}, auth=place_auth)

    assert (await api.send_json("POST", places, {"key": line}, auth=place_auth)).status == 400
    assert (await api.send_json("POST", keys, {"key": other}, auth=auth)).status == 400


@pytest.mark.parametrize("key", [None, "", "ssh-rsa", "ssh-ed25519 AAAA", "x" * 20_000, "a\0b", 5, ["x"]])
async def test_what_is_no_key_is_refused(api, own, deploy, key):
    project = "/2.0/workspaces/ada/projects/PROJ/deploy-keys"
    for path, auth in (own, deploy, (project, own[1])):
        answer = await api.send_json("POST", path, {"key": key}, auth=auth)

        assert answer.status == 400
        assert answer.json()["error"]["message"].startswith("key")


async def test_a_key_may_have_an_end(api, own):
    keys, auth = own
    at = "2099-01-31T12:00:00+00:00"

    by_query = await api.send_json("POST", f"{keys}?expires_on={at}", {"key": public_key("a")}, auth=auth)
    by_body = await api.send_json(
        "POST", keys, {"key": public_key("b"), "expires_on": "2099-01-31T13:00:00+01:00"}, auth=auth
    )
    never = await api.send_json("POST", keys, {"key": public_key("c"), "expires_on": None}, auth=auth)

    assert (by_query.status, by_body.status) == (201, 201)
    assert by_query.json()["expires_on"] == by_body.json()["expires_on"] == "2099-01-31T12:00:00.000000+00:00"
    assert never.json()["expires_on"] is None
    one = "/2.0" + by_query.headers["location"].partition("/2.0")[2]
    sooner = await api.send_json("PUT", one, {"expires_on": "2098-01-01T00:00:00Z"}, auth=auth)
    assert sooner.json()["expires_on"] == "2098-01-01T00:00:00.000000+00:00"
    relabelled = await api.send_json("PUT", one, {"label": "x"}, auth=auth)
    assert relabelled.json()["expires_on"] == sooner.json()["expires_on"]
    endless = await api.send_json("PUT", one, {"expires_on": None}, auth=auth)
    assert endless.json()["expires_on"] is None
    assert (await api.get(one, auth=auth)).json() == endless.json()


async def test_the_comment_of_a_key_may_be_another(api, own):
    keys, auth = own
    made = await api.send_json("POST", keys, {"key": public_key("a"), "comment": "mine"}, auth=auth)
    one = "/2.0" + made.headers["location"].partition("/2.0")[2]

    changed = await api.send_json("PUT", one, {"comment": "yours"}, auth=auth)

    assert (made.json()["comment"], made.json()["label"]) == ("mine", "mine")
    assert (changed.json()["comment"], changed.json()["label"]) == ("yours", "mine")
    assert (await api.send_json("PUT", one, {"comment": "a\nb"}, auth=auth)).status == 400


async def test_what_a_key_is_and_when_it_was_used_is_nothing_that_one_sets(api, own):
    keys, auth = own
    told = {
        "fingerprint": "x",
        "last_used": "2001-01-01T00:00:00Z",
        "uuid": "{x}",
        "created_on": "2001-01-01T00:00:00Z",
    }

    made = await api.send_json("POST", keys, {"key": public_key("a"), **told}, auth=auth)
    one = "/2.0" + made.headers["location"].partition("/2.0")[2]
    changed = await api.send_json("PUT", one, {"label": "b", "key": public_key("other"), **told}, auth=auth)

    assert "last_used" not in made.json()
    assert len(made.json()["fingerprint"]) == 43
    assert changed.json() == {**made.json(), "label": "b"}


@pytest.mark.parametrize(
    "end",
    [
        "yesterday",
        "2001-01-01",
        "2001-01-01T00:00:00Z",
        5,
        ["2099-01-01"],
        "x" * 5000,
        "2099-13-01",
        "\0",
        "0001-01-01T00:00:00+23:59",
    ],
)
async def test_an_end_that_is_none_or_is_over_is_refused(api, own, end):
    keys, auth = own

    answer = await api.send_json("POST", keys, {"key": public_key("a"), "expires_on": end}, auth=auth)

    assert answer.status == 400
    assert answer.json()["error"]["message"].startswith("expires_on")
    assert (await api.get(keys, auth=auth)).json()["size"] == 0
    if isinstance(end, str):
        by_query = await api.request(
            "POST",
            keys,
            query={"expires_on": end},
            auth=auth,
            body=b'{"key": "x"}',
            headers={"content-type": "application/json"},
        )
        assert by_query.status == 400
