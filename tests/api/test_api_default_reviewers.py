"""Who is asked to review every new pull request of a repository and of a project."""

import pytest

from bitpail.model.permissions import Permission
from bitpail.services import default_reviewers as service
from bitpail.services import users, workspaces
from bitpail.store import projects

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/acme/code"
REVIEWERS = f"{CODE}/default-reviewers"
EFFECTIVE = f"{CODE}/effective-default-reviewers"
PROJECT = "/2.0/workspaces/acme/projects/PROJ/default-reviewers"


@pytest.fixture
async def auth(server, ada):
    return await server.auth(ada, "pullrequest", "repository:admin", "project:admin")


@pytest.fixture
async def code(server, ada):
    await server.workspace("acme", ada)
    return await server.repository("acme", "code")


@pytest.fixture
async def grace(server, code):
    grace = await server.user("grace")
    await server.grant(code, grace, "read")
    return grace


@pytest.fixture
async def member(server, code):
    member = await server.user("member")
    await server.member(await workspaces.named(server.site, "acme"), member, "member")
    return member


def named(user):
    return f"%7B{user.id}%7D"


async def names(api, auth, where):
    values = await api.everything(where, auth=auth)
    return [(one.get("user") or one)["display_name"] for one in values]


@pytest.mark.parametrize("by", ["uuid", "account_id", "username"])
@pytest.mark.parametrize("where", [REVIEWERS, PROJECT])
async def test_somebody_becomes_a_reviewer_and_is_none_again(api, auth, ada, code, where, by):
    name = {"uuid": named(ada), "account_id": ada.account_id, "username": "ada"}[by]
    path = f"{where}/{name}"
    assert (await api.get(path, auth=auth)).status == 404

    added = await api.request("PUT", path, auth=auth)
    again = await api.request("PUT", path, auth=auth)

    assert (added.status, added.json()) == (200, again.json())
    assert added.json()["uuid"] == f"{{{ada.id}}}"
    assert (await api.get(path, auth=auth)).json() == added.json()
    assert await names(api, auth, where) == ["ada"]
    assert (await api.request("DELETE", path, auth=auth)).status == 204
    assert (await api.request("DELETE", path, auth=auth)).status == 404
    assert await names(api, auth, where) == []


async def test_a_repository_has_those_of_its_project_too_and_everybody_once(
    api, auth, server, ada, code, grace, member
):
    await server.grant(code, member, "write")
    for where, user in [(REVIEWERS, grace), (REVIEWERS, ada), (PROJECT, ada), (PROJECT, member)]:
        assert (await api.request("PUT", f"{where}/{named(user)}", auth=auth)).status == 200

    found = (await api.get(EFFECTIVE, auth=auth)).json()["values"]

    assert [(one["user"]["display_name"], one["reviewer_type"]) for one in found] == [
        *(("ada", "repository"), ("grace", "repository"), ("member", "project"))
    ]
    assert {one["type"] for one in found} == {"default_reviewer"}
    assert await names(api, auth, REVIEWERS) == ["ada", "grace"]
    of_project = (await api.get(PROJECT, auth=auth)).json()["values"]
    assert {one["reviewer_type"] for one in of_project} == {"project"}
    assert await names(api, auth, PROJECT) == ["ada", "member"]
    assert await names(api, auth, f"{EFFECTIVE}?pagelen=1") == ["ada", "grace", "member"]


async def test_whoever_loses_access_is_neither_told_nor_asked_until_it_comes_back(
    api, auth, server, ada, code, grace
):
    project = await workspaces.project_of(server.site, code)
    await api.request("PUT", f"{REVIEWERS}/grace", auth=auth)
    await server.grant(code, grace, "none")

    assert await names(api, auth, REVIEWERS) == await names(api, auth, EFFECTIVE) == []
    assert (await api.get(f"{REVIEWERS}/{named(grace)}", auth=auth)).status == 404
    await projects.grant(server.site.db, project.id, grace.id, Permission.READ)
    assert await names(api, auth, REVIEWERS) == ["grace"]
    assert (await api.request("PUT", f"{PROJECT}/grace", auth=auth)).status == 200
    await users.set_active(server.site, "grace", active=False)
    for where in (REVIEWERS, EFFECTIVE, PROJECT):
        assert await names(api, auth, where) == []
    # They can be taken off all the same.
    for where in (REVIEWERS, PROJECT):
        assert (await api.request("DELETE", f"{where}/{named(grace)}", auth=auth)).status == 204


@pytest.mark.parametrize("where", [REVIEWERS, PROJECT])
async def test_whoever_has_no_access_can_be_none_and_a_username_tells_nothing(api, auth, server, code, where):
    hidden = await server.user("hidden")

    by_name = [await api.request("PUT", f"{where}/{name}", auth=auth) for name in ("hidden", "nobody")]
    by_uuid = await api.request("PUT", f"{where}/{named(hidden)}", auth=auth)
    by_nothing = await api.request("PUT", f"{where}/%7B00000000-0000-4000-8000-000000000000%7D", auth=auth)

    assert [one.status for one in by_name] == [404, 404]
    assert by_name[0].text.replace("hidden", "nobody") == by_name[1].text
    assert (by_uuid.status, by_nothing.status) == (400, 404)
    assert await names(api, auth, where) == []


async def test_whoever_has_nothing_but_the_repository_reviews_no_whole_project(api, auth, code, grace):
    assert (await api.request("PUT", f"{PROJECT}/{named(grace)}", auth=auth)).status == 400


async def test_somebody_switched_off_can_be_none(api, auth, server, code, grace):
    await users.set_active(server.site, "grace", active=False)

    assert (await api.request("PUT", f"{REVIEWERS}/{named(grace)}", auth=auth)).status == 400


@pytest.mark.parametrize("name", ["%00", "x" * 5000, "..", "-x", "%C2%B2", "%7B%7D", "%7B..%2F%7D", "a%0Ab"])
@pytest.mark.parametrize("where", [REVIEWERS, PROJECT])
async def test_names_that_nobody_has(api, auth, code, where, name):
    for method in ("GET", "PUT", "DELETE"):
        assert (await api.request(method, f"{where}/{name}", auth=auth)).status in {400, 404}


@pytest.mark.parametrize("where", [REVIEWERS, PROJECT])
async def test_there_is_an_end_to_how_many_there_are(
    api, auth, ada, code, member, monkeypatch, server, where
):
    monkeypatch.setattr(service, "_MOST", 1)
    await server.grant(code, member, "read")

    first = await api.request("PUT", f"{where}/ada", auth=auth)
    second = await api.request("PUT", f"{where}/member", auth=auth)
    again = await api.request("PUT", f"{where}/ada", auth=auth)

    assert (first.status, second.status, again.status) == (200, 400, 200)
