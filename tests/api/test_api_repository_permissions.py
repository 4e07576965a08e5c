"""What somebody holds on repositories, all grants together."""

import pytest

from bitpail.services import app_passwords, grants, groups, workspaces

pytestmark = pytest.mark.anyio

OWN = "/2.0/user/permissions/repositories"
OWN_IN_ACME = "/2.0/user/workspaces/acme/permissions/repositories"
ACME = "/2.0/workspaces/acme/permissions/repositories"


@pytest.fixture
async def people(server, ada):
    """Grace reads one repository, writes to another by a group; one is public; her own workspace has one more."""
    acme = await server.workspace("acme", ada)
    grace, eve = await server.user("grace"), await server.user("eve")
    await server.member(acme, grace, "member")
    made = {
        slug: await server.repository("acme", slug, public=slug == "open") for slug in ("one", "two", "open")
    }
    await server.grant(made["one"], grace, "read")
    await server.grant(made["two"], grace, "read")
    devs = await groups.create(server.site, acme, "devs")
    await groups.add(server.site, acme, devs, grace)
    await grants.give(server.site, acme, made["two"], "devs", "write", is_group=True)
    await server.repository("grace", "own")
    scopes = ("account", "repository")
    return {user.username: await server.auth(user, *scopes) for user in (ada, grace, eve)}


async def told(api, auth, path, **query):
    values = await api.everything(path, auth=auth, query={"pagelen": 2, **query})
    return [(one["user"]["nickname"], one["repository"]["full_name"], one["permission"]) for one in values]


async def test_one_is_told_the_strongest_of_one_s_grants_wherever_and_nothing_of_public_ones(api, people):
    own = [("grace", "acme/one", "read"), ("grace", "acme/two", "write"), ("grace", "grace/own", "admin")]

    assert await told(api, people["grace"], OWN) == own
    assert await told(api, people["grace"], OWN_IN_ACME) == own[:2]
    assert await told(api, people["eve"], OWN) == []
    assert await told(api, people["eve"], OWN_IN_ACME) == []
    one = (await api.get(OWN, auth=people["grace"])).json()
    assert one["values"][0]["type"] == "repository_permission"
    assert one["size"] == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": 'permission > "read"'}, ["acme/two", "grace/own"]),
        ({"q": 'permission >= "read"'}, ["acme/one", "acme/two", "grace/own"]),
        ({"q": 'permission < "admin" AND permission != "read"'}, ["acme/two"]),
        ({"q": 'permission IN ("admin", "read")'}, ["acme/one", "grace/own"]),
        ({"q": 'permission = "none"'}, []),
        ({"q": 'repository.name = "two"'}, ["acme/two"]),
        ({"q": 'repository.full_name ~ "GRACE/"'}, ["grace/own"]),
        ({"q": 'user.nickname = "grace"', "sort": "-permission"}, ["grace/own", "acme/two", "acme/one"]),
        ({"sort": "-repository.name"}, ["acme/two", "grace/own", "acme/one"]),
    ],
)  # fmt: skip
async def test_it_is_chosen_and_ordered_by_what_it_says(api, people, query, found):
    assert [name for _, name, _ in await told(api, people["grace"], OWN, **query)] == found


@pytest.mark.parametrize(
    "query",
    ['q=permission = "boss"', 'q=permission ~ "a"', "q=permission = 3", "q=permission = null OR x = 1",
     'q=repository.links = "x"', "sort=repository", "sort=user.links.self.href", "q=((", "page=0"],
)  # fmt: skip
@pytest.mark.parametrize("path", [OWN, OWN_IN_ACME, ACME, f"{ACME}/one"])
async def test_what_makes_no_sense_is_refused(api, people, path, query):
    name, _, value = query.partition("=")

    assert (await api.get(path, auth=people["ada"], query={name: value})).status == 400


async def test_owners_are_told_what_everybody_holds_on_every_repository(api, people):
    every = [
        ("ada", "acme/one", "admin"), ("grace", "acme/one", "read"),
        ("ada", "acme/two", "admin"), ("grace", "acme/two", "write"),
        ("ada", "acme/open", "admin"),
    ]  # fmt: skip

    assert await told(api, people["ada"], ACME) == every
    assert await told(api, people["ada"], ACME, q='user.nickname="grace"') == [every[1], every[3]]
    assert await told(api, people["ada"], ACME, q='permission = "write"') == [every[3]]
    by_name = await told(api, people["ada"], ACME, sort="-user.display_name")
    assert by_name[:2] == [every[1], every[3]]
    assert (await api.get(ACME, auth=people["grace"])).status == 403
    assert (await api.get(ACME, auth=people["eve"])).status == 403
    assert (await api.get(ACME)).status == 401


async def test_administrators_of_a_repository_are_told_who_holds_what_on_it(api, people, server):
    on_two = [("ada", "acme/two", "admin"), ("grace", "acme/two", "write")]

    assert await told(api, people["ada"], f"{ACME}/two") == on_two
    assert await told(api, people["ada"], f"{ACME}/two", q='permission > "write"') == on_two[:1]
    assert (await api.get(f"{ACME}/two", auth=people["grace"])).status == 403
    assert (await api.get(f"{ACME}/two", auth=people["eve"])).status == 404
    acme = await workspaces.named(server.site, "acme")
    project = await workspaces.project_for(server.site, acme, None)
    await grants.give(server.site, acme, project, "grace", "admin", is_group=False)
    assert await told(api, people["grace"], f"{ACME}/two", sort="-user.nickname") == [
        ("grace", "acme/two", "admin"), ("ada", "acme/two", "admin")
    ]  # fmt: skip


async def test_an_app_password_that_is_limited_to_a_place_is_told_nothing_of_others(api, server, ada, people):
    wanted = app_passwords.Wanted(label="acme", permissions=("account", "repository"), workspaces=("acme",))
    _, secret = await app_passwords.create(server.site, ada, wanted)
    auth = ada.username, secret.reveal()

    assert (await api.get(OWN, auth=auth)).status == 403
    assert (await api.get("/2.0/repositories?role=member", auth=auth)).status == 403
    assert (await api.get("/2.0/repositories", auth=auth)).status == 403
    assert (await api.get(OWN_IN_ACME, auth=auth)).status == 200
    assert (await api.get("/2.0/user/workspaces/ada/permissions/repositories", auth=auth)).status == 403
