"""Branch restrictions held against what the API does to branches: the table that git clients meet."""

import pytest
from support.restricted import WHO, branches_before, configured, put_group, restrict

from bitpail.model.branch_restrictions import Kind

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/acme/code"
BRANCHES = f"{CODE}/refs/branches"


@pytest.fixture
async def scene(server, git):
    people = {who: await server.user(who) for who in WHO}
    await server.workspace("acme", people["administrator"])
    base = git.commit("base")
    before = branches_before(git.git, base)
    code = await server.adopted("acme", "code", git)
    for who in WHO[1:]:
        await server.grant(code, people[who], "write")
    auths = {who: await server.auth(one, "repository:write") for who, one in people.items()}
    group = await put_group(server.site, code, people["grouped"])
    return code, people, auths, group, before


async def _ask(api, case, auth):
    if case.done == "create":
        body = {"name": case.branch, "target": {"hash": "main"}}
        return await api.send_json("POST", BRANCHES, body, auth=auth)
    if case.done == "delete":
        return await api.request("DELETE", f"{BRANCHES}/{case.branch}", auth=auth)
    fields = {"branch": case.branch, "file.txt": str(case.number), "message": "changed"}
    return await api.send_form("POST", f"{CODE}/src", fields, auth=auth)


async def test_who_may_make_change_and_delete_which_branch(api, server, git, scene):
    code, people, auths, group, before = scene
    wrong = []
    for key, cases in configured():
        await restrict(server.site, code, key, people["listed"], group)
        # The API rewrites no history.
        for case in (one for one in cases if one.done != "force"):
            answer = await _ask(api, case, auths[case.who])
            now = (
                git.git("rev-parse", "--verify", "--quiet", f"refs/heads/{case.branch}", check=False) or None
            )
            unmoved = now == before.get(case.branch)
            if (answer.status == 403) is not case.refused or unmoved is not case.refused:
                wrong.append(f"{case}: {answer}")
            if case.refused and "Permission denied to" not in answer.json()["error"]["message"]:
                wrong.append(f"{case}: {answer.text}")

    assert wrong == []


async def test_a_commit_on_a_new_branch_creates_it(api, server, git, scene):
    code, people, auths, group, _ = scene
    await restrict(server.site, code, (Kind.PUSH, "glob"), people["listed"], group)

    fields = {"branch": "kept/new", "file.txt": "text", "message": "changed"}
    said = {
        who: (
            await api.send_form("POST", f"{CODE}/src", {**fields, "branch": f"kept/{who}"}, auth=auth)
        ).status
        for who, auth in auths.items()
    }

    assert said == {"administrator": 403, "listed": 201, "grouped": 201, "unlisted": 403}
    assert (
        git.git("branch", "--list", "--format=%(refname:short)", "kept/[a-z]*") == "kept/grouped\nkept/listed"
    )


async def test_a_refusal_names_the_branch_and_the_restriction(api, server, scene):
    code, people, auths, group, _ = scene
    await restrict(server.site, code, (Kind.PUSH, "branching_model"), people["listed"], group)

    body = {"name": "feature/x", "target": {"hash": "main"}}
    answer = await api.send_json("POST", BRANCHES, body, auth=auths["unlisted"])

    assert answer.json()["error"]["message"].startswith(
        "Permission denied to update branch feature/x. Branch restriction 1 lets only certain people push to feature branches"
    )
