"""Branches and tags made and deleted by the API, which are pushes like any other."""

import pytest
from support.repositories import EPOCH

from bitpail.model.audit import Filter, Kind
from bitpail.services import app_passwords, audit
from bitpail.services.app_passwords import Wanted

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
BRANCHES = f"{CODE}/refs/branches"
TAGS = f"{CODE}/refs/tags"


@pytest.fixture
async def history(server, ada, git):
    hashes = [git.commit(f"commit {number}", time=EPOCH + number) for number in range(3)]
    git.git("tag", "v1", hashes[1])
    await server.adopted("ada", "code", git)
    return hashes


def wanted(name, target, **more):
    return {"name": name, "target": {"hash": target}, **more}


@pytest.mark.parametrize("name", ["feature/one", "v1", "ü", "a.b-c_d", "$;&=@!.,", 'quote"<#', "x" * 200])
async def test_a_branch_is_made_shown_and_deleted(api, auth, git, history, name):
    made = await api.send_json("POST", BRANCHES, wanted(name, history[1][:10]), auth=auth)

    assert made.status == 201
    assert made.json()["target"]["hash"] == history[1] == git.git("rev-parse", f"refs/heads/{name}")
    address = made.json()["links"]["self"]["href"].partition("/2.0/")[2]
    shown = await api.get(f"/2.0/{address}", auth=auth)
    assert shown.json() == made.json()
    assert (await api.request("DELETE", f"/2.0/{address}", auth=auth)).status == 204
    assert (await api.get(f"/2.0/{address}", auth=auth)).status == 404
    assert git.git("for-each-ref", "--format=%(refname)", "refs/heads") == "refs/heads/main"


@pytest.mark.parametrize("target", ["main", "v1", "HEAD", "refs/heads/main"])
async def test_a_branch_may_start_from_a_name(api, auth, git, history, target):
    await api.send_json("POST", BRANCHES, wanted("new", target), auth=auth)

    assert git.git("rev-parse", "new") == git.git("rev-parse", target)


async def test_a_tag_made_by_the_api_is_annotated_and_names_who_made_it(api, auth, git, history):
    made = await api.send_json("POST", TAGS, wanted("v2", history[2]), auth=auth)
    said = await api.send_json("POST", TAGS, wanted("v3", "v2", message="Third\n\nWith a body"), auth=auth)

    assert made.status == said.status == 201
    assert made.json()["message"] == f"Added tag v2 for changeset {history[2][:12]}\n"
    assert "ada@example.com" in made.json()["tagger"]["raw"]
    assert made.json()["tagger"]["user"]["display_name"] == "ada"
    assert git.git("cat-file", "-t", "v2") == "tag"
    assert git.git("tag", "-l", "--format=%(contents)", "v3") == "Third\n\nWith a body"
    assert git.git("rev-parse", "v3^{}") == history[2]
    git.git("fsck", "--strict")
    shown = await api.get(f"{TAGS}/v2", auth=auth)
    assert shown.json() == made.json()
    assert (await api.request("DELETE", f"{TAGS}/v1", auth=auth)).status == 204
    assert git.git("tag") == "v2\nv3"


@pytest.mark.parametrize(
    ("where", "body", "says"),
    [
        (BRANCHES, wanted("main", "main"), "already exists"),
        (BRANCHES, wanted("new", "nowhere"), "Commit not found"),
        (BRANCHES, wanted("new", "0" * 40), "Commit not found"),
        (BRANCHES, wanted("-new", "main"), "name"),
        (BRANCHES, wanted("a..b", "main"), "name"),
        (BRANCHES, wanted("a b", "main"), "name"),
        (BRANCHES, wanted("a\0b", "main"), "name"),
        (BRANCHES, wanted("", "main"), "name"),
        (BRANCHES, wanted("../x", "main"), "name"),
        (BRANCHES, wanted("x.lock", "main"), "name"),
        (BRANCHES, wanted("x" * 5000, "main"), "name"),
        (BRANCHES, wanted("main/below", "main"), "name: main is there: git keeps none beside it"),
        (BRANCHES, {"name": "new"}, "target: required key not provided"),
        (BRANCHES, {"name": "new", "target": {}}, "target.hash: required key not provided"),
        (BRANCHES, wanted("new", ""), "target.hash: not a revision"),
        (BRANCHES, {"name": 5, "target": {"hash": "main"}}, "name"),
        (BRANCHES, {"name": "new", "target": "main"}, "target"),
        (BRANCHES, wanted("new", "--all"), "revision"),
        (TAGS, wanted("v1", "main"), "already exists"),
        (TAGS, wanted("v2", "v1^"), "revision"),
        (TAGS, wanted("v2", "main", message=5), "message"),
    ],
)
async def test_what_cannot_be_made_is_refused_and_changes_nothing(api, auth, git, history, where, body, says):
    before = git.git("for-each-ref")

    answer = await api.send_json("POST", where, body, auth=auth)

    assert answer.status == 400
    assert says in answer.text
    assert git.git("for-each-ref") == before


async def test_the_main_branch_stays(api, auth, history):
    answer = await api.request("DELETE", f"{BRANCHES}/main", auth=auth)

    assert (answer.status, "main branch" in answer.text) == (400, True)
    assert (await api.request("DELETE", f"{BRANCHES}/none", auth=auth)).status == 404


async def test_limits_on_branches_rule_the_api_as_they_rule_a_push(server, api, ada, git, history):
    limited = Wanted(label="bot", permissions=("repository:write",), branches=("bot/*",), no_delete=True)
    auth = ("ada", (await app_passwords.create(server.site, ada, limited))[1].reveal())

    assert (await api.send_json("POST", BRANCHES, wanted("bot/one", "main"), auth=auth)).status == 201
    refused = await api.send_json("POST", BRANCHES, wanted("other", "main"), auth=auth)
    assert refused.status == 403
    assert "other" in refused.json()["error"]["message"]
    assert (await api.request("DELETE", f"{BRANCHES}/bot/one", auth=auth)).status == 403
    assert git.git("branch", "--format=%(refname:short)") == "bot/one\nmain"


async def test_a_secret_in_the_message_of_a_tag_is_refused(server, api, ada, git, history):
    auth = await server.auth(ada, "repository:write")

    answer = await api.send_json("POST", TAGS, wanted("v9", "main", message=f"use {auth[1]}"), auth=auth)

    assert answer.status == 403
    assert "live app password" in answer.text
    assert auth[1] not in answer.text
    assert git.git("tag") == "v1"
    await server.application._site.behind.flush()
    (event,) = [each async for each in audit.every(server.site, Filter(kind=Kind.APP_PASSWORD_LEAKED))]
    assert event.username == "ada"
