import pytest

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


@pytest.fixture
async def statuses(server, ada, git):
    tip = git.commit("first")
    await server.adopted("ada", "code", git)
    return f"{CODE}/commit/{tip}/statuses"


TOLD = {"key": "ci/1", "state": "INPROGRESS", "url": "https://ci.example.org/1", "refname": "main"}


async def test_a_build_is_told_told_again_and_listed(api, auth, statuses):
    made = await api.send_json("POST", f"{statuses}/build", TOLD, auth=auth)
    again = await api.send_json("POST", f"{statuses}/build", {**TOLD, "state": "FAILED"}, auth=auth)
    other = {"key": "docs", "state": "SUCCESSFUL", "url": "https://ci.example.org/2", "name": "Docs"}
    await api.send_json("POST", f"{statuses}/build", other, auth=auth)

    assert (made.status, again.status) == (201, 201)
    assert made.json()["name"] == "ci/1"
    own = "/2.0" + made.headers["location"].partition("/2.0")[2]
    assert own == f"{statuses}/build/ci%2F1"
    assert (await api.get(own, auth=auth)).json() == again.json()
    assert again.json()["created_on"] == made.json()["created_on"]
    listed = (await api.get(statuses, auth=auth)).json()
    assert [one["key"] for one in listed["values"]] == ["docs", "ci/1"]
    changed = await api.send_json("PUT", own, {"state": "STOPPED", "description": "by hand"}, auth=auth)
    assert (changed.json()["state"], changed.json()["url"]) == ("STOPPED", "https://ci.example.org/1")
    of_main = (await api.get(f"{statuses}?refname=main", auth=auth)).json()
    assert [one["key"] for one in of_main["values"]] == ["ci/1"]
    failed = (await api.get(f'{statuses}?q=state="SUCCESSFUL"', auth=auth)).json()
    assert [one["key"] for one in failed["values"]] == ["docs"]


async def test_a_key_is_written_over_as_a_whole_and_changed_member_by_member(api, auth, statuses):
    told = {**TOLD, "name": "CI", "description": "running"}
    made = (await api.send_json("POST", f"{statuses}/build", told, auth=auth)).json()
    own = f"{statuses}/build/ci%2F1"

    # A change leaves what it doesn't name, and empties what it names so.
    changed = (await api.send_json("PUT", own, {"state": "FAILED", "refname": ""}, auth=auth)).json()
    assert {**changed, "updated_on": None} == {**made, "state": "FAILED", "refname": None, "updated_on": None}
    # What comes again under its key is all that there is (documented: it is overwritten).
    again = {"key": "ci/1", "state": "SUCCESSFUL", "url": "https://ci.example.org/2"}
    over = (await api.send_json("POST", f"{statuses}/build", again, auth=auth)).json()
    assert (over["name"], over["description"], over["refname"]) == ("ci/1", "", None)
    assert (over["created_on"], over["url"]) == (made["created_on"], "https://ci.example.org/2")
    for lacking in ("state", "url"):
        less = {name: value for name, value in again.items() if name != lacking}
        refused = await api.send_json("POST", f"{statuses}/build", less, auth=auth, beyond={"key"})
        assert refused.json()["error"]["fields"] == {lacking: ["required key not provided"]}
    assert (await api.get(own, auth=auth)).json() == over


async def test_a_template_is_filled_whenever_it_is_shown(api, auth, statuses, server, ada):
    url = "https://ci.example.org/{repository.full_name}/{commit.short_hash}"
    await api.send_json("POST", f"{statuses}/build", {**TOLD, "url": url}, auth=auth)
    admin = await server.auth(ada, "repository", "repository:admin")
    assert (await api.send_json("PUT", CODE, {"name": "renamed"}, auth=admin)).status == 200

    moved = statuses.replace("/code/", "/renamed/")
    shown = (await api.get(moved, auth=auth)).json()["values"][0]
    short = statuses.split("/")[-2][:12]

    assert shown["url"] == f"https://ci.example.org/ada/renamed/{short}"
    assert (await api.get(f"{moved}/build/ci%2F1", auth=auth)).json() == shown
    kept = await api.send_json("PUT", f"{moved}/build/ci%2F1", {"state": "FAILED"}, auth=auth)
    assert kept.json()["url"] == shown["url"]


async def test_the_address_may_name_the_repository_and_the_commit(api, auth, statuses):
    url = "https://ci.example.org/{repository.full_name}/{commit.hash}?u={repository.uuid}"
    made = await api.send_json("POST", f"{statuses}/build", {**TOLD, "url": url}, auth=auth)

    commit = statuses.split("/")[-2]
    assert made.json()["url"].startswith(f"https://ci.example.org/ada/code/{commit}?u={{")


async def test_a_form_will_do(api, auth, statuses):
    made = await api.send_form("POST", f"{statuses}/build", TOLD, auth=auth)

    assert (made.status, made.json()["state"]) == (201, "INPROGRESS")


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"key": None}, "key"),
        ({"key": ""}, "key"),
        ({"key": "x" * 300}, "key"),
        ({"key": "a\0b"}, "key"),
        ({"key": 5}, "key"),
        ({"state": None}, "state"),
        ({"state": "GREEN"}, "state"),
        ({"url": None}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://x/" + "y" * 3000}, "url"),
        ({"url": "//[bad"}, "url"),
        ({"description": "x" * 3000}, "description"),
        ({"refname": ["main"]}, "refname"),
    ],
)
async def test_what_is_wrong_is_named(api, auth, statuses, changes, member):
    answer = await api.send_json("POST", f"{statuses}/build", {**TOLD, **changes}, auth=auth)

    assert answer.status == 400
    assert answer.json()["error"]["message"].startswith(member)
    assert (await api.get(statuses, auth=auth)).json()["values"] == []


async def test_a_commit_or_key_that_is_not_there(api, auth, statuses):
    assert (await api.get(f"{statuses}/build/none", auth=auth)).status == 404
    assert (await api.send_json("PUT", f"{statuses}/build/none", TOLD, auth=auth)).status == 404
    nowhere = f"{CODE}/commit/{'0' * 40}/statuses"
    assert (await api.send_json("POST", f"{nowhere}/build", TOLD, auth=auth)).status == 404
