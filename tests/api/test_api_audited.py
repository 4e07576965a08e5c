"""What programs do to repositories and projects by the API is in the audit log: who, with what, from where."""

import pytest
from support.audited import deeds, events
from support.forked import CODE, FORKS, code_of_ada, committed, filled

from bitpail.services import access_keys, groups, workspaces
from bitpail.wire.keys import number

pytestmark = pytest.mark.anyio

CLIENT = "192.0.2.1"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBnUbTHcbmiFJuQk8ZCUxmUkA1yBxWsdSCd3hqmcXX9p ci"
PROJECTS = "/2.0/workspaces/ada/projects"
PROJ = f"{PROJECTS}/PROJ"


@pytest.fixture
async def auth(server, ada):
    scopes = "account repository:write repository:admin repository:delete project project:admin"
    return await server.auth(ada, *scopes.split())


async def test_a_repository_is_made_renamed_opened_closed_and_deleted(server, api, auth, ada):
    await api.send_json("POST", CODE, {"is_private": True}, auth=auth)
    await api.send_json("PUT", CODE, {"is_private": False, "description": "nobody's business"}, auth=auth)
    await api.send_json("PUT", CODE, {"name": "Other code", "fork_policy": "no_forks"}, auth=auth)
    await api.send_json("PUT", "/2.0/repositories/ada/other-code", {"is_private": True}, auth=auth)
    await api.request("DELETE", "/2.0/repositories/ada/other-code", auth=auth)

    at, name = {"repository": "ada/code"}, {"repository": "ada/other-code"}
    renamed = {"name": "Other code", "name_before": "code", "moved_from": "ada/code"}
    assert await deeds(server) == [
        ("repository.created", {**at, "is_private": True}),
        ("repository.made_public", at),
        ("repository.renamed", {**name, **renamed}),
        ("repository.fork_policy_changed", {**name, "fork_policy": "no_forks", "before": "allow_forks"}),
        ("repository.made_private", name),
        ("repository.deleted", name),
    ]
    for event in await events(server):
        assert (event.username, event.user_id, event.label) == ("ada", ada.id, "number 1")
        assert (event.address, len(event.request_id)) == (CLIENT, 16)


async def test_the_same_again_and_what_is_refused_is_no_event(server, api, auth):
    await api.send_json("POST", CODE, {"is_private": True}, auth=auth)
    grace = await server.auth(await server.user("grace"), "repository:admin")

    await api.send_json("PUT", CODE, {"is_private": True, "name": "code"}, auth=auth)
    await api.send_json("POST", CODE, {}, auth=auth)
    await api.send_json("PUT", CODE, {"is_private": False}, auth=grace)
    await api.send_json("PUT", CODE, {"name": "x" * 300}, auth=auth)
    await api.request("DELETE", "/2.0/repositories/ada/nothing", auth=auth)

    assert [kind for kind, _ in await deeds(server)] == ["repository.created"]


async def test_the_main_branch_is_changed_by_the_api_and_by_the_first_push(server, api, auth):
    await filled(api, auth)
    await committed(api, auth, CODE, branch="trunk", **{"b.txt": "b"})
    await api.send_json("PUT", CODE, {"mainbranch": {"name": "trunk"}}, auth=auth)
    await api.send_json("PUT", CODE, {"mainbranch": {"name": "trunk"}}, auth=auth)
    await api.send_json("POST", "/2.0/repositories/ada/new", {}, auth=auth)
    await committed(api, auth, "/2.0/repositories/ada/new", branch="first", **{"a.txt": "a"})

    assert await deeds(server, kind="repository.main_branch_changed") == [
        ("repository.main_branch_changed", {"repository": "ada/code", "branch": "trunk", "before": "main"}),
        (
            "repository.main_branch_changed",
            {"repository": "ada/new", "branch": "first", "before": "", "pushed": True},
        ),
    ]


async def test_a_main_branch_that_there_is_not_changes_nothing_else(server, api, auth):
    await filled(api, auth)

    refused = await api.send_json(
        "PUT", CODE, {"is_private": False, "mainbranch": {"name": "nothing"}}, auth=auth
    )

    assert refused.status == 400
    assert [kind for kind, _ in await deeds(server)] == ["repository.created"]


async def test_forks_tell_what_they_are_of_and_who_made_them(server, api, auth):
    await filled(api, auth, is_private=False)
    grace = await server.auth(await server.user("grace"), "repository:write")

    assert (await api.send_json("POST", FORKS, {}, auth=grace)).status == 201

    (event,) = await events(server, kind="repository.forked")
    assert event.username == "grace"
    ((_, told),) = await deeds(server, kind="repository.forked")
    assert told == {"repository": "grace/code", "fork_of": "ada/code", "is_private": False}


async def test_whoever_makes_one_for_others_is_told_to_administer_it(server, api, ada):
    acme = await server.workspace("acme", ada)
    grace = await server.user("grace")
    await server.member(acme, grace, "collaborator", "write")
    auth = await server.auth(grace, "repository:admin")

    made = await api.send_json("POST", "/2.0/repositories/acme/code", {}, auth=auth)

    assert made.status == 200
    told = {"repository": "acme/code", "whom": "grace", "permission": "admin", "before": "none"}
    assert (await deeds(server))[-1] == ("permission.granted", told)


@pytest.mark.parametrize(("kind", "path"), [("repository", CODE), ("project", PROJ)])
async def test_permissions_are_granted_changed_and_revoked(server, api, auth, ada, kind, path):
    await api.send_json("POST", CODE, {}, auth=auth)
    grace = await server.user("grace")
    personal = await workspaces.named(server.site, "ada")
    await server.member(personal, grace, "member")
    devs = await groups.create(server.site, personal, "devs")
    user, group = [
        f"{path}/permissions-config/{one}" for one in (f"users/%7B{grace.id}%7D", f"groups/{devs.slug}")
    ]

    for word in ("read", "write", "write"):
        assert (await api.send_json("PUT", user, {"permission": word}, auth=auth)).status == 200
    await api.send_json("PUT", group, {"permission": "admin"}, auth=auth)
    assert (await api.request("DELETE", user, auth=auth)).status == 204
    await api.request("DELETE", user, auth=auth)

    place = {kind: "ada/code" if kind == "repository" else "ada/PROJ"}
    found = [one for one in await deeds(server) if one[0].startswith("permission.")]
    assert found == [
        ("permission.granted", {**place, "whom": "grace", "permission": "read", "before": "none"}),
        ("permission.granted", {**place, "whom": "grace", "permission": "write", "before": "read"}),
        ("permission.granted", {**place, "whom": "group devs", "permission": "admin", "before": "none"}),
        ("permission.revoked", {**place, "whom": "grace", "permission": "write"}),
    ]
    # What concerns her is found under her name, though Ada did it.
    concerning = await events(server, user_id=grace.id)
    assert [one.kind.value for one in concerning] == [
        *("member.added", "permission.granted", "permission.granted", "permission.revoked")
    ]
    assert {one.username for one in concerning[1:]} == {"ada"}


async def test_branches_are_restricted_otherwise_and_opened(server, api, auth):
    await filled(api, auth)
    rules = f"{CODE}/branch-restrictions"
    body = {"kind": "push", "branch_match_kind": "glob", "pattern": "release/*"}

    await api.send_json("POST", rules, {**body, "users": [{"username": "ada"}]}, auth=auth)
    await api.send_json("POST", rules, body, auth=auth)
    await api.send_json("PUT", f"{rules}/1", {**body, "pattern": "main"}, auth=auth)
    await api.send_json("PUT", f"{rules}/1", {**body, "pattern": "main"}, auth=auth)
    assert (await api.request("DELETE", f"{rules}/1", auth=auth)).status == 204
    await api.request("DELETE", f"{rules}/1", auth=auth)

    told = {"repository": "ada/code", "number": 1, "restriction": "push", "excepted": ["ada"]}
    assert (await deeds(server))[1:] == [
        ("branch_restriction.added", {**told, "branches": "release/*"}),
        ("branch_restriction.changed", {**told, "branches": "main"}),
        ("branch_restriction.removed", {**told, "branches": "main"}),
    ]


async def test_what_finds_branches_is_changed_in_a_repository_and_a_project(server, api, auth):
    await filled(api, auth)
    body = {"branch_types": [{"kind": "release", "enabled": True, "prefix": "out/"}]}

    for path in (CODE, PROJ):
        for _ in range(2):
            changed = await api.send_json("PUT", f"{path}/branching-model/settings", body, auth=auth)
            assert changed.status == 200
    await api.send_json("PUT", f"{CODE}/override-settings", {"branching_model": False}, auth=auth)

    found = await deeds(server, kind="branching_model.changed")
    # The project says the same by then, so that nothing is another one when the repository inherits it.
    assert [next(iter(told)) for _, told in found] == ["repository", "project"]
    assert {one["kind"]: one["prefix"] for one in found[0][1]["model"]["branch_types"]}["release"] == "out/"


@pytest.mark.parametrize(("kind", "path", "name"), [("repository", CODE, "code"), ("project", PROJ, "PROJ")])
async def test_access_keys_are_added_and_removed(server, api, auth, kind, path, name):
    await api.send_json("POST", CODE, {}, auth=auth)
    keys = f"{path}/deploy-keys"

    made = await api.send_json("POST", keys, {"key": KEY, "label": "builds"}, auth=auth)
    assert made.status == 200, made
    place = await code_of_ada(server)
    if kind == "project":
        place = await workspaces.project_of(server.site, place)
    (key,) = await access_keys.of_place(server.site, place)
    assert (await api.request("DELETE", f"{keys}/{number(key)}", auth=auth)).status == 204

    found = [one for one in await events(server) if one.kind.startswith("access_key.")]
    assert [one.kind.value for one in found] == ["access_key.added", "access_key.removed"]
    for event in found:
        assert (event.username, event.label, event.address) == ("ada", "number 1", CLIENT)
        assert f'"{kind}":"ada/{name}"' in event.detail
        assert '"label":"builds"' in event.detail
        assert "AAAAC3" not in event.detail


async def test_a_project_is_made_renamed_opened_and_deleted_and_repositories_are_moved(server, api, auth):
    await api.send_json("POST", CODE, {}, auth=auth)

    await api.send_json("POST", PROJECTS, {"key": "LIB", "name": "Libraries", "is_private": True}, auth=auth)
    await api.send_json("PUT", CODE, {"project": {"key": "LIB"}}, auth=auth)
    await api.send_json("PUT", CODE, {"project": {"key": "PROJ"}}, auth=auth)
    changed = {"key": "LIBS", "name": "Libraries", "is_private": False}
    await api.send_json("PUT", f"{PROJECTS}/LIB", changed, auth=auth)
    assert (await api.request("DELETE", f"{PROJECTS}/LIBS", auth=auth)).status == 204

    names = {"name": "Libraries", "name_before": "Libraries", "moved_from": "ada/LIB"}
    at = {"repository": "ada/code"}
    assert (await deeds(server))[1:] == [
        ("project.created", {"project": "ada/LIB", "is_private": True}),
        ("repository.moved", {**at, "project": "ada/LIB", "project_before": "ada/PROJ"}),
        ("repository.moved", {**at, "project": "ada/PROJ", "project_before": "ada/LIB"}),
        ("project.renamed", {"project": "ada/LIBS", **names}),
        ("project.made_public", {"project": "ada/LIBS"}),
        ("project.deleted", {"project": "ada/LIBS"}),
    ]


async def test_every_credential_is_named_by_its_kind_and_label(server, api, ada, auth):
    code = await server.repository("ada", "code")
    app = await server.oauth_token(ada, "repository:admin")
    token, api_secret = await server.api_token(ada, "read:repository:bitbucket", "admin:repository:bitbucket")
    robots, robot_secret = await server.access_token(code, "repository:admin")

    for private, how in (
        (False, {"auth": auth}),
        (True, {"headers": [("authorization", f"Bearer {app}")]}),
        (False, {"auth": ("ada@example.com", api_secret)}),
        (True, {"headers": [("authorization", f"Bearer {robot_secret}")]}),
    ):
        answer = await api.send_json("PUT", CODE, {"is_private": private}, **how)
        assert answer.status == 200, answer

    found = [one for one in await events(server) if ".made_" in one.kind]
    assert [one.label for one in found] == ["number 1", "number 2", token.label, robots.label]
    assert [one.username for one in found[:3]] == ["ada"] * 3
    assert '"token_of":"ada/code"' in found[3].detail
    assert all('"credential"' in one.detail for one in found[1:])
    for secret in (app, api_secret, robot_secret, auth[1]):
        assert all(secret not in one.detail for one in found)


async def test_the_log_is_asked_for_a_place_and_all_that_is_in_it(server, api, auth, ada):
    await server.workspace("acme", ada)
    await server.repository("acme", "code")
    for slug in ("code", "code-2"):
        await api.send_json("POST", f"/2.0/repositories/ada/{slug}", {}, auth=auth)
    await api.send_json("PUT", CODE, {"name": "Other"}, auth=auth)

    async def kinds(place):
        return [kind for kind, _ in await deeds(server, place=place)]

    assert await kinds("ada/code") == ["repository.created", "repository.renamed"]
    assert await kinds("ada/other") == ["repository.renamed"]
    assert await kinds("ada") == ["repository.created", "repository.created", "repository.renamed"]
    assert await kinds("acme") == ["workspace.created", "repository.created"]
    assert await kinds("acme/PROJ") == await kinds("%") == await kinds("ad_") == []
