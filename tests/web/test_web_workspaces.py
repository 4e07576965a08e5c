"""The pages of a workspace: its members, groups, projects and settings."""

import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.model.permissions import Permission, Role
from bitpail.services import groups, projects, workspaces

pytestmark = pytest.mark.anyio

HOME = "/engines/workspace"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


@pytest.fixture
async def engines(server, ada):
    return await server.workspace("engines", ada)


async def logged_in(server, name):
    user = await server.user(name, password=PASSWORD)
    browser = Browser(server.application)
    await browser.log_in(name, PASSWORD)
    return user, browser


async def token(browser):
    return dict(Page((await browser.get("/repo/create")).text).forms[0].fields)["form_token"]


async def put(browser, **fields):
    return await browser.ask(
        "POST", f"{HOME}/members/", fields={"form_token": await token(browser), **fields}
    )


async def members(server, workspace):
    found = await workspaces.members(server.site, workspace)
    return {one.user.username: (one.role, one.repositories) for one in found}


async def test_who_sees_and_changes_what_of_a_workspace(server, page, engines):
    await server.repository("engines", "open", public=True)
    grace, member = await logged_in(server, "grace")
    await server.member(engines, grace, "collaborator")
    _, stranger = await logged_in(server, "mallory")
    rows = {
        "members/": (200, 200, 403),
        "projects/": (200, 200, 200),
        "groups/": (200, 403, 403),
        "settings/": (200, 403, 403),
        "create-project/": (200, 403, 403),
        "projects/PROJ/": (200, 200, 200),
        "projects/PROJ/settings/": (200, 403, 403),
        "projects/PROJ/permissions/": (200, 403, 403),
    }

    for part, expected in rows.items():
        found = tuple([(await one.get(f"{HOME}/{part}")).status for one in (page, member, stranger)])
        assert found == expected, part
    for part in rows:
        if part in {"projects/", "projects/PROJ/"}:
            continue
        fields = {
            "form_token": await token(member),
            "do": "put",
            "user": "mallory",
            "role": "owner",
            "name": "x",
        }
        assert (await member.ask("POST", f"{HOME}/{part}", fields=fields)).status == 403, part
    assert set(await members(server, engines)) == {"ada", "grace"}


async def test_a_workspace_that_one_may_not_know_of_has_no_pages(server, engines):
    _, stranger = await logged_in(server, "mallory")

    for part in ("", "members/", "projects/", "projects/PROJ/", "settings/"):
        assert (await stranger.get(f"{HOME}/{part}")).status == 404


async def test_members_are_put_in_changed_and_taken_out(server, page, engines):
    grace, browser = await logged_in(server, "grace")
    group = await groups.create(server.site, engines, "builders")

    unknown = await put(page, user="nobody", role="member", repositories="read", do="put")
    await put(page, user="grace", role="member", repositories="read", do="put")
    assert (await members(server, engines))["grace"] == (Role.MEMBER, Permission.READ)
    await groups.add(server.site, engines, group, grace)
    await put(page, user="grace", role="collaborator", repositories="write", do="put")

    assert unknown.status == 404
    assert (await members(server, engines))["grace"] == (Role.COLLABORATOR, Permission.WRITE)
    assert "grace" in (await browser.get(f"{HOME}/members/")).text
    removed = await page.ask(
        "POST", f"{HOME}/members/", fields={"form_token": await token(page), "user": "grace", "do": "remove"}
    )
    assert removed.headers["location"] == f"{HOME}/members/?done=removed"
    assert "grace" not in await members(server, engines)
    assert await groups.members(server.site, group) == []
    assert (await browser.get(f"{HOME}/members/")).status == 404


async def test_the_last_owner_stays_an_owner(server, page, engines):
    form = {"form_token": await token(page), "user": "ada"}

    removed = await page.ask("POST", f"{HOME}/members/", fields={**form, "do": "remove"})
    demoted = await page.ask(
        "POST", f"{HOME}/members/", fields={**form, "do": "put", "role": "member", "repositories": "admin"}
    )

    for answer in (removed, demoted):
        assert answer.status == 422
        assert "Ada is the last owner" in answer.text
    assert (await members(server, engines))["ada"][0] is Role.OWNER


@pytest.mark.parametrize(
    "fields", [{"role": "king"}, {"role": "owner", "repositories": "all"}, {"do": "nothing"}, {"user": ""}]
)
async def test_a_form_for_members_that_says_nothing_is_refused(server, page, engines, fields):
    await server.user("grace")
    sent = {"user": "grace", "role": "member", "repositories": "read", "do": "put", **fields}

    answer = await put(page, **sent)

    assert answer.status in {404, 422}
    assert set(await members(server, engines)) == {"ada"}


async def test_members_are_searched_and_their_names_are_text(server, page, engines):
    for name in ("grace", "edith"):
        user = await server.user(name)
        await server.member(engines, user, "member")

    shown = await page.get(f"{HOME}/members/?search=gra")

    assert "grace" in shown.text
    assert "edith" not in shown.text
    assert Page((await page.get(f"{HOME}/members/?search={EVIL}")).text).inline == []


async def test_groups_are_made_filled_and_deleted(server, page, engines):
    grace = await server.user("grace")

    made = await page.submit(f"{HOME}/groups/", name="Site builders")
    where = made.headers["location"]
    stranger = await page.submit(where, user="grace", do="add")
    await server.member(engines, grace, "member")
    await page.submit(where, user="grace", do="add")

    assert where == f"{HOME}/groups/site-builders/"
    assert stranger.status == 422
    assert "no member" in stranger.text
    group = await groups.named(server.site, engines, "site-builders")
    assert await groups.members(server.site, group) == [grace]
    fields = {"form_token": await token(page), "user": "grace", "do": "remove"}
    await page.ask("POST", where, fields=fields)
    assert await groups.members(server.site, group) == []
    assert (await page.submit(f"{HOME}/groups/", name="Site builders")).status == 409
    assert (await page.submit(f"{HOME}/groups/", name="…")).status == 422
    gone = await page.ask("POST", where, fields={**fields, "do": "delete"})
    assert gone.headers["location"] == f"{HOME}/groups/?done=deleted"
    assert (await page.get(where)).status == 404


async def test_a_project_is_made_shown_changed_and_deleted(server, page, engines):
    made = await page.submit(f"{HOME}/create-project/", name=EVIL, key="mill", description="It mills.")
    await server.repository("engines", "stone", project_key="MILL")
    await server.repository("engines", "other")

    assert made.headers["location"] == f"{HOME}/projects/MILL/"
    shown = await page.follow(made)
    assert "/engines/stone/" in shown.text
    assert "/engines/other/" not in shown.text
    assert Page(shown.text).inline == []
    assert "/repo/create?workspace=engines&project=MILL" in Page(shown.text).links
    settings = f"{HOME}/projects/MILL/settings/"
    kept = await page.submit(settings, do="delete")
    assert kept.status == 422
    assert "still holds repositories" in kept.text
    changed = await page.submit(settings, name="The mill", key="MILL2", do="save")
    assert changed.headers["location"] == f"{HOME}/projects/MILL2/settings/?done=saved"
    assert (await page.submit(f"{HOME}/create-project/", name="Other", key="MILL2")).status == 409
    last = await page.submit(f"{HOME}/projects/PROJ/settings/", do="delete")
    assert last.status == 422
    await page.submit(f"{HOME}/create-project/", name="Empty", key="EMPTY")
    gone = await page.submit(f"{HOME}/projects/EMPTY/settings/", do="delete")
    assert gone.headers["location"] == f"{HOME}/projects/?done=deleted"


@pytest.mark.parametrize(
    ("name", "key"),
    [("", "MILL"), ("Mill", ""), ("Mill", "1A"), ("Mill", "a b"), ("a\0", "MILL"), ("x" * 256, "M")],
)
async def test_a_project_needs_a_name_and_a_key(server, page, engines, name, key):
    answer = await page.submit(f"{HOME}/create-project/", name=name, key=key)

    assert answer.status == 422
    assert len(await projects.visible(server.site, await _seen(server, engines))) == 1


async def _seen(server, workspace):
    from bitpail.model.access import Actor, Need
    from bitpail.services import access, users

    return await access.to_workspace(
        server.site, Actor(await users.named(server.site, "ada")), Need(), workspace.slug
    )


async def test_access_to_a_project_is_given_and_taken_away(server, page, engines):
    grace, browser = await logged_in(server, "grace")
    await server.member(engines, grace, "member")
    await server.repository("engines", "stone")
    where = f"{HOME}/projects/PROJ/permissions/"
    assert (await browser.get("/engines/stone/")).status == 404

    await page.submit(where, user="grace", permission="create-repo", do="give")

    assert (await browser.get("/engines/stone/")).status == 200
    assert 'value="engines/PROJ"' in (await browser.get("/repo/create")).text
    fields = {"form_token": await token(page), "user": "grace", "do": "remove"}
    await page.ask("POST", where, fields=fields)
    assert (await browser.get("/engines/stone/")).status == 404


async def test_a_workspace_gets_another_name_and_is_shown_to_everybody_or_not(server, page, engines):
    _, stranger = await logged_in(server, "grace")
    assert (await stranger.get("/engines/")).status == 404

    empty = await page.submit(f"{HOME}/settings/", name=" ")
    fields = {"form_token": await token(page), "name": EVIL}
    saved = await page.ask("POST", f"{HOME}/settings/", fields=fields)

    assert empty.status == 422
    assert saved.headers["location"] == f"{HOME}/settings/?done=saved"
    shown = await stranger.get("/engines/")
    assert shown.status == 200
    assert Page(shown.text).inline == []
    assert (await workspaces.named(server.site, "engines")).name == EVIL


async def test_however_much_there_is_a_page_shows_a_part_of_it(server, page, engines, ada):
    repository = await server.repository("engines", "stone")
    for number in range(130):
        await projects.create(server.site, engines, f"P{number}", f"{EVIL} {number}", description="x" * 1000)
        await groups.create(server.site, engines, f"group-{number}", name=f"{EVIL} {number}")
        user = await server.user(f"user-{number}")
        await server.member(engines, user, "member")
        await server.grant(repository, user, "write")
    pages = [
        "/engines/",
        *(f"{HOME}/{part}/" for part in ("projects", "groups", "members")),
        *(f"/engines/stone/admin/{part}" for part in ("", "permissions/")),
        "/",
        "/repo/create",
        "/repo/import",
        "/engines/stone/fork",
    ]

    for path in pages:
        shown = await page.get(path)
        assert shown.status == 200, path
        assert len(shown.body) < 100_000, path
        assert Page(shown.text).inline == [], path
    first, second = await page.get(f"{HOME}/projects/"), await page.get(f"{HOME}/projects/?page=2")
    assert "?page=2" in Page(first.text).links
    assert f"{HOME}/projects/P129/" in Page(second.text).links
    assert "?page=3" not in Page(second.text).links
