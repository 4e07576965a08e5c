import pytest

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
ENVIRONMENTS = f"{CODE}/environments"


@pytest.fixture
async def admin(server, ada, git):
    git.commit("first")
    await server.adopted("ada", "code", git)
    return await server.auth(ada, "pipeline", "repository:delete")


def _path(environment):
    return f"{ENVIRONMENTS}/%7B{environment['uuid'][1:-1]}%7D"


async def make(api, admin, name, **more):
    answer = await api.send_json("POST", ENVIRONMENTS, {"name": name, **more}, auth=admin)
    assert answer.status == 201, answer
    return answer.json()


def kind(name):
    return {"environment_type": {"name": name}}


async def test_an_environment_is_made_seen_and_forgotten(api, admin):
    answer = await api.send_json(
        "POST",
        ENVIRONMENTS,
        {
            "type": "deployment_environment",
            "name": "Our Stage",
            "environment_type": {"type": "deployment_environment_type", "name": "Staging", "rank": 1},
            "rank": 7,
            "hidden": True,
            "environment_lock_enabled": False,
            "restrictions": {"type": "deployment_restrictions_configuration", "admin_only": True},
            "lock": {"type": "deployment_environment_lock_open", "name": "OPEN"},
        },
        auth=admin,
    )
    made = answer.json()

    assert answer.status == 201
    assert made == {
        "type": "deployment_environment",
        "uuid": made["uuid"],
        "name": "Our Stage",
        "slug": "our-stage",
        "environment_type": {"type": "deployment_environment_type", "name": "Staging", "rank": 1},
        "category": {"name": "Staging"},
        "rank": 7,
        "hidden": True,
        "deployment_gate_enabled": False,
        "environment_lock_enabled": False,
        "lock": {"type": "deployment_environment_lock_open", "name": "OPEN"},
        "restrictions": {"type": "deployment_restrictions_configuration", "admin_only": True},
    }
    own = "/2.0" + answer.headers["location"].partition("/2.0")[2]
    assert own == _path(made)
    assert (await api.get(own, auth=admin)).json() == made
    shouted = f"{ENVIRONMENTS}/%7B{made['uuid'][1:-1].upper()}%7D"
    assert (await api.get(shouted, auth=admin)).json() == made
    assert (await api.request("DELETE", own, auth=admin)).status == 204
    for method in ("GET", "DELETE"):
        assert (await api.request(method, own, auth=admin)).status == 404
    assert (
        await api.send_json("POST", f"{own}/changes", {"change": {"name": "x"}}, auth=admin)
    ).status == 404


async def test_a_new_repository_has_none_and_one_that_says_nothing_is_a_test(api, admin):
    assert (await api.get(ENVIRONMENTS, auth=admin)).json()["values"] == []

    made = await make(api, admin, "qa")

    assert made["environment_type"] == {"type": "deployment_environment_type", "name": "Test", "rank": 0}
    assert (made["rank"], made["hidden"], made["environment_lock_enabled"]) == (0, False, True)
    assert made["restrictions"]["admin_only"] is False


async def test_environments_are_listed_as_a_change_goes_through_them_and_asked_for(api, admin):
    for name, its_kind, rank in (
        ("live", "Production", 2),
        ("b", "Staging", 9),
        ("a", "Staging", 3),
        ("t", "Test", 0),
    ):
        await make(api, admin, name, rank=rank, hidden=name == "t", **kind(its_kind))

    async def asked(query):
        values = (await api.get(f"{ENVIRONMENTS}?{query}", auth=admin)).json()["values"]
        return [one["name"] for one in values]

    assert await asked("") == ["t", "a", "b", "live"]
    assert await asked("pagelen=3&page=2") == ["live"]
    assert await asked("sort=-name") == ["t", "live", "b", "a"]
    assert await asked('q=environment_type.name="Staging"+AND+rank>3') == ["b"]
    assert await asked("q=hidden=true+OR+environment_type.rank=2") == ["t", "live"]
    assert await asked("q=restrictions.admin_only=true") == []
    assert (await api.get(f"{ENVIRONMENTS}?q=lock=1", auth=admin)).status == 400


async def test_only_the_name_and_who_may_deploy_can_be_changed(api, admin):
    made = await make(api, admin, "qa", **kind("Staging"))
    changes = f"{_path(made)}/changes"

    async def change(wanted):
        return await api.send_json("POST", changes, wanted, auth=admin)

    answer = await change({"change": {"name": "Q A"}})
    assert (answer.status, answer.body) == (202, b"")
    assert (await change({"change": {"restrictions": {"admin_only": True}}})).status == 202
    assert (await change({"change": {}})).status == 202
    now = (await api.get(_path(made), auth=admin)).json()
    assert now == {
        **made, "name": "Q A", "slug": "q-a", "restrictions": {**made["restrictions"], "admin_only": True},
    }  # fmt: skip
    for member, value in (
        *(("rank", 1), ("hidden", True), ("lock", {}), ("environment_lock_enabled", False)),
        *(("environment_type", {"name": "Test"}), ("uuid", made["uuid"]), ("x" * 500, 1)),
    ):
        refused = await change({"change": {"name": "other", member: value}})
        assert (refused.status, "change-not-supported" in refused.message) == (400, True)
    for wrong in ({}, {"name": "x"}, {"change": None}, {"change": []}, {"change": "x"}):
        refused = await change(wrong)
        assert (refused.status, "validation-error" in refused.message) == (400, True)
    for wrong in (
        *({"name": ""}, {"name": None}, {"name": 5}, {"name": "x" * 100}, {"restrictions": True}),
        *({"restrictions": {}}, {"restrictions": {"admin_only": 1}}),
        {"restrictions": {"admin_only": True, "users": []}},
    ):
        assert (await change({"change": wrong})).status == 400, wrong
    assert (await api.get(_path(made), auth=admin)).json() == now


async def test_a_name_is_taken_once(api, admin):
    await make(api, admin, "Test")
    other = await make(api, admin, "other")

    again = await api.send_json("POST", ENVIRONMENTS, {"name": "test", **kind("Production")}, auth=admin)
    renamed = await api.send_json("POST", f"{_path(other)}/changes", {"change": {"name": "TEST"}}, auth=admin)
    same = await api.send_json("POST", f"{_path(other)}/changes", {"change": {"name": "Other"}}, auth=admin)

    assert (again.status, renamed.status, same.status) == (409, 409, 202)
    assert (await api.get(ENVIRONMENTS, auth=admin)).json()["size"] == 2


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "!!!"}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": "x" * 63}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x", "type": "deployment"}, "type"),
        ({"name": "x", "environment_type": {"name": "Prod"}}, "environment_type.name"),
        ({"name": "x", "environment_type": {}}, "environment_type.name"),
        ({"name": "x", "environment_type": "Test"}, "environment_type"),
        ({"name": "x", "rank": -1}, "rank"),
        ({"name": "x", "rank": 2**31}, "rank"),
        ({"name": "x", "rank": 2**70}, "rank"),
        ({"name": "x", "rank": "1"}, "rank"),
        ({"name": "x", "hidden": 1}, "hidden"),
        ({"name": "x", "restrictions": {"admin_only": "no"}}, "restrictions.admin_only"),
    ],
)
async def test_what_is_wrong_is_named(api, admin, body, member):
    answer = await api.send_json("POST", ENVIRONMENTS, body, auth=admin)

    assert (answer.status, list(answer.json()["error"]["fields"])) == (400, [member])
    assert (await api.get(ENVIRONMENTS, auth=admin)).json()["size"] == 0


async def test_a_repository_has_at_most_100_environments(api, admin):
    for number in range(100):
        await make(api, admin, f"e{number}")

    assert (await api.send_json("POST", ENVIRONMENTS, {"name": "more"}, auth=admin)).status == 400


@pytest.mark.parametrize(
    "name", ["x", "%7B%7D", "%7Bx%7D", "%7B00000000-0000-4000-8000-000000000001%7D", "x" * 500]
)
async def test_an_environment_that_is_not_there(api, admin, name):
    for method in ("GET", "DELETE"):
        assert (await api.request(method, f"{ENVIRONMENTS}/{name}", auth=admin)).status == 404
        assert (await api.request("GET", f"{CODE}/deployments/{name}", auth=admin)).status == 404


async def test_an_environment_of_another_repository_is_not_there(api, server, admin):
    made = await make(api, admin, "qa")
    await server.repository("ada", "other")
    elsewhere = _path(made).replace("/code/", "/other/")

    for method in ("GET", "DELETE"):
        assert (await api.request(method, elsewhere, auth=admin)).status == 404
    assert (await api.get(_path(made), auth=admin)).status == 200


async def test_environments_go_with_their_repository(api, server, admin):
    await make(api, admin, "qa")
    assert (await api.request("DELETE", CODE, auth=admin)).status == 204
    await server.repository("ada", "code")

    assert (await api.get(ENVIRONMENTS, auth=admin)).json()["size"] == 0
