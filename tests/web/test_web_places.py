"""The first page, and the pages on which repositories are made and forked."""

import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.model.access import Actor, Need
from bitpail.model.permissions import Permission
from bitpail.model.repositories import ForkPolicy
from bitpail.model.scopes import Scope
from bitpail.services import projects, repositories, users, workspaces
from bitpail.services.access import to_repository, to_workspace
from bitpail.services.beginnings import LICENCES
from bitpail.services.repositories import Wanted

pytestmark = pytest.mark.anyio

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


@pytest.fixture
async def engines(server, ada):
    return await server.workspace("engines", ada)


async def logged_in(server, name):
    user = await server.user(name, password=PASSWORD)
    browser = Browser(server.application)
    await browser.log_in(name, PASSWORD)
    return user, browser


async def administering(server, workspace, slug):
    actor = Actor(await users.named(server.site, "ada"), None, frozenset(Scope))
    return await to_repository(server.site, actor, Need(permission=Permission.ADMIN), workspace, slug)


async def in_git(server, workspace, slug):
    """The files of the main branch: path to content, and the branch."""
    found = (await repositories.named(server.site, workspace, slug)).repository
    directory = repositories.code_directory(server.site, found)
    branch = await repositories.main_branch(server.site, found)
    return directory.path, branch, found


async def test_who_is_not_logged_in_is_told_what_this_is_and_how_to_log_in(browser, engines):
    shown = await browser.get("/")

    assert shown.status == 200
    assert "/login" in Page(shown.text).links
    assert "engines" not in shown.text
    assert "set-cookie" not in shown.headers


async def test_whoever_has_nothing_yet_is_told_how_to_begin(page):
    shown = await page.get("/")

    assert "git remote add origin https://ada@git.example.org/ada/REPOSITORY.git" in shown.text
    assert "/account/settings/app-passwords/new?scopes=repository%3Awrite&label=git" in Page(shown.text).links
    assert "/repo/create" in Page(shown.text).links
    assert "/ada/" in Page(shown.text).links


async def test_the_dashboard_has_ones_own_repositories_and_those_one_was_given_and_no_others(
    server, page, ada, engines
):
    await server.repository("engines", "difference")
    grace, _ = await logged_in(server, "grace")
    await server.workspace("compilers", grace)
    given = await server.repository("compilers", "a-0")
    await server.repository("compilers", "open", public=True)
    await server.repository("compilers", "closed")
    await server.grant(given, ada, "read")

    links = Page((await page.get("/")).text).links

    assert {"/engines/difference/", "/compilers/a-0/", "/engines/", "/ada/"} <= set(links)
    assert not {"/compilers/open/", "/compilers/closed/", "/compilers/"} & set(links)


async def test_the_dashboard_begins_with_what_was_changed_last_and_is_searched(server, page, engines):
    for slug in ("first", "second", "third"):
        await server.repository("engines", slug)
    await repositories.update(
        server.site, await administering(server, "engines", "first"), Wanted(description="changed")
    )

    shown = (await page.get("/")).text
    by_name = (await page.get("/?sort=name")).text

    assert shown.index("/engines/first/") < shown.index("/engines/third/") < shown.index("/engines/second/")
    assert by_name.index("/engines/first/") < by_name.index("/engines/second/")
    found = (await page.get("/?search=secon")).text
    assert "/engines/second/" in found
    assert "/engines/first/" not in found
    nothing = await page.get("/?search=%3Cscript%3E")
    assert "None of your repositories" in nothing.text
    assert Page(nothing.text).inline == []
    for path in ("/?page=99", "/engines/?page=99", "/?page=99&search=fir"):
        beyond = await page.get(path)
        assert "No more repositories" in beyond.text
        assert "None of" not in beyond.text
        first = next(link for link in Page(beyond.text).links if link.startswith("?"))
        assert "/engines/first/" in (await page.get(path.partition("?")[0] + first)).text


async def test_a_workspace_shows_one_of_its_projects(server, page, engines):
    await projects.create(server.site, engines, "MILL", "The mill")
    await server.repository("engines", "mill", project_key="MILL")
    await server.repository("engines", "other")

    shown = (await page.get("/engines/?project=mill")).text

    assert "/engines/mill/" in shown
    assert "/engines/other/" not in shown
    assert '<option value="MILL" selected>' in shown
    assert "No repository of this project" in (await page.get("/engines/?project=NONE")).text


async def test_a_repository_is_made_with_the_slug_of_its_name_and_what_it_begins_with(
    server, page, engines, ada
):
    await projects.create(server.site, engines, "MILL", "The mill")

    made = await page.submit(
        "/repo/create?workspace=engines",
        "/repo/create",
        into="engines/MILL",
        name="The Analytical Éngine",
        description="It weaves *algebraic* patterns.",
        main_branch="trunk",
        licence="MIT",
        ignored="Python",
        readme="on",
    )

    assert (made.status, made.headers["location"]) == (303, "/engines/the-analytical-engine/")
    located = await repositories.named(server.site, "engines", "the-analytical-engine")
    assert located.project.key == "MILL"
    assert located.repository.is_private
    assert located.repository.has_wiki
    assert located.repository.name == "The Analytical Éngine"
    assert await repositories.main_branch(server.site, located.repository) == "trunk"
    assert (await page.follow(made)).status == 200
    auth = await server.auth(ada, "repository")
    root = "/2.0/repositories/engines/the-analytical-engine/src/trunk"
    readme = await server.client.get(f"{root}/README.md", auth=auth)
    licence = await server.client.get(f"{root}/LICENSE", auth=auth)
    ignored = await server.client.get(f"{root}/.gitignore", auth=auth)
    assert readme.text == "# The Analytical Éngine\n\nIt weaves *algebraic* patterns.\n"
    assert licence.text.startswith("MIT License\n\nCopyright (c) 20")
    assert "{" not in licence.text
    assert "__pycache__/" in ignored.text.splitlines()


@pytest.mark.parametrize("licence", LICENCES)
async def test_each_licence_is_whole(server, page, engines, ada, licence):
    await page.submit("/repo/create", into="engines/PROJ", name="one", licence=licence)

    auth = await server.auth(ada, "repository")
    text = (await server.client.get("/2.0/repositories/engines/one/src/main/LICENSE", auth=auth)).text

    assert "{year}" not in text
    assert "{holder}" not in text
    assert len(text) > 500


async def test_an_empty_one_is_made_without_a_tick(server, page, engines):
    await page.submit("/repo/create", into="engines/PROJ", name="bare")

    _, branch, found = await in_git(server, "engines", "bare")

    assert branch is None
    assert found.is_private


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"name": ""}, 422, "The name is empty"),
        ({"name": "..."}, 422, "needs a letter or a digit"),
        ({"name": "日本"}, 422, "needs a letter or a digit"),
        ({"name": "x" * 300}, 422, "longer than 255"),
        ({"name": "a\0b"}, 422, "control character"),
        ({"name": "thing.git"}, 422, "ends like a directory of git"),
        ({"name": "taken"}, 409, "exists already"),
        ({"name": "TAKEN"}, 409, "exists already"),
        ({"name": "a", "into": "nowhere/PROJ"}, 403, "no such workspace"),
        ({"name": "a", "into": "engines/NONE"}, 422, "project not found"),
        ({"name": "a", "into": ""}, 403, "no such workspace"),
        ({"name": "a", "into": "../../etc"}, 403, "no such workspace"),
        ({"name": "a", "main_branch": "-f"}, 422, "starts with"),
        ({"name": "a", "main_branch": "a..b"}, 422, "git does not allow"),
        ({"name": "a", "licence": "../MIT"}, 422, "there is none called"),
        ({"name": "a", "ignored": "Nothing"}, 422, "there is none called"),
        ({"name": "a", "readme": "on", "main_branch": "a~b"}, 422, "git does not allow"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_form_and_nothing_is_made(
    server, page, engines, fields, status, told
):
    await server.repository("engines", "taken")
    before = len(await repositories.every(server.site))

    answer = await page.submit("/repo/create", **{"into": "engines/PROJ", "description": EVIL, **fields})

    assert answer.status == status, answer.text
    assert told.lower() in answer.text.lower()
    assert Page(answer.text).inline == []
    assert Page(answer.text).values["description"] == EVIL
    assert ("/engines/taken/" in Page(answer.text).links) == (status == 409)
    assert len(await repositories.every(server.site)) == before


async def test_only_who_may_make_repositories_there_can_choose_the_place_and_make_one(server, engines):
    grace, browser = await logged_in(server, "grace")
    await server.member(engines, grace, "member", "write")

    shown = (await browser.get("/repo/create?workspace=engines")).text
    refused = await browser.submit("/repo/create", into="engines/PROJ", name="mine")

    assert "engines/PROJ" not in shown
    assert "grace/PROJ" in shown
    assert refused.status == 403
    assert "may not make repositories there" in refused.text
    await server.member(engines, grace, "collaborator")
    assert 'value="engines/PROJ" selected' in (await browser.get("/repo/create?workspace=engines")).text
    made = await browser.submit("/repo/create", into="engines/PROJ", name="mine")
    assert made.status == 303


async def test_a_form_for_a_repository_needs_somebody_and_its_token(server, page, engines):
    nobody = Browser(server.application)
    assert (await nobody.get("/repo/create")).headers["location"] == "/login?next=%2Frepo%2Fcreate"

    forged = await page.ask("POST", "/repo/create", fields=[("into", "engines/PROJ"), ("name", "x")])

    assert forged.status == 403
    assert (await page.get("/engines/x/")).status == 404


async def test_a_repository_is_forked_where_one_chooses(server, page, engines, git):
    git.commit("first")
    await server.adopted("engines", "difference", git)

    shown = await page.get("/engines/difference/fork")
    forked = await page.submit("/engines/difference/fork", into="ada/PROJ", name="My difference", page=shown)

    assert forked.headers["location"] == "/ada/my-difference/"
    fork = await page.follow(forked)
    assert fork.status == 200
    assert 'Forked from <a href="/engines/difference/">engines/difference</a>' in fork.text
    assert await repositories.main_branch(
        server.site, (await repositories.named(server.site, "ada", "my-difference")).repository
    )
    again = await page.submit("/engines/difference/fork", into="ada/PROJ", name="My difference")
    assert again.status == 409
    assert "/ada/my-difference/" in Page(again.text).links


async def test_a_parent_that_one_may_not_see_is_not_named(server, page, engines, git):
    git.commit("first")
    await server.adopted("engines", "difference", git)
    await page.submit("/engines/difference/fork", into="ada/PROJ", name="Mine")
    grace, hers = await logged_in(server, "grace")
    await server.grant((await repositories.named(server.site, "ada", "mine")).repository, grace, "read")

    shown = await hers.get("/ada/mine/")

    assert shown.status == 200
    assert "Forked" not in shown.text


@pytest.mark.parametrize("is_empty", [True, False])
async def test_what_is_said_of_a_repository_stands_on_its_front_page(server, page, engines, git, is_empty):
    if is_empty:
        await server.repository("engines", "tabulator")
    else:
        git.commit("first")
        await server.adopted("engines", "tabulator", git)
    access = await administering(server, "engines", "tabulator")

    about = Wanted(description="<i>Tabulates</i>\npolynomials", website="https://example.org/?a=1&b=<2>")
    await repositories.update(server.site, access, about)
    shown = (await page.get("/engines/tabulator/")).text
    await repositories.update(server.site, access, Wanted(website="javascript:alert(1)"))
    odd = (await page.get("/engines/tabulator/")).text

    assert "&lt;i&gt;Tabulates&lt;/i&gt;\npolynomials" in shown
    assert '<a href="https://example.org/?a=1&amp;b=&lt;2&gt;" rel="nofollow noreferrer">' in shown
    assert "javascript:" not in odd
    assert "Tabulates" not in (await page.get("/engines/tabulator/commits/")).text


async def test_forks_obey_what_the_owner_says_of_them(server, page, engines):
    await server.repository("engines", "never", fork_policy=ForkPolicy.NO_FORKS)
    await server.repository("engines", "hidden", fork_policy=ForkPolicy.NO_PUBLIC_FORKS)

    assert "does not want forks" in (await page.get("/engines/never/fork")).text
    assert "fork</a>" not in (await page.get("/engines/never/")).text.lower()
    token = dict(Page((await page.get("/engines/hidden/fork")).text).forms[0].fields)["form_token"]
    fields = {"form_token": token, "into": "ada/PROJ", "name": "x"}
    refused = await page.ask("POST", "/engines/never/fork", fields=fields)
    public = await page.ask("POST", "/engines/hidden/fork", fields=fields)
    private = await page.ask("POST", "/engines/hidden/fork", fields={**fields, "is_private": "on"})

    assert (refused.status, public.status, private.status) == (403, 422, 303)
    assert "does not allow forks" in refused.text
    assert "private forks only" in public.text


async def test_one_forks_only_what_one_sees(server, engines, ada):
    await server.repository("engines", "secret")
    _, browser = await logged_in(server, "grace")

    assert (await browser.get("/engines/secret/fork")).status == 404
    assert (await Browser(server.application).get("/engines/secret/fork")).status == 303


async def test_names_that_people_give_are_text_on_every_page_that_lists_them(server, page, ada):
    workspace = await server.workspace("engines", ada)
    await projects.change(server.site, await first_project(server, ada), name=EVIL, description=EVIL)
    await server.repository("engines", "evil", name=EVIL, description=EVIL, language=EVIL[:60])
    await workspaces.change(server.site, workspace, name=EVIL, is_private=True)

    for path in (
        *("/", "/engines/", "/repo/create", "/repo/import", "/engines/evil/fork", "/engines/evil/admin/"),
        *("/engines/evil/admin/transfer/", "/engines/evil/admin/delete/", "/engines/workspace/projects/"),
        *("/engines/workspace/projects/PROJ/", "/engines/workspace/projects/PROJ/settings/"),
        *("/engines/workspace/members/", "/engines/workspace/settings/", f"/?search={EVIL}"),
    ):
        shown = await page.get(path)
        assert shown.status == 200, path
        assert Page(shown.text).inline == [], path
        assert "<img src=x" not in shown.text, path


async def first_project(server, ada):
    actor = Actor(ada, None, frozenset(Scope))
    inside = await to_workspace(server.site, actor, Need(), "engines")
    return (await projects.visible(server.site, inside))[0]
