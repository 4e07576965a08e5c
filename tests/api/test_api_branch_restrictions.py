"""Branch restrictions said, changed and taken back; what they keep from moving is tested with real clients too."""

import anyio
import pytest
from support.repositories import EPOCH

from bitpail.model.branch_restrictions import LEAST_VALUE, WITH_EXCEPTIONS, Kind
from bitpail.model.branching_models import BranchType
from bitpail.model.groups import Group, GroupId
from bitpail.services import branch_restrictions as service
from bitpail.store.repository_tables import group_members, groups
from bitpail.store.statements import Upsert

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
RESTRICTIONS = f"{CODE}/branch-restrictions"


@pytest.fixture
async def code(server, ada, git):
    hashes = [git.commit(f"commit {number}", time=EPOCH + number) for number in range(2)]
    return await server.adopted("ada", "code", git), hashes


@pytest.fixture
async def grace(server, code):
    grace = await server.user("grace")
    await server.grant(code[0], grace, "write")
    return grace


async def a_group(server, code, slug, *members):
    group = Group(GroupId(f"id-of-{slug}"), code[0].workspace_id, slug, slug.title(), 1)
    async with server.site.db.transaction() as db:
        await db.run(
            Upsert(groups),
            id=group.id,
            workspace_id=group.workspace_id,
            slug=slug,
            name=group.name,
            created_on=1,
        )
        for member in members:
            await db.run(Upsert(group_members), group_id=group.id, user_id=member.id)
    return group


def wanted(kind="push", **more):
    needs = {"value": LEAST_VALUE[Kind(kind)]} if Kind(kind) in LEAST_VALUE else {}
    return {"kind": kind, "branch_match_kind": "glob", "pattern": "main", **needs, **more}


async def test_a_restriction_is_made_shown_changed_and_removed(api, auth, server, code, grace):
    await a_group(server, code, "developers")
    excepted = {"users": [{"uuid": f"{{{grace.id}}}"}], "groups": [{"slug": "developers"}]}

    made = await api.send_json("POST", RESTRICTIONS, wanted(**excepted), auth=auth)

    assert made.status == 201
    shown = made.json()
    assert list(shown) == [
        *("kind", "users", "groups", "links", "pattern", "value", "branch_match_kind", "type", "id")
    ]
    assert (shown["kind"], shown["pattern"], shown["value"], shown["id"]) == ("push", "main", None, 1)
    assert [one["display_name"] for one in shown["users"]] == ["grace"]
    assert [(one["slug"], one["full_slug"]) for one in shown["groups"]] == [("developers", "ada:developers")]
    own = "/2.0" + made.headers["location"].partition("/2.0")[2]
    assert own == f"{RESTRICTIONS}/1"
    assert (await api.get(own, auth=auth)).json() == shown
    assert (await api.get(RESTRICTIONS, auth=auth)).json()["values"] == [shown]
    changed = await api.send_json("PUT", own, {"pattern": "release/*", "users": []}, auth=auth)
    assert changed.status == 200
    assert changed.json() == {**shown, "pattern": "release/*", "users": []}
    assert (await api.get(own, auth=auth)).json() == changed.json()
    assert (await api.request("DELETE", own, auth=auth)).status == 204
    for method in ("GET", "DELETE"):
        assert (await api.request(method, own, auth=auth)).status == 404
    assert (await api.send_json("PUT", own, {}, auth=auth)).status == 404


async def test_a_script_that_kept_the_number_of_a_removed_one_does_not_change_another(api, auth, code):
    gone = (await api.send_json("POST", RESTRICTIONS, wanted(), auth=auth)).json()
    assert (await api.request("DELETE", f"{RESTRICTIONS}/{gone['id']}", auth=auth)).status == 204

    made = (await api.send_json("POST", RESTRICTIONS, wanted(), auth=auth)).json()

    assert made["id"] == gone["id"] + 1
    assert (await api.send_json("PUT", f"{RESTRICTIONS}/{gone['id']}", {}, auth=auth)).status == 404


@pytest.mark.parametrize("kind", Kind)
async def test_every_kind_finds_its_branches_by_a_pattern_or_by_the_branching_model(api, auth, code, kind):
    by_pattern = await api.send_json("POST", RESTRICTIONS, wanted(kind), auth=auth)
    by_model = wanted(kind, branch_match_kind="branching_model", branch_type="production", pattern="")
    by_type = await api.send_json("POST", RESTRICTIONS, by_model, auth=auth)

    assert (by_pattern.status, by_type.status) == (201, 201)
    assert "branch_type" not in by_pattern.json()
    assert (by_type.json()["pattern"], by_type.json()["branch_type"]) == ("", "production")
    assert by_pattern.json()["value"] == LEAST_VALUE.get(kind)
    assert [one["id"] for one in (await api.get(RESTRICTIONS, auth=auth)).json()["values"]] == [1, 2]


@pytest.mark.parametrize("branch_type", BranchType)
async def test_what_was_said_may_be_said_again_of_other_branches_only(api, auth, code, branch_type):
    by_model = {"branch_match_kind": "branching_model", "branch_type": branch_type.value}
    for body in (wanted(), wanted("force"), wanted(pattern="other"), wanted(**by_model)):
        assert (await api.send_json("POST", RESTRICTIONS, body, auth=auth)).status == 201
        again = await api.send_json("POST", RESTRICTIONS, {**body, "users": []}, auth=auth)
        assert again.status == 409

    moved = await api.send_json("PUT", f"{RESTRICTIONS}/3", {"pattern": "main"}, auth=auth)
    assert (moved.status, "restriction 1" in moved.text) == (409, True)
    assert (await api.send_json("PUT", f"{RESTRICTIONS}/1", {"pattern": "main"}, auth=auth)).status == 200
    assert len((await api.get(RESTRICTIONS, auth=auth)).json()["values"]) == 4


async def test_the_way_of_matching_may_change(api, auth, code):
    least = {"kind": "push", "pattern": "main"}
    await api.send_json("POST", RESTRICTIONS, least, auth=auth, beyond={"branch_match_kind"})

    to_model = {"branch_match_kind": "branching_model", "branch_type": "feature"}
    there = (await api.send_json("PUT", f"{RESTRICTIONS}/1", to_model, auth=auth)).json()
    back = {"branch_match_kind": "glob", "pattern": "x"}
    returned = (await api.send_json("PUT", f"{RESTRICTIONS}/1", back, auth=auth)).json()

    assert (there["pattern"], there["branch_type"]) == ("", "feature")
    assert (returned["pattern"], "branch_type" in returned) == ("x", False)


async def test_they_are_listed_by_kind_by_pattern_and_by_a_query(api, auth, code):
    for kind, pattern in [("push", "main"), ("force", "main"), ("push", "release/*")]:
        await api.send_json("POST", RESTRICTIONS, wanted(kind, pattern=pattern), auth=auth)

    async def numbers(query):
        return [one["id"] for one in (await api.get(f"{RESTRICTIONS}?{query}", auth=auth)).json()["values"]]

    assert await numbers("kind=push") == [1, 3]
    assert await numbers("pattern=main") == [1, 2]
    assert await numbers("kind=push&pattern=release%2F*") == [3]
    assert await numbers("pattern=none") == []
    assert await numbers("sort=-id&pagelen=2") == [3, 2]
    assert await numbers('q=pattern+~+"release"') == [3]
    assert (await api.get(f"{RESTRICTIONS}?kind=pull", auth=auth)).status == 400


@pytest.mark.parametrize("by", ["uuid", "account_id", "username"])
async def test_people_may_be_named_as_clients_name_them(api, auth, code, grace, by):
    name = {"uuid": f"{{{grace.id}}}", "account_id": grace.account_id, "username": "grace"}[by]

    made = await api.send_json(
        "POST", RESTRICTIONS, wanted(users=[{by: name, "type": "user"}] * 2), auth=auth
    )

    assert [one["display_name"] for one in made.json()["users"]] == ["grace"]


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"kind": None}, "kind"),
        ({"kind": "pull"}, "kind"),
        ({"kind": 5}, "kind"),
        ({"branch_match_kind": "regex"}, "branch_match_kind"),
        ({"branch_match_kind": "branching_model"}, "branch_type"),
        ({"branch_match_kind": "branching_model", "branch_type": "main"}, "branch_type"),
        ({"pattern": None}, "pattern"),
        ({"pattern": ""}, "pattern"),
        ({"pattern": "x" * 300}, "pattern"),
        ({"pattern": "a b"}, "pattern"),
        ({"pattern": "a\0b"}, "pattern"),
        ({"pattern": ["main"]}, "pattern"),
        ({"value": "many"}, "value"),
        ({"kind": "require_approvals_to_merge"}, "value"),
        ({"kind": "require_approvals_to_merge", "value": None}, "value"),
        ({"kind": "require_approvals_to_merge", "value": 0}, "value"),
        ({"kind": "require_passing_builds_to_merge", "value": -1}, "value"),
        ({"kind": "require_commits_behind", "value": -1}, "value"),
        ({"kind": "require_commits_behind", "value": 1.5}, "value"),
        ({"kind": "require_commits_behind", "value": 2**70}, "value"),
        ({"users": [{}]}, "users"),
        ({"users": ["grace"]}, "users"),
        ({"users": [{"uuid": "nobody"}]}, "users"),
        ({"users": [{"uuid": "{../}"}]}, "users"),
        ({"users": [{"username": "a\0b"}]}, "users"),
        ({"users": [{"username": "x" * 5000}]}, "users"),
        ({"users": [{"username": "ada"}] * 101}, "users"),
        ({"users": "ada"}, "users"),
        ({"groups": [{"slug": "none"}]}, "groups"),
        ({"groups": [{"slug": "a\0b"}]}, "groups"),
        ({"groups": [{"name": "none"}]}, "groups"),
        ({"kind": "force", "users": [{"username": "ada"}]}, "users"),
        ({"kind": "delete", "users": [{"username": "ada"}]}, "users"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_written(api, auth, code, changes, member):
    answer = await api.send_json("POST", RESTRICTIONS, {**wanted(), **changes}, auth=auth)

    assert answer.status == 400
    assert answer.json()["error"]["message"].startswith(member)
    assert (await api.get(RESTRICTIONS, auth=auth)).json()["values"] == []


@pytest.mark.parametrize("number", ["0", "2", "-1", "1x", "%00", "9" * 30, "%C2%B2", "..", "{1}"])
async def test_a_number_that_is_not_there(api, auth, code, number):
    await api.send_json("POST", RESTRICTIONS, wanted(), auth=auth)

    for method, body in [("GET", None), ("PUT", {}), ("DELETE", None)]:
        path = f"{RESTRICTIONS}/{number}"
        sent = (
            api.request(method, path, auth=auth)
            if body is None
            else api.send_json(method, path, body, auth=auth)
        )
        assert (await sent).status in {400, 404}
    assert len((await api.get(RESTRICTIONS, auth=auth)).json()["values"]) == 1


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in WITH_EXCEPTIONS])
async def test_exceptions_stay_with_the_kinds_that_have_them(api, auth, code, grace, kind):
    body = wanted(users=[{"username": "grace"}])
    await api.send_json("POST", RESTRICTIONS, body, auth=auth)

    answer = await api.send_json(
        "PUT", f"{RESTRICTIONS}/1", {"kind": kind.value, "value": LEAST_VALUE.get(kind)}, auth=auth
    )

    assert answer.status == 400
    assert (await api.get(f"{RESTRICTIONS}/1", auth=auth)).json()["kind"] == "push"


async def test_whoever_may_not_see_the_repository_can_not_be_excepted_and_sounds_like_nobody(
    api, auth, server, code
):
    hidden = await server.user("hidden")

    said = [
        (await api.send_json("POST", RESTRICTIONS, wanted(users=[{"username": name}]), auth=auth)).json()
        for name in ("hidden", "nobody")
    ]

    assert said[0]["error"]["message"].replace("hidden", "nobody") == said[1]["error"]["message"]
    by_uuid = wanted(users=[{"uuid": f"{{{hidden.id}}}"}])
    assert (await api.send_json("POST", RESTRICTIONS, by_uuid, auth=auth)).status == 400


async def test_a_group_of_another_workspace_can_not_be_excepted(api, auth, server, code):
    await server.workspace("acme", await server.user("linus"))
    other = await server.repository("acme", "other")
    await a_group(server, (other, None), "developers")

    answer = await api.send_json("POST", RESTRICTIONS, wanted(groups=[{"slug": "developers"}]), auth=auth)

    assert (answer.status, answer.json()["error"]["message"]) == (
        400,
        "groups: no group of this workspace: developers",
    )


async def test_there_is_an_end_to_how_many_there_are(api, auth, code, monkeypatch):
    monkeypatch.setattr(service, "_MOST", 2)

    statuses = [
        (await api.send_json("POST", RESTRICTIONS, wanted(pattern=str(number)), auth=auth)).status
        for number in range(3)
    ]

    assert statuses == [201, 201, 400]


async def test_of_several_at_once_that_say_the_same_one_is_made(api, auth, code):
    statuses = []

    async def ask():
        statuses.append((await api.send_json("POST", RESTRICTIONS, wanted(), auth=auth)).status)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(ask)

    assert sorted(statuses) == [201, 409, 409, 409, 409]
