"""Repositories forked by the API: where, by whom, and what is said of them."""

import asyncio
import uuid

import pytest
from sqlalchemy import null, update
from support.asgi import HOST
from support.forked import CODE, FORKS, code_of_ada, committed, filled, located, pool_files, user_named

from bitpail.git import pools
from bitpail.services import app_passwords, repositories, workspaces
from bitpail.store.tables import workspaces as table

pytestmark = pytest.mark.anyio


async def test_a_public_repository_is_forked_into_the_own_workspace(server, api, auth, graces):
    tip = await filled(api, auth, is_private=False, description="Notes", language="python", has_issues=True)

    made = await api.send_json("POST", FORKS, {}, auth=graces)

    assert made.status == 201, made
    fork = made.json()
    assert made.headers["location"] == f"https://{HOST}/2.0/repositories/grace/code"
    assert (fork["full_name"], fork["parent"]["full_name"]) == ("grace/code", "ada/code")
    assert fork["mainbranch"]["name"] == "main"
    parent = (await api.get(CODE, auth=auth)).json()
    assert parent["parent"] is None
    same = (
        "name",
        "description",
        "language",
        "is_private",
        "has_issues",
        "has_wiki",
        "fork_policy",
        "website",
    )
    assert {name: fork[name] for name in same} == {name: parent[name] for name in same}
    assert (await api.get("/2.0/repositories/grace/code", auth=graces)).json() == fork
    commit = await api.get("/2.0/repositories/grace/code/commit/main", auth=graces)
    assert commit.json()["hash"] == tip
    assert fork["size"] < 20_000


async def test_everything_that_may_be_set_is_set(server, api, auth, graces):
    await filled(api, auth, is_private=False)
    await committed(api, auth, CODE, branch="topic", **{"b.txt": "b"})
    team = await server.workspace("team", await user_named(server, "grace"))
    wanted = {
        "workspace": {"slug": "team"},
        "name": "My Fork",
        "description": "Mine",
        "website": "https://example.org",
        "language": "c",
        "is_private": True,
        "has_wiki": False,
        "has_issues": True,
        "fork_policy": "no_forks",
        "project": {"key": "PROJ"},
        "mainbranch": {"type": "branch", "name": "topic"},
        "scm": "git",
    }

    made = await api.send_json("POST", FORKS, wanted, auth=graces)

    assert made.status == 201, made
    fork = made.json()
    assert (fork["full_name"], fork["workspace"]["uuid"]) == ("team/my-fork", f"{{{team.id}}}")
    same = (
        "name",
        "description",
        "website",
        "language",
        "is_private",
        "has_wiki",
        "has_issues",
        "fork_policy",
    )
    assert {name: fork[name] for name in same} == {name: wanted[name] for name in same}
    assert (fork["project"]["key"], fork["mainbranch"]["name"]) == ("PROJ", "topic")


async def test_a_workspace_may_be_named_by_its_uuid(server, api, auth):
    await filled(api, auth)
    team = await server.workspace("team", await user_named(server, "ada"))

    made = await api.send_json("POST", FORKS, {"workspace": {"uuid": f"{{{team.id}}}"}}, auth=auth)

    assert (made.status, made.json()["full_name"]) == (201, "team/code")


async def test_into_the_same_workspace_it_needs_another_name(api, auth):
    await filled(api, auth)

    refused = await api.send_json("POST", FORKS, {}, auth=auth)
    made = await api.send_json("POST", FORKS, {"name": "code two"}, auth=auth)

    assert refused.status == 400
    assert refused.message == "Repository with this Slug and Owner already exists."
    assert (made.status, made.json()["full_name"]) == (201, "ada/code-two")


async def test_who_makes_a_fork_watches_it(api, auth, graces):
    await filled(api, auth, is_private=False)

    await api.send_json("POST", FORKS, {}, auth=graces)

    watching = (await api.get("/2.0/repositories/grace/code/watchers", auth=graces)).json()
    assert [user["nickname"] for user in watching["values"]] == ["grace"]


async def test_a_private_repository_is_forked_by_who_may_read_it_and_by_nobody_else(
    server, api, auth, graces
):
    await filled(api, auth)
    unseen = await api.send_json("POST", FORKS, {}, auth=graces)
    await server.grant(await code_of_ada(server), await user_named(server, "grace"), "read")

    made = await api.send_json("POST", FORKS, {}, auth=graces)

    assert unseen.status == 404
    assert (made.status, made.json()["is_private"]) == (201, True)
    assert made.json()["parent"]["full_name"] == "ada/code"


async def test_a_fork_is_made_only_where_one_may_make_repositories(server, api, auth, graces):
    await filled(api, auth, is_private=False)
    ada = await user_named(server, "ada")
    closed = await server.workspace("closed", ada)
    await server.workspace("open", ada, public=True)
    member = await server.workspace("member", ada)
    await server.member(member, await user_named(server, "grace"), "member", "write")

    told = {
        slug: (await api.send_json("POST", FORKS, {"workspace": {"slug": slug}}, auth=graces)).status
        for slug in ("closed", "open", "member", "nowhere")
    }
    await server.member(closed, await user_named(server, "grace"), "collaborator")
    made = await api.send_json("POST", FORKS, {"workspace": {"slug": "closed"}}, auth=graces)

    assert told == {"closed": 404, "open": 403, "member": 403, "nowhere": 404}
    assert made.status == 201
    assert len(pool_files(server)) == 1


async def test_scopes_and_limits_hold_for_the_fork_too(server, api, auth, grace):
    await filled(api, auth, is_private=False)
    reading = await server.auth(grace, "repository")
    limited = await _limited(server, grace, "ada/code")

    few = await api.send_json("POST", FORKS, {}, auth=reading)
    elsewhere = await api.send_json("POST", FORKS, {}, auth=limited)

    assert (few.status, few.json()["error"]["detail"]["required"]) == (403, ["repository:write"])
    assert elsewhere.status == 403
    assert "limited to certain" in elsewhere.json()["error"]["detail"]
    assert pool_files(server) == []
    assert (await api.get(FORKS, auth=auth)).json()["size"] == 0


async def test_the_owner_may_allow_no_forks_or_private_ones_only(api, auth, graces):
    await filled(api, auth, is_private=False, fork_policy="no_forks")
    none = await api.send_json("POST", FORKS, {}, auth=graces)
    own = await api.send_json("POST", FORKS, {"name": "x"}, auth=auth)
    await api.send_json("PUT", CODE, {"fork_policy": "no_public_forks"}, auth=auth)
    public = await api.send_json("POST", FORKS, {"is_private": False}, auth=graces)
    private = await api.send_json("POST", FORKS, {}, auth=graces)

    assert (none.status, none.message) == (403, "ada/code does not allow forks")
    assert own.status == 403
    assert (public.status, list(public.json()["error"]["fields"])) == (400, ["is_private"])
    assert (private.status, private.json()["is_private"]) == (201, True)


async def test_a_fork_that_must_be_private_stays_so_and_its_forks_too(api, auth, graces):
    """By a change of its own settings, or by a fork of the fork, what is in the parent would be public after all."""
    await filled(api, auth, is_private=False, fork_policy="no_public_forks")
    fork = "/2.0/repositories/grace/code"
    await api.send_json("POST", FORKS, {}, auth=graces)

    changed = await api.send_json(
        "PUT", fork, {"is_private": False, "fork_policy": "allow_forks"}, auth=graces
    )
    laxer = await api.send_json("PUT", fork, {"fork_policy": "allow_forks"}, auth=graces)
    second = await api.send_json("POST", f"{fork}/forks", {"name": "two", "is_private": False}, auth=graces)
    third = await api.send_json("POST", f"{fork}/forks", {"name": "three"}, auth=graces)
    opened = await api.send_json("PUT", "/2.0/repositories/grace/three", {"is_private": False}, auth=graces)

    assert (changed.status, list(changed.json()["error"]["fields"])) == (400, ["is_private"])
    assert laxer.status == 200
    assert (second.status, third.status, third.json()["is_private"], opened.status) == (400, 201, True, 400)
    await api.send_json("PUT", CODE, {"fork_policy": "allow_forks"}, auth=auth)
    assert (await api.send_json("PUT", fork, {"is_private": False}, auth=graces)).status == 200


async def test_forks_are_listed_for_who_may_see_them(server, api, auth, graces):
    await filled(api, auth, is_private=False)
    for name, private in (("first", False), ("second", True)):
        await api.send_json("POST", FORKS, {"name": name, "is_private": private}, auth=graces)

    async def names(path=FORKS, **more):
        answer = await api.get(path, **more)
        assert answer.status == 200, answer
        return [one["full_name"] for one in answer.json()["values"]]

    assert await names(auth=graces) == ["grace/first", "grace/second"]
    assert await names(auth=auth) == await names() == ["grace/first"]
    assert await names(auth=graces, query={"q": "is_private = true"}) == ["grace/second"]
    assert await names(f"{FORKS}?sort=-name", auth=graces) == ["grace/second", "grace/first"]
    assert await names(f"{FORKS}?role=admin", auth=auth) == []
    assert await names(f"{FORKS}?role=admin", auth=graces) == ["grace/first", "grace/second"]
    paged = (await api.get(f"{FORKS}?pagelen=1&page=2", auth=graces)).json()
    assert ([one["name"] for one in paged["values"]], paged["size"]) == (["second"], 2)
    assert {one["parent"]["full_name"] for one in paged["values"]} == {"ada/code"}
    assert (await api.get(f"{FORKS}?role=king", auth=graces)).status == 400
    assert (await api.get(f"{FORKS}?sort=colour", auth=graces)).status == 400
    assert await names("/2.0/repositories/grace/first/forks", auth=graces) == []


async def test_a_limited_app_password_learns_of_no_fork_outside_its_places(server, api, auth, grace, graces):
    await filled(api, auth, is_private=False)
    for name in ("first", "second"):
        await api.send_json("POST", FORKS, {"name": name}, auth=graces)
    limited = await _limited(server, grace, "ada/code", "grace/first")

    listed = (await api.get(FORKS, auth=limited)).json()
    chosen = (await api.get(FORKS, auth=limited, query={"q": 'name = "second"'})).json()

    assert ([one["name"] for one in listed["values"]], listed["size"]) == (["first"], 1)
    assert chosen["size"] == 0


async def test_a_parent_that_may_not_be_seen_is_not_named(server, api, auth, grace, graces):
    await filled(api, auth)
    code = await code_of_ada(server)
    await server.grant(code, grace, "read")
    await api.send_json("POST", FORKS, {}, auth=graces)
    fork = "/2.0/repositories/grace/code"
    limited = await _limited(server, grace, "grace/code")
    seen = (await api.get(fork, auth=graces)).json()["parent"]
    by_limited = (await api.get(fork, auth=limited)).json()["parent"]
    await server.grant(code, grace, "none")

    after = await api.get(fork, auth=graces)
    listed = await api.get("/2.0/repositories/grace", auth=graces)

    assert (seen["full_name"], by_limited) == ("ada/code", None)
    assert after.json()["parent"] is None
    assert [one["parent"] for one in listed.json()["values"]] == [None]
    # A UUID may well hold the letters of a name.
    assert "ada/" not in after.text


async def test_parents_in_a_listing(api, auth, graces):
    await filled(api, auth, is_private=False)
    await api.send_json("POST", FORKS, {}, auth=graces)
    await api.request("POST", "/2.0/repositories/grace/own", auth=graces)

    values = (await api.get("/2.0/repositories/grace", auth=graces)).json()["values"]

    assert [one["parent"] and one["parent"]["full_name"] for one in values] == ["ada/code", None]


async def test_an_empty_repository_can_be_forked(api, auth):
    await api.send_json("POST", CODE, {"mainbranch": {"name": "trunk"}}, auth=auth)

    made = await api.send_json("POST", FORKS, {"name": "fork"}, auth=auth)
    await committed(api, auth, "/2.0/repositories/ada/fork", **{"a.txt": "a"})

    assert (made.status, made.json()["mainbranch"]) == (201, None)
    read = (await api.get("/2.0/repositories/ada/fork", auth=auth)).json()
    assert read["mainbranch"]["name"] == "trunk"


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"name": ""}, "name"),
        ({"name": "!!!"}, "name"),
        ({"name": "x" * 300}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": 5}, "name"),
        ({"description": "a\0b"}, "description"),
        ({"is_private": "yes"}, "is_private"),
        ({"fork_policy": "some"}, "fork_policy"),
        ({"workspace": "team"}, "workspace"),
        ({"workspace": {"slug": "../x"}}, "workspace"),
        ({"workspace": {"slug": "a\0b"}}, "workspace"),
        ({"workspace": {"slug": "-x"}}, "workspace"),
        ({"workspace": {"uuid": "x"}}, "workspace"),
        ({"workspace": {"uuid": "{\0}"}}, "workspace"),
        ({"scm": "hg"}, "scm"),
        ({"mainbranch": {"name": "nowhere"}}, "mainbranch"),
        ({"mainbranch": {"name": "-x"}}, "mainbranch"),
    ],
)
async def test_what_is_wrong_is_named_and_leaves_nothing(server, api, auth, body, member):
    await filled(api, auth)
    before = sorted(server.site.repositories.glob("*/*"))

    refused = await api.send_json("POST", FORKS, {"name": "fork", **body}, auth=auth)

    assert refused.status == 400, refused
    assert member in refused.message
    assert sorted(server.site.repositories.glob("*/*")) == before
    assert (await api.get("/2.0/repositories/ada", auth=auth)).json()["size"] == 1


async def test_a_project_that_is_not_there(server, api, auth):
    await filled(api, auth)

    for project in ({"key": "NONE"}, {"uuid": f"{{{uuid.uuid4()}}}"}):
        refused = await api.send_json("POST", FORKS, {"name": "fork", "project": project}, auth=auth)
        assert refused.status in {400, 404}, refused

    assert pool_files(server) == []


async def test_of_many_who_fork_to_the_same_name_one_does_and_nothing_is_left(server, api, auth):
    await filled(api, auth)

    answers = await asyncio.gather(
        *(api.send_json("POST", FORKS, {"name": "fork"}, auth=auth) for _ in range(6))
    )

    assert sorted(answer.status for answer in answers) == [201] + [400] * 5
    assert len(list(server.site.repositories.glob("*/*"))) == 3
    (pool,) = pool_files(server)
    assert len(list((pool / "forks").iterdir())) == 1
    made = await located(server, "ada", "fork")
    assert pools.pool_of(repositories.code_directory(server.site, made).path) == pool


async def test_who_has_no_workspace_of_their_own_names_one(server, api, auth):
    await filled(api, auth)
    own = await workspaces.named(server.site, "ada")
    await server.site.db.run(update(table).where(table.c.id == own.id).values(personal_of=null()))

    refused = await api.send_json("POST", FORKS, {"name": "fork"}, auth=auth)

    assert (refused.status, list(refused.json()["error"]["fields"])) == (400, ["workspace"])


async def _limited(server, user, *places):
    wanted = app_passwords.Wanted(
        label=f"limited {uuid.uuid4()}", permissions=("repository:write",), repositories=places
    )
    _, secret = await app_passwords.create(server.site, user, wanted)
    return user.username, secret.reveal()
