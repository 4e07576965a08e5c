"""``permissions-config``: what is given explicitly on repositories and projects, to users and groups."""

import pytest
from support.asgi import HOST

from bitpail.model.users import User
from bitpail.services import groups, workspaces

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/acme/code"
PROJ = "/2.0/workspaces/acme/projects/PROJ"
PLACES = {"repository": CODE, "project": PROJ}
SCOPES = {"repository": "repository:admin", "project": "project:admin"}


class Place:
    """A private repository of acme in its project, or the project, and an owner's way to say who may do what there."""

    def __init__(self, kind, server, api, ada, grace, auth):
        self.kind, self.server, self.api = kind, server, api
        self.ada, self.grace, self.auth = ada, grace, auth
        self.root = f"{PLACES[kind]}/permissions-config"

    def path(self, whom):
        if isinstance(whom, User):
            return f"{self.root}/users/%7B{whom.id}%7D"
        return f"{self.root}/groups/{whom}"

    async def put(self, whom, permission):
        return await self.api.send_json("PUT", self.path(whom), {"permission": permission}, auth=self.auth)

    async def get(self, path):
        return (await self.api.get(path, auth=self.auth)).json()


@pytest.fixture(params=PLACES)
async def place(request, server, api, ada):
    acme = await server.workspace("acme", ada)
    grace = await server.user("grace")
    await server.member(acme, grace, "member")
    await server.repository("acme", "code")
    devs = await groups.create(server.site, acme, "devs", name="Developers")
    await groups.add(server.site, acme, devs, grace)
    auth = await server.auth(ada, SCOPES[request.param])
    return Place(request.param, server, api, ada, grace, auth)


async def opens(place, scope, service):
    """What the git door says to Grace's git."""
    path = f"/acme/code.git/info/refs?service={service}"
    auth, agent = await place.server.auth(place.grace, scope), {"user-agent": "git/2.39.5"}
    return (await place.server.client.get(path, auth=auth, headers=agent)).status


async def test_nothing_is_listed_that_was_not_given_explicitly(place):
    for whose in ("users", "groups"):
        page = await place.get(f"{place.root}/{whose}")
        assert (page["values"], page["size"]) == ([], 0)
    none = await place.get(place.path(place.grace))
    assert none["permission"] == "none"
    assert (await place.get(place.path("devs")))["permission"] == "none"


@pytest.mark.parametrize("to_group", [False, True])
async def test_a_permission_is_given_changed_and_taken_away_and_counts_at_once(place, to_group):
    whom = "devs" if to_group else place.grace
    assert await opens(place, "repository", "git-upload-pack") == 401

    given = await place.put(whom, "read")
    assert await opens(place, "repository", "git-upload-pack") == 200
    assert await opens(place, "repository:write", "git-receive-pack") == 403
    changed = await place.put(whom, "write")
    assert await opens(place, "repository:write", "git-receive-pack") == 200

    assert (given.status, changed.status) == (200, 200)
    assert changed.headers["location"] == f"https://{HOST}{place.path(whom)}"
    shown = changed.json()
    assert shown["permission"] == "write"
    assert shown["type"] == f"{place.kind}_{'group' if to_group else 'user'}_permission"
    assert shown["links"]["self"]["href"] == changed.headers["location"]
    if to_group:
        assert (shown["group"]["name"], shown["group"]["full_slug"]) == ("Developers", "acme:devs")
    else:
        assert shown["user"]["uuid"] == f"{{{place.grace.id}}}"
    assert await place.get(place.path(whom)) == shown
    page = await place.get(f"{place.root}/{'groups' if to_group else 'users'}")
    assert (page["values"], page["size"]) == ([shown], 1)
    for _ in range(2):
        assert (await place.api.request("DELETE", place.path(whom), auth=place.auth)).status == 204
    assert await opens(place, "repository", "git-upload-pack") == 401
    assert (await place.get(place.path(whom)))["permission"] == "none"


async def test_a_group_counts_for_lfs_and_the_api_too(place):
    await place.put("devs", "write")
    auth = await place.server.auth(place.grace, "repository:write")

    wanted = {"operation": "upload", "objects": [{"oid": "0" * 64, "size": 1}]}
    batch = await place.server.client.send_json(
        "POST", "/acme/code.git/info/lfs/objects/batch", wanted, auth=auth
    )
    shown = await place.api.get(CODE, auth=auth)
    listed = await place.api.get("/2.0/repositories/acme?role=contributor", auth=auth)

    assert (batch.status, shown.status) == (200, 200)
    assert [one["slug"] for one in listed.json()["values"]] == ["code"]


async def test_whoever_leaves_the_group_or_the_workspace_has_nothing_by_it(place):
    site = place.server.site
    acme = await workspaces.named(site, "acme")
    devs = await groups.named(site, acme, "devs")
    await place.put("devs", "admin")

    await groups.remove(site, devs, place.grace)
    assert await opens(place, "repository", "git-upload-pack") == 401
    await groups.add(site, acme, devs, place.grace)
    assert await opens(place, "repository", "git-upload-pack") == 200
    await workspaces.remove_member(site, acme, place.grace)
    assert await opens(place, "repository", "git-upload-pack") == 401
    assert await groups.members(site, devs) == []


async def test_a_group_that_is_deleted_takes_what_it_was_given_along(place):
    site = place.server.site
    await place.put("devs", "admin")

    await groups.delete(site, await groups.named(site, await workspaces.named(site, "acme"), "devs"))

    assert await opens(place, "repository", "git-upload-pack") == 401
    assert (await place.get(f"{place.root}/groups"))["values"] == []
    assert (await place.api.get(place.path("devs"), auth=place.auth)).status == 404


@pytest.mark.parametrize("permission", ["none", "", "READ", "owner", "rëad", "read\0", "x" * 5000])
async def test_what_is_no_permission_is_refused_by_name(place, permission):
    answer = await place.put(place.grace, permission)

    assert answer.status == 400
    assert answer.json()["error"]["message"].endswith("is not a valid permission")
    assert (await place.get(f"{place.root}/users"))["values"] == []


async def test_none_is_refused_in_the_recorded_words(place):
    answer = await place.put("devs", "none")

    assert (answer.status, answer.message) == (400, "none is not a valid permission")


@pytest.mark.parametrize("body", [{}, {"permission": None}, {"permission": 3}, {"permission": ["read"]}, []])
async def test_a_body_without_a_permission_is_refused(place, body):
    answer = await place.api.send_json("PUT", place.path(place.grace), body, auth=place.auth)

    assert answer.status == 400


async def test_create_repo_is_for_projects(place):
    answer = await place.put(place.grace, "create-repo")

    assert answer.status == (200 if place.kind == "project" else 400)
    if place.kind == "project":
        assert answer.json()["permission"] == "create-repo"
        assert await opens(place, "repository:write", "git-receive-pack") == 200


async def test_owners_and_people_outside_the_workspace_are_given_nothing(place):
    eve = await place.server.user("eve")

    refused = [await place.put(whom, "admin") for whom in (eve, place.ada)]

    assert [answer.status for answer in refused] == [400, 400]
    assert (await place.get(f"{place.root}/users"))["values"] == []


@pytest.mark.parametrize(
    "path", ["users/grace", "users/%7B%7D", "users/1", "users/..%2F", "groups/none", "groups/-x", "groups/%7B1%7D",
             "users/" + "9" * 40, "groups/" + "x" * 3000, "groups/%F0%9F%90%98"]
)  # fmt: skip
async def test_a_user_or_group_that_is_not_there(place, path):
    for method in ("GET", "PUT", "DELETE"):
        answer = await place.api.send_json(
            method, f"{place.root}/{path}", {"permission": "read"}, auth=place.auth
        )
        assert answer.status == 404, (method, answer)


async def test_a_group_of_another_workspace_is_not_there(place):
    other = await place.server.workspace("other", place.ada)
    await groups.create(place.server.site, other, "theirs")

    assert (await place.put("theirs", "admin")).status == 404


async def test_lists_come_by_name_in_pages_and_know_no_query(place):
    acme = await workspaces.named(place.server.site, "acme")
    for name in ("zoe", "bob", "mia"):
        user = await place.server.user(name)
        await place.server.member(acme, user, "member")
        await place.put(user, "read")
        await groups.create(place.server.site, acme, name)
        await place.put(name, "write")

    for whose, member in (("users", "user"), ("groups", "group")):
        page = await place.get(f"{place.root}/{whose}?pagelen=2&q=nonsense((&sort=nothing")
        names = [one[member].get("slug") or one[member]["nickname"] for one in page["values"]]
        assert (names, page["size"]) == (["bob", "mia"], 3)
        rest = await place.get("/2.0" + page["next"].partition("/2.0")[2])
        assert len(rest["values"]) == 1


async def test_whoever_administers_by_a_group_may_give_permissions_others_may_not(place):
    auth = await place.server.auth(place.grace, SCOPES[place.kind])
    mia = await place.server.user("mia")
    await place.server.member(await workspaces.named(place.server.site, "acme"), mia, "member")

    async def give():
        return (await place.api.send_json("PUT", place.path(mia), {"permission": "read"}, auth=auth)).status

    await place.put("devs", "write")
    assert await give() == 403
    await place.put("devs", "admin")
    assert await give() == 200


async def test_the_account_id_names_a_user_as_well(place):
    path = f"{place.root}/users/{place.grace.account_id}"

    given = await place.api.send_json("PUT", path, {"permission": "read"}, auth=place.auth)

    assert given.status == 200
    assert (await place.get(place.path(place.grace)))["permission"] == "read"
