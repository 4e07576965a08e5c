"""``mainbranch`` of a repository's body."""

import pytest
from support.repositories import Repository

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


@pytest.fixture
async def code(server, ada, git):
    git.commit("first")
    git.commit("second", "feature/x")
    await server.adopted("ada", "code", git)
    return git


def _named(name):
    return {"mainbranch": {"type": "branch", "name": name}}


async def test_another_branch_becomes_the_main_branch(api, auth, code):
    changed = await api.send_json("PUT", CODE, _named("feature/x"), auth=auth)

    assert (changed.status, changed.json()["mainbranch"]["name"]) == (200, "feature/x")
    assert code.git("symbolic-ref", "HEAD") == "refs/heads/feature/x"
    assert (await api.get(CODE, auth=auth)).json()["mainbranch"]["name"] == "feature/x"


@pytest.mark.parametrize(
    "name", ["nowhere", "", "refs/heads/main", "-main", "a b", "main\0", "x" * 5000, "ма"]
)
async def test_a_branch_that_is_not_there_is_refused_and_nothing_changes(api, auth, code, name):
    refused = await api.send_json("PUT", CODE, {**_named(name), "description": "new"}, auth=auth)

    assert refused.status == 400, refused
    assert list(refused.json()["error"]["fields"]) == ["mainbranch"]
    assert code.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert (await api.get(CODE, auth=auth)).json()["description"] == ""


@pytest.mark.parametrize("value", [None, {"type": "branch"}, {"name": None}, {"name": "main"}])
async def test_none_and_the_one_it_is_leave_the_main_branch(api, auth, code, value):
    changed = await api.send_json("PUT", CODE, {"mainbranch": value}, auth=auth, beyond={"mainbranch"})

    assert (changed.status, changed.json()["mainbranch"]["name"]) == (200, "main")


@pytest.mark.parametrize("value", ["main", ["main"], {"name": 5}])
async def test_what_is_no_branch_is_refused(api, auth, code, value):
    assert (await api.send_json("PUT", CODE, {"mainbranch": value}, auth=auth)).status == 400


async def test_a_new_repository_has_the_main_branch_that_was_asked_for_once_it_is_pushed(server, api, auth):
    made = await api.send_json("POST", CODE, _named("trunk"), auth=auth)
    pushed = {"a.txt": "a", "branch": "trunk"}
    await api.send_form("POST", f"{CODE}/src", pushed, auth=auth)

    assert (made.status, made.json()["mainbranch"]) == (200, None)
    assert (await api.get(CODE, auth=auth)).json()["mainbranch"]["name"] == "trunk"


async def test_while_there_is_no_branch_the_one_to_come_can_be_changed(api, auth):
    await api.request("POST", CODE, auth=auth)

    changed = await api.send_json("PUT", CODE, _named("trunk"), auth=auth)
    await api.send_form("POST", f"{CODE}/src", {"a.txt": "a"}, auth=auth)

    assert changed.status == 200
    assert (await api.get(CODE, auth=auth)).json()["mainbranch"]["name"] == "trunk"


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "-x",
        "a..b",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a*",
        "a[",
        "a\\b",
        "a@{b",
        "@",
        "a.lock",
        "a.lock/b",
        ".a",
        "a/.b",
        "a.",
        "/a",
        "a/",
        "a//b",
        "HEAD",
        "a\x7f",
        "0" * 40,
        "",
    ],
)
async def test_a_name_that_git_does_not_allow_makes_no_repository(api, auth, name):
    refused = await api.send_json("POST", CODE, _named(name), auth=auth)

    assert refused.status == 400, refused
    assert (await api.get(CODE, auth=auth)).status == 404


async def test_a_worktree_keeps_the_branch_that_is_checked_out(server, ada, api, auth, tmp_path):
    work = Repository(tmp_path / "work", bare=False)
    work.commit("first")
    work.commit("second", "other")
    await server.adopted("ada", "code", work)

    refused = await api.send_json("PUT", CODE, _named("other"), auth=auth)

    assert refused.status == 400
    assert "worktree" in refused.message
    assert work.git("symbolic-ref", "HEAD") == "refs/heads/main"
