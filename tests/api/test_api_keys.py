"""SSH keys of people and of machines by the API."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


def public_key(comment):
    key = Ed25519PrivateKey.generate().public_key()
    return f"{key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {comment}"


@pytest.fixture
async def own(server, ada):
    return f"/2.0/users/%7B{ada.id}%7D/ssh-keys", await server.auth(ada, "account:write")


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


async def test_one_key_is_a_persons_or_a_machines_and_never_both(api, own, deploy):
    (keys, auth), (places, place_auth) = own, deploy
    line, other = public_key("one"), public_key("two")
    await api.send_json("POST", keys, {"key": line}, auth=auth)
    await api.send_json("POST", places, {"key": other}, auth=place_auth)

    assert (await api.send_json("POST", places, {"key": line}, auth=place_auth)).status == 400
    assert (await api.send_json("POST", keys, {"key": other}, auth=auth)).status == 400


@pytest.mark.parametrize("key", [None, "", "ssh-rsa", "ssh-ed25519 AAAA", "x" * 20_000, "a\0b", 5, ["x"]])
async def test_what_is_no_key_is_refused(api, own, deploy, key):
    for path, auth in (own, deploy):
        answer = await api.send_json("POST", path, {"key": key}, auth=auth)

        assert answer.status == 400
        assert answer.json()["error"]["message"].startswith("key")
