"""Asking collections: q, sort and fields, where the contract has them."""

import pytest
from support.repositories import EPOCH

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"


@pytest.fixture
async def code(server, ada, git):
    for number in range(3):
        git.commit(f"commit {number}", time=EPOCH + number)
    for name in ("v1", "v9", "v10"):
        git.git("tag", name)
    git.git("branch", "feature/one", "main~2")
    await server.adopted("ada", "code", git)


@pytest.fixture
async def many(server, ada):
    for slug, public in [("alpha", True), ("beta", False), ("gamma", True)]:
        await server.repository("ada", slug, public=public)


async def names(api, auth, path, member="name", **query):
    return [one[member] for one in await api.everything(path, auth=auth, query=query)]


async def test_refs_by_name_and_in_natural_order(api, auth, code):
    assert await names(api, auth, f"{CODE}/refs/tags") == ["v1", "v10", "v9"]
    assert await names(api, auth, f"{CODE}/refs/tags", sort="name", pagelen=2) == ["v1", "v9", "v10"]
    assert await names(api, auth, f"{CODE}/refs/tags", sort="-name") == ["v10", "v9", "v1"]
    assert await names(api, auth, f"{CODE}/refs", q='name ~ "V1" OR name = "main"') == ["main", "v1", "v10"]
    assert await names(api, auth, f"{CODE}/refs/branches", q=f"target.date < {'2023-11-14T22:13:21Z'}") == [
        "feature/one"
    ]
    assert await names(api, auth, f"{CODE}/refs/branches", sort="-target.date") == ["main", "feature/one"]


async def test_repositories_by_what_they_are(api, auth, many):
    path = "/2.0/repositories/ada"

    assert await names(api, auth, path, "slug", q="is_private = false", sort="-name", pagelen=1) == [
        "gamma", "alpha",
    ]  # fmt: skip
    assert await names(api, auth, path, "slug", q='name ~ "ET" AND project.key != null') == ["beta"]
    first = (await api.get(path, auth=auth, query={"q": 'name ~ "a"', "pagelen": 2})).json()
    assert (first["size"], len(first["values"])) == (3, 2)


async def test_nobody_finds_what_they_may_not_see(server, api, many):
    grace = await server.user("grace")
    auth = await server.auth(grace, "repository")

    assert await names(api, auth, "/2.0/repositories/ada", "slug", q="is_private = true") == []


async def test_files_by_size(api, auth, code):
    assert await names(api, auth, f"{CODE}/src/main/", "path", q="size > 3", sort="-size") == ["file.txt"]
    assert await names(api, auth, f"{CODE}/src/main/", "path", q='type = "commit_directory"') == []


@pytest.mark.parametrize("path", [f"{CODE}/refs", f"{CODE}/src/main/", "/2.0/repositories/ada"])
@pytest.mark.parametrize("query", [{"q": "name ="}, {"q": "'; drop"}, {"sort": "a b"}, {"fields": "a..b"}])
async def test_what_is_not_understood_is_refused(api, auth, code, path, query):
    answer = await api.get(path, auth=auth, query=query)

    assert answer.status == 400
    assert answer.json()["error"]["message"].split(":")[0] in {"q", "sort", "fields"}


async def test_fields_pick_members_and_never_change_an_error(server, auth, code):
    async def asked(path, fields):
        return (await server.client.get(path, auth=auth, query={"fields": fields})).json()

    assert await asked(CODE, "full_name,project.key") == {"full_name": "ada/code", "project": {"key": "PROJ"}}
    tags = await asked(f"{CODE}/refs/tags", "values.name,size")
    assert tags == {"size": 3, "values": [{"name": "v1"}, {"name": "v10"}, {"name": "v9"}]}
    assert "links" not in await asked(CODE, "-links")
    assert (await asked("/2.0/repositories/ada/none", "id"))["type"] == "error"


@pytest.mark.parametrize(
    "path", ["/2.0/repositories/ada", f"{CODE}/refs", f"{CODE}/refs/tags", f"{CODE}/src/main/"]
)
async def test_a_field_that_no_object_has_is_told(api, auth, code, path):
    for query in ({"q": 'nonsense = "x"'}, {"q": 'type = "x" OR nonsense = null'}, {"sort": "-nonsense"}):
        answer = await api.get(path, auth=auth, query=query)
        assert (answer.status, "there is no field 'nonsense' here" in answer.message) == (400, True)
