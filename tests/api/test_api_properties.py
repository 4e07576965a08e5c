import asyncio

import pytest

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
VALUE = {
    "foo": "bar",
    "deep": {"a-b": [1, -2.5, None, True, {"x_Y": []}]},
    "big": 123456789012345678901234567890,
    "text": "\0 \u00e9 \U0001f600",
}


@pytest.fixture
async def code(server, ada, git):
    git.commit("first")
    git.commit("second")
    return await server.adopted("ada", "code", git)


@pytest.fixture
async def people(server, code, auth):
    """What each of them asks with: by their permission."""
    found = {"admin": auth, "nobody": None}
    for name, permission in (("reader", "read"), ("writer", "write"), ("other", "write")):
        user = await server.user(name)
        await server.grant(code, user, permission)
        found[name] = await server.auth(user, "email")
    return found


@pytest.fixture(params=["", "/commit/main"])
def place(code, request):
    return f"{CODE}{request.param}/properties/my-app/state"


async def test_a_property_is_kept_read_changed_and_forgotten(api, auth, place):
    made = await api.send_json("PUT", place, VALUE, auth=auth)
    seen = await api.get(place, auth=auth)
    await api.send_json("PUT", place, {}, auth=auth)

    assert (made.status, made.body, seen.json()) == (204, b"", VALUE)
    assert (await api.get(place, auth=auth)).json() == {}
    assert (await api.request("DELETE", place, auth=auth)).status == 204
    for method in ("GET", "DELETE"):
        assert (await api.request(method, place, auth=auth)).status == 404


async def test_a_commits_property_is_of_that_commit_whatever_it_is_called(api, auth, code, git):
    first, second = git.git("rev-parse", "HEAD~1").strip(), git.git("rev-parse", "HEAD").strip()
    await api.send_json("PUT", f"{CODE}/commit/main/properties/app/x", {"at": "main"}, auth=auth)

    assert (await api.get(f"{CODE}/commit/{second[:9]}/properties/app/x", auth=auth)).json() == {"at": "main"}
    for other in (f"/commit/{first}", "", f"/commit/{'0' * 40}", "/commit/nowhere"):
        assert (await api.get(f"{CODE}{other}/properties/app/x", auth=auth)).status == 404


async def test_keys_and_names_are_apart(api, auth, code):
    for app in ("a", "b"):
        for name in ("x", "y.Z_1-2"):
            await api.send_json("PUT", f"{CODE}/properties/{app}/{name}", {"is": app + name}, auth=auth)

    assert (await api.get(f"{CODE}/properties/a/y.Z_1-2", auth=auth)).json() == {"is": "ay.Z_1-2"}
    assert (await api.get(f"{CODE}/properties/A/x", auth=auth)).status == 404


READS = {
    (): {"writer", "admin"},
    ("read_only",): {"writer", "admin"},
    ("public",): {"reader", "writer", "other", "admin"},
    ("public", "read_only"): {"reader", "writer", "other", "admin"},
}
CHANGES = {
    (): {"writer", "admin"},
    ("read_only",): {"writer", "admin"},
    ("public",): {"writer", "other", "admin"},
    ("public", "read_only"): {"writer", "admin"},
}


@pytest.mark.parametrize("attributes", list(READS))
async def test_attributes_say_who_reads_and_who_changes_what_the_writer_keeps(api, people, place, attributes):
    value = {"_attributes": list(attributes), "secret": 1}

    for who, asking in people.items():
        assert (await api.send_json("PUT", place, value, auth=people["writer"])).status == 204
        seen = await api.get(place, auth=asking)
        changed = await api.send_json("PUT", place, {**value, "by": who}, auth=asking)
        now = (await api.get(place, auth=people["admin"])).json()
        gone = await api.request("DELETE", place, auth=asking)

        may = who in CHANGES[attributes]
        assert seen.status == (200 if who in READS[attributes] else 404), who
        if seen.status == 200:
            assert seen.json() == value
        refused = 404 if who == "nobody" else 403
        assert changed.status == (204 if may else refused), who
        assert (now.get("by") == who) is may
        assert gone.status == (204 if may else refused), who
        await api.request("DELETE", place, auth=people["admin"])


async def test_it_belongs_to_who_wrote_it_last(api, people, place):
    await api.send_json("PUT", place, {"_attributes": ["public"]}, auth=people["writer"])
    await api.send_json("PUT", place, {"now": "mine"}, auth=people["other"])

    assert (await api.get(place, auth=people["other"])).json() == {"now": "mine"}
    assert (await api.get(place, auth=people["writer"])).status == 404
    assert (await api.send_json("PUT", place, {}, auth=people["writer"])).status == 403


async def test_what_is_public_on_a_public_repository_is_read_by_anybody(api, server, ada, auth, git):
    git.commit("first")
    await server.adopted("ada", "code", git, public=True)
    for name, value in (("open", {"_attributes": ["public"]}), ("closed", {})):
        await api.send_json("PUT", f"{CODE}/properties/app/{name}", value, auth=auth)

    assert (await api.get(f"{CODE}/properties/app/open")).json() == {"_attributes": ["public"]}
    assert (await api.get(f"{CODE}/properties/app/closed")).status == 404
    assert (await api.send_json("PUT", f"{CODE}/properties/app/open", {})).status == 401


def _nested(depth):
    value = {}
    for _ in range(depth - 1):
        value = {"x": value}
    return value


@pytest.mark.parametrize(
    "value",
    [
        {"a b": 1},
        {"": 1},
        {"ok": {"é": 1}},
        {"ok": [{"a.b": 1}]},
        {"a\0": 1},
        {"x" * 33_000: 1},
        {"a": "x" * 33_000},
        {"a": ["\0"] * 6_000},
        _nested(21),
        {"a": [[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]},
        {"_attributes": "public"},
        {"_attributes": ["secret"]},
        {"_attributes": [["public"]]},
        {"_attributes": [1]},
        {"_attributes": None},
        {"_attributes": {}},
        [],
        [1],
        "text",
        5,
        None,
    ],
)
async def test_what_cannot_be_kept(api, auth, place, value):
    assert (await api.send_json("PUT", place, {"kept": 1}, auth=auth)).status == 204

    answer = await api.send_json("PUT", place, value, auth=auth)

    assert answer.status == 400
    assert (await api.get(place, auth=auth)).json() == {"kept": 1}


@pytest.mark.parametrize(
    "body", [b'{"a": 1e999}', b'{"a": "\\ud800"}', b'{"a": NaN}', b"{", b"\xff", b'{"a"']
)
async def test_what_is_not_json(api, auth, place, body):
    headers = {"content-type": "application/json"}
    answer = await api.request("PUT", place, auth=auth, headers=headers, body=body)

    assert answer.status == 400
    assert (await api.get(place, auth=auth)).status == 404


async def test_the_largest_and_deepest_value(api, auth, place):
    for value in ({"a": "x" * (32 * 1024 - 8)}, _nested(20)):
        assert (await api.send_json("PUT", place, value, auth=auth)).status == 204
        assert (await api.get(place, auth=auth)).json() == value
    assert (await api.send_json("PUT", place, {"a": "x" * (32 * 1024 - 7)}, auth=auth)).status == 400


@pytest.mark.parametrize("name", ["a%20b", ".x", "..", "a%2Fb", "%C3%A9", "a%0Ab", "x" * 129, "a%00", "%FF"])
async def test_names_and_keys_have_bounds(api, auth, code, name):
    for path in (f"{CODE}/properties/app/{name}", f"{CODE}/properties/{name}/x"):
        for method in ("GET", "PUT", "DELETE"):
            assert (await api.send_json(method, path, {}, auth=auth)).status in {400, 404}, (method, path)


async def test_a_place_keeps_at_most_100(api, auth, place):
    for number in range(100):
        assert (await api.send_json("PUT", f"{place}{number}", {}, auth=auth)).status == 204
    over = await api.send_json("PUT", f"{place}-more", {}, auth=auth)
    again = await api.send_json("PUT", f"{place}7", {"new": 1}, auth=auth)

    assert (over.status, again.status) == (400, 204)


async def test_programs_that_keep_the_same_at_once_keep_one(api, auth, place):
    answers = await asyncio.gather(*[api.send_json("PUT", place, {"n": n}, auth=auth) for n in range(8)])

    assert {answer.status for answer in answers} == {204}
    assert (await api.request("DELETE", place, auth=auth)).status == 204
    assert (await api.get(place, auth=auth)).status == 404


async def test_a_person_keeps_their_own_and_shows_what_is_public(api, server, ada, auth):
    grace = await server.user("grace")
    hers = await server.auth(grace, "email")
    own = f"/2.0/users/%7B{ada.id}%7D/properties/app"

    for name, value in (("open", {"_attributes": ["public"], "a": 1}), ("closed", {"b": 2})):
        assert (await api.send_json("PUT", f"{own}/{name}", value, auth=auth)).status == 204

    by_account = f"/2.0/users/{ada.account_id}/properties/app"
    assert (await api.get(f"{by_account}/closed", auth=auth)).json() == {"b": 2}
    for asking in (hers, None):
        assert (await api.get(f"{own}/open", auth=asking)).json()["a"] == 1
        assert (await api.get(f"{own}/closed", auth=asking)).status == 404
    for name in ("open", "closed", "new"):
        assert (await api.send_json("PUT", f"{own}/{name}", {}, auth=hers)).status == 403
        assert (await api.request("DELETE", f"{own}/{name}", auth=hers)).status == 403
        assert (await api.request("DELETE", f"{own}/{name}")).status == 401
    assert (await api.get(f"{own}/open", auth=auth)).json()["a"] == 1
    assert (await api.request("DELETE", f"{own}/open", auth=auth)).status == 204
    assert (await api.request("DELETE", f"{own}/open", auth=auth)).status == 404
    assert (await api.get("/2.0/users/ada/properties/app/open", auth=auth)).status == 404


async def test_properties_go_with_their_repository(api, auth, server, place):
    await api.send_json("PUT", place, {"a": 1}, auth=auth)
    assert (await api.request("DELETE", CODE, auth=auth)).status == 204
    await server.repository("ada", "code")

    assert (await api.get(f"{CODE}/properties/my-app/state", auth=auth)).status == 404
