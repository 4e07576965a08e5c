"""OpenPGP keys of people by the API."""

import pytest
from support.gpg import MISSING, Gpg, can_run

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not can_run(), reason=MISSING)]


@pytest.fixture(scope="module")
def gpg(tmp_path_factory):
    made = Gpg(tmp_path_factory.mktemp("gpg") / "home")
    fingerprint = made.make("Ada <ada@example.org>")
    made.run("--quick-add-key", fingerprint, "cv25519", "encr", "1y")
    yield made
    made.close()


@pytest.fixture
async def own(server, ada):
    return f"/2.0/users/%7B{ada.id}%7D/gpg-keys", await server.auth(ada, "account:write")


async def test_a_key_is_added_shown_and_removed(api, own, gpg, ada):
    keys, auth = own
    primary, subkey = gpg.facts("ada@example.org")

    made = await api.send_json("POST", keys, {"key": gpg.public()}, auth=auth)

    assert made.status == 201
    shown = made.json()
    assert shown["type"] == "GPG_account_key"
    assert (shown["fingerprint"], shown["key_id"]) == (primary["fingerprint"], primary["key_id"])
    assert shown["name"] == "Ada <ada@example.org>"
    assert shown["owner"]["uuid"] == f"{{{ada.id}}}"
    assert shown["parent_fingerprint"] is None
    assert shown["expires_on"].endswith("+00:00")
    assert "last_used" not in shown
    own_path = "/2.0" + made.headers["location"].partition("/2.0")[2]
    assert own_path.endswith(f"/gpg-keys/{primary['fingerprint']}")
    assert (await api.get(own_path, auth=auth)).json() == shown
    assert (
        await api.get(own_path.replace(primary["fingerprint"], primary["fingerprint"].upper()), auth=auth)
    ).status == 200
    assert (await api.get(keys, auth=auth)).json()["values"] == [shown]
    assert (await api.get(f"{keys}/{subkey['fingerprint']}", auth=auth)).status == 404
    assert (await api.request("DELETE", own_path, auth=auth)).status == 204
    assert (await api.get(own_path, auth=auth)).status == 404
    assert (await api.request("DELETE", own_path, auth=auth)).status == 404


async def test_the_block_and_the_subkeys_are_shown_to_who_asks_for_them(api, own, gpg):
    keys, auth = own
    primary, subkey = gpg.facts("ada@example.org")
    made = await api.send_json("POST", keys, {"key": gpg.public(), "name": "work"}, auth=auth)
    one = f"{keys}/{primary['fingerprint']}"

    assert made.json()["name"] == "work"
    assert not {"key", "subkeys"} & set(made.json())
    asked = (await api.get(one, query={"fields": "+key,+subkeys"}, auth=auth)).json()
    assert asked["key"] == gpg.public()
    assert [(each["fingerprint"], each["parent_fingerprint"]) for each in asked["subkeys"]] == [
        (subkey["fingerprint"], primary["fingerprint"])
    ]
    listed = (await api.get(keys, query={"fields": "values.key,values.type"}, auth=auth)).json()
    assert listed == {"values": [{"key": gpg.public(), "type": "GPG_account_key"}]}
    every = (await api.get(keys, query={"fields": "values.*"}, auth=auth)).json()
    assert {"key", "subkeys", "fingerprint"} <= set(every["values"][0])
    assert "key" not in (await api.get(one, query={"fields": "+name,-links"}, auth=auth)).json()


async def test_the_same_key_twice_is_refused_and_on_two_accounts_taken(server, api, own, gpg):
    keys, auth = own
    grace = await server.user("grace")
    hers = f"/2.0/users/{grace.account_id}/gpg-keys"

    assert (await api.send_json("POST", keys, {"key": gpg.public()}, auth=auth)).status == 201
    again = await api.send_json("POST", keys, {"key": gpg.public()}, auth=auth)
    assert (again.status, again.json()["error"]["fields"]) == (
        400,
        {"key": ["you have added this key already"]},
    )
    other = await api.send_json(
        "POST", hers, {"key": gpg.public()}, auth=await server.auth(grace, "account:write")
    )
    assert other.status == 201


async def test_nobody_sees_or_changes_another_persons_keys(server, api, own, gpg):
    keys, auth = own
    await api.send_json("POST", keys, {"key": gpg.public()}, auth=auth)
    grace = await server.auth(await server.user("grace"), "account:write")
    one = f"{keys}/{gpg.facts('ada@example.org')[0]['fingerprint']}"

    assert (await api.get(keys, auth=grace)).status == 403
    assert (await api.get(one, auth=grace)).status == 403
    assert (await api.request("DELETE", one, auth=grace)).status == 403
    assert (await api.send_json("POST", keys, {"key": gpg.public()}, auth=grace)).status == 403
    assert (await api.get(keys, auth=auth)).json()["size"] == 1


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "key"),
        ({"key": ""}, "key"),
        ({"key": None}, "key"),
        ({"key": 5}, "key"),
        ({"key": ["x"]}, "key"),
        ({"key": "a\0b"}, "key"),
        ({"key": "\ud800"}, None),
        ({"key": "x" * 300_000}, "key"),
        ({"key": "GOOD", "name": "a\nb"}, "name"),
        ({"key": "GOOD", "name": "x" * 300}, "name"),
        ({"key": "GOOD", "name": 7}, "name"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_kept(api, own, gpg, body, member):
    keys, auth = own
    sent = {name: gpg.public() if value == "GOOD" else value for name, value in body.items()}

    answer = await api.send_json("POST", keys, sent, auth=auth)

    assert answer.status == 400
    assert member is None or answer.json()["error"]["message"].startswith(member)
    assert (await api.get(keys, auth=auth)).json()["size"] == 0


async def test_a_private_key_is_not_kept(api, own, gpg):
    keys, auth = own

    answer = await api.send_json("POST", keys, {"key": gpg.private()}, auth=auth)

    assert answer.status == 400
    assert "this is a private key" in answer.json()["error"]["message"]
    assert gpg.private().splitlines()[3] not in answer.text
    assert (await api.get(keys, auth=auth)).json()["values"] == []


async def test_a_collection_may_be_asked(api, own, gpg):
    keys, auth = own
    await api.send_json("POST", keys, {"key": gpg.public(), "name": "work"}, auth=auth)

    assert (await api.get(keys, query={"q": 'name="work"'}, auth=auth)).json()["size"] == 1
    assert (await api.get(keys, query={"q": 'name="home"'}, auth=auth)).json()["size"] == 0
    assert (await api.get(keys, query={"q": 'nothing="home"'}, auth=auth)).status == 400


async def test_a_workspace_has_no_key_because_nothing_is_signed(server, api, ada):
    auth = await server.auth(ada, "account")

    answer = await api.get("/2.0/workspaces/ada/settings/gpg/public-key", auth=auth)

    assert answer.status == 404
    assert "signs no commits" in answer.json()["error"]["message"]
    assert (await api.get("/2.0/workspaces/ada/settings/gpg/public-key")).status in {401, 404}
