"""Who may make repositories, and in which project."""

import pytest

from bitpail.services import grants, groups, projects, workspaces

pytestmark = pytest.mark.anyio

ROOT = "/2.0/repositories/acme"


@pytest.fixture
async def acme(server, ada):
    acme = await server.workspace("acme", ada)
    await projects.create(server.site, acme, "LIB", "Libraries")
    return acme


@pytest.fixture
async def grace(server, acme):
    grace = await server.user("grace")
    await server.member(acme, grace, "member")
    return grace


@pytest.fixture
async def auth(server, grace):
    return await server.auth(grace, "repository:admin", "repository:write")


async def give(server, acme, key, whom, word, *, is_group=False):
    place = await workspaces.project_for(server.site, acme, key)
    await grants.give(server.site, acme, place, whom, word, is_group=is_group)


async def make(api, auth, slug, key=None, method="POST"):
    body = {} if key is None else {"project": {"key": key}}
    return await api.send_json(method, f"{ROOT}/{slug}", body, auth=auth)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("by_group", [False, True])
async def test_create_repo_lets_repositories_be_made_in_that_project_alone(
    api, server, acme, grace, auth, method, by_group
):
    refused = await make(api, auth, "early", "LIB", method)
    if by_group:
        devs = await groups.create(server.site, acme, "devs")
        await groups.add(server.site, acme, devs, grace)
    await give(server, acme, "LIB", "devs" if by_group else "grace", "create-repo", is_group=by_group)

    made = await make(api, auth, "code", "LIB", method)
    elsewhere = await make(api, auth, "other", "PROJ", method)
    oldest = await make(api, auth, "third", None, method)

    assert refused.status == 403
    assert made.status in {200, 201}
    assert made.json()["project"]["key"] == "LIB"
    assert (elsewhere.status, oldest.status) == (403, 403)
    assert (await api.get(f"{ROOT}/code", auth=auth)).status == 200


@pytest.mark.parametrize("word", ["read", "write"])
async def test_to_write_to_a_project_s_repositories_is_not_to_make_new_ones(api, server, acme, auth, word):
    await give(server, acme, "LIB", "grace", word)

    assert (await make(api, auth, "code", "LIB")).status == 403


async def test_administrators_of_a_project_and_collaborators_make_them_too(api, server, acme, auth, grace):
    await give(server, acme, "LIB", "grace", "admin")
    assert (await make(api, auth, "code", "LIB")).status == 200
    await give(server, acme, "LIB", "grace", "none")
    assert (await make(api, auth, "more", "LIB")).status == 403
    await server.member(acme, grace, "collaborator")
    assert (await make(api, auth, "more", "LIB")).status == 200


async def test_a_project_that_may_not_be_seen_sounds_like_one_that_is_not_there(api, server, acme):
    eve = await server.user("eve")
    auth = await server.auth(eve, "repository:admin")
    await give(server, acme, "PROJ", "eve", "create-repo")
    hidden = await workspaces.project_for(server.site, acme, "LIB")

    told = []
    for project in ({"key": "LIB"}, {"key": "NONE"}):
        answer = await api.send_json("POST", f"{ROOT}/code", {"project": project}, auth=auth)
        told.append((answer.status, answer.text.replace(project["key"], "KEY")))
    by_uuid, as_key = [
        await api.send_json("POST", f"{ROOT}/code", {"project": {name: f"{{{hidden.id}}}"}}, auth=auth)
        for name in ("uuid", "key")
    ]

    assert told[0] == told[1]
    assert told[0][0] == 400
    assert (by_uuid.status, "LIB" in by_uuid.text) == (400, False)
    assert as_key.text == by_uuid.text


async def test_a_repository_moves_to_a_project_that_takes_it(api, server, acme, grace, auth):
    code = await server.repository("acme", "code")
    await server.grant(code, grace, "admin")

    refused = await make(api, auth, "code", "LIB", "PUT")
    same = await make(api, auth, "code", "PROJ", "PUT")
    await give(server, acme, "LIB", "grace", "create-repo")
    moved = await make(api, auth, "code", "LIB", "PUT")

    assert (refused.status, same.status, moved.status) == (403, 200, 200)
    assert moved.json()["project"]["key"] == "LIB"


async def test_a_stranger_with_create_repo_sees_the_workspace_and_makes_one(api, server, acme):
    eve = await server.user("eve")
    auth = await server.auth(eve, "repository:admin", "repository")
    assert (await make(api, auth, "code", "LIB")).status == 404
    await give(server, acme, "LIB", "eve", "create-repo")

    assert (await make(api, auth, "code", "LIB")).status == 200


async def test_what_is_made_in_another_workspace_needs_a_grant_there(api, server, acme, auth, ada):
    await give(server, acme, "LIB", "grace", "create-repo")
    await server.workspace("open", ada, public=True)

    answer = await api.send_json("POST", "/2.0/repositories/open/code", {}, auth=auth)

    assert answer.status == 403


async def test_whoever_makes_a_repository_administers_it(api, server, acme, grace, ada, auth):
    await give(server, acme, "LIB", "grace", "create-repo")
    owner = await server.auth(ada, "repository:admin")
    await make(api, auth, "hers", "LIB")
    await make(api, owner, "his", "LIB")

    renamed = await api.send_json("PUT", f"{ROOT}/hers", {"description": "Hers"}, auth=auth)
    other = await api.send_json("PUT", f"{ROOT}/his", {"description": "Hers"}, auth=auth)

    async def given(slug):
        page = await api.get(f"{ROOT}/{slug}/permissions-config/users", auth=owner)
        return [(one["user"]["nickname"], one["permission"]) for one in page.json()["values"]]

    assert (renamed.status, other.status) == (200, 403)
    assert (await given("hers"), await given("his")) == ([("grace", "admin")], [])
