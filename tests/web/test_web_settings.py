"""The settings of a repository: who may change what, and what becomes of it."""

import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.model.access import Actor, Need
from bitpail.model.branch_restrictions import Kind
from bitpail.model.permissions import Permission
from bitpail.model.repositories import ForkPolicy
from bitpail.model.scopes import Scope
from bitpail.services import (
    access_keys,
    access_tokens,
    app_passwords,
    branch_restrictions,
    default_reviewers,
    grants,
    groups,
    projects,
    repositories,
    users,
)
from bitpail.services.access import to_repository
from bitpail.services.branch_restrictions import Told

pytestmark = pytest.mark.anyio

HOME = "/engines/difference"
ADMIN = f"{HOME}/admin/"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBnUbTHcbmiFJuQk8ZCUxmUkA1yBxWsdSCd3hqmcXX9p ci"
PAGES = [
    "",
    "permissions/",
    "branch-permissions/",
    "access-keys/",
    "default-reviewers/",
    "transfer/",
    "delete/",
]


@pytest.fixture
async def engines(server, ada, git):
    workspace = await server.workspace("engines", ada)
    git.commit("first")
    await server.adopted("engines", "difference", git)
    return workspace


async def logged_in(server, name):
    user = await server.user(name, password=PASSWORD)
    browser = Browser(server.application)
    await browser.log_in(name, PASSWORD)
    return user, browser


async def repository(server, workspace="engines", slug="difference"):
    return (await repositories.named(server.site, workspace, slug)).repository


async def access(server, slug="difference"):
    actor = Actor(await users.named(server.site, "ada"), None, frozenset(Scope))
    return await to_repository(server.site, actor, Need(permission=Permission.ADMIN), "engines", slug)


@pytest.mark.parametrize("part", PAGES)
async def test_settings_are_for_administrators_of_the_repository_alone(server, page, engines, part):
    grace, browser = await logged_in(server, "grace")
    token = dict(Page((await browser.get("/repo/create")).text).forms[0].fields)["form_token"]
    fields = {"form_token": token, "typed": "engines/difference", "do": "add", "name": "stolen"}

    assert (await page.get(ADMIN + part)).status == 200
    assert (await browser.get(ADMIN + part)).status == 404
    assert (await browser.ask("POST", ADMIN + part, fields=fields)).status == 404
    await server.grant(await repository(server), grace, "write")
    assert (await browser.get(ADMIN + part)).status == 403
    assert (await browser.ask("POST", ADMIN + part, fields=fields)).status == 403
    nobody = await Browser(server.application).get(ADMIN + part)
    assert nobody.headers["location"].startswith("/login?next=")
    assert ADMIN not in (await browser.get(f"{HOME}/")).text
    assert (await repository(server)).name == "difference"
    await server.grant(await repository(server), grace, "admin")
    assert (await browser.get(ADMIN + part)).status == 200


@pytest.mark.parametrize("part", PAGES)
async def test_no_form_of_settings_is_taken_without_its_token(server, page, engines, part):
    fields = {"typed": "engines/difference", "do": "add", "name": "forged"}

    assert (await page.ask("POST", ADMIN + part, fields=fields)).status == 403

    assert (await repository(server)).name == "difference"


async def test_details_are_saved_and_shown_again(server, page, engines):
    saved = await page.submit(
        ADMIN,
        description=f"It differs.\r\n{EVIL}",
        website="https://example.org",
        language="python",
        fork_policy="no_forks",
    )

    assert saved.headers["location"] == f"{ADMIN}?done=saved"
    shown = await page.follow(saved)
    assert "Saved." in shown.text
    assert Page(shown.text).inline == []
    found = await repository(server)
    assert found.description == f"It differs.\n{EVIL}"
    assert (found.website, found.language) == ("https://example.org", "python")
    assert found.fork_policy is ForkPolicy.NO_FORKS
    assert found.is_private


async def test_a_box_that_is_not_ticked_makes_it_public_and_takes_the_wiki_away(server, page, engines):
    token = dict(Page((await page.get(ADMIN)).text).forms[0].fields)["form_token"]

    await page.ask(
        "POST", ADMIN, fields={"form_token": token, "name": "difference", "fork_policy": "allow_forks"}
    )

    found = await repository(server)
    assert not found.is_private
    assert not found.has_wiki
    assert (await Browser(server.application).get(f"{HOME}/")).status == 200


async def test_the_old_address_leads_to_the_renamed_repository_for_who_may_see_it(server, page, engines):
    _, stranger = await logged_in(server, "grace")

    renamed = await page.submit(ADMIN, name="Analytical Engine")
    old = await page.get(f"{HOME}/commits/branch/main?page=2&x=%3Cb%3E")

    assert renamed.headers["location"] == "/engines/analytical-engine/admin/?done=saved"
    assert (old.status, old.headers["location"]) == (
        302,
        "/engines/analytical-engine/commits/branch/main?page=2&x=%3Cb%3E",
    )
    assert (await page.get(HOME)).headers["location"] == "/engines/analytical-engine/"
    assert (await stranger.get(f"{HOME}/")).status == 404
    assert (await Browser(server.application).get(f"{HOME}/")).headers["location"].startswith("/login")
    assert (await page.ask("POST", ADMIN, fields={"name": "x"})).status == 404
    # A second name, and the first one leads to where it is now.
    await page.submit("/engines/analytical-engine/admin/", name="Third")
    assert (await page.get(f"{HOME}/")).headers["location"] == "/engines/third/"
    # What is made under the old name is what is shown there.
    await server.repository("engines", "difference")
    assert (await page.get(f"{HOME}/")).status == 200


async def test_an_old_address_with_any_bytes_leads_nowhere_else(server, page, engines):
    await page.submit(ADMIN, name="Analytical Engine")

    for path in (f"{HOME}//evil.example/x", f"{HOME}/%0d%0aSet-Cookie:x=1", f"{HOME}/\\evil.example"):
        answer = await page.get(path)
        assert answer.status in {302, 404}
        if answer.status == 302:
            assert answer.headers["location"].startswith("/engines/analytical-engine/")
            assert "\r" not in answer.headers["location"]


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"name": ""}, 422, "name is empty"),
        ({"name": "…"}, 422, "needs a letter or a digit"),
        ({"name": "taken"}, 409, "exists already"),
        ({"main_branch": "nothing"}, 422, "branch not found"),
        ({"project": "NONE"}, 422, "project not found"),
        ({"fork_policy": "maybe"}, 422, "there is none called"),
        ({"description": "a\0b"}, 422, "control character"),
        ({"website": "x" * 2049}, 422, "longer than"),
        ({"language": "x" * 65}, 422, "longer than"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_changed(server, page, engines, fields, status, told):
    await server.repository("engines", "taken")
    before = await repository(server)

    answer = await page.submit(ADMIN, **fields)

    assert answer.status == status, answer.text
    assert told in answer.text
    assert await repository(server) == before


async def test_the_main_branch_and_the_project_are_changed(server, page, engines, git):
    git.git("branch", "trunk", "main")
    await projects.create(server.site, engines, "MILL", "The mill")

    await page.submit(ADMIN, main_branch="trunk", project="MILL")

    located = await repositories.named(server.site, "engines", "difference")
    assert located.project.key == "MILL"
    assert await repositories.main_branch(server.site, located.repository) == "trunk"


async def test_a_repository_goes_to_another_workspace_without_its_groups(server, page, engines, ada):
    await server.workspace("mills", ada)
    found = await repository(server)
    grace, browser = await logged_in(server, "grace")
    await server.member(engines, grace, "member")
    group = await groups.create(server.site, engines, "builders")
    await groups.add(server.site, engines, group, grace)
    await grants.give(server.site, engines, found, "builders", "write", is_group=True)
    await branch_restrictions.create(
        server.site, await access(server), Told(kind=Kind.PUSH, pattern="main", group_slugs=["builders"])
    )
    await access_tokens.create(
        server.site, found, app_passwords.Wanted(label="ci", permissions=("repository",)), ada
    )
    assert (await browser.get(f"{HOME}/")).status == 200

    wrong = await page.submit(f"{ADMIN}transfer/", into="mills/PROJ", typed="difference")
    moved = await page.submit(f"{ADMIN}transfer/", into="mills/PROJ", typed="engines/difference")

    assert wrong.status == 422
    assert moved.headers["location"] == "/mills/difference/admin/?done=transferred"
    located = await repositories.named(server.site, "mills", "difference")
    assert located.repository.id == found.id
    assert (await page.get(f"{HOME}/")).headers["location"] == "/mills/difference/"
    assert (await browser.get(f"{HOME}/")).status == 404
    assert (await browser.get("/mills/difference/")).status == 404
    actor = Actor(ada, None, frozenset(Scope))
    there = await to_repository(server.site, actor, Need(), "mills", "difference")
    (kept,) = await branch_restrictions.of_repository(server.site, there)
    assert kept.groups == []
    assert await access_tokens.of_place(server.site, located.repository) == []
    back = await page.submit(
        "/mills/difference/admin/transfer/", into="engines/PROJ", typed="mills/difference"
    )
    assert back.headers["location"] == f"{ADMIN}?done=transferred"
    assert (await page.get(f"{HOME}/")).status == 200


async def test_nobody_transfers_to_where_they_may_not_create_or_where_the_name_is_taken(
    server, page, engines, ada
):
    grace, _ = await logged_in(server, "grace")
    await server.workspace("hers", grace, public=True)
    await server.workspace("mills", ada)
    await server.repository("mills", "difference")
    token = dict(Page((await page.get(f"{ADMIN}transfer/")).text).forms[0].fields)["form_token"]

    for into, status in (("hers/PROJ", 403), ("mills/PROJ", 409), ("engines/PROJ", 422), ("", 403)):
        fields = {"form_token": token, "into": into, "typed": "engines/difference"}
        assert (await page.ask("POST", f"{ADMIN}transfer/", fields=fields)).status == status

    assert (await repository(server)).slug == "difference"


async def test_a_repository_is_deleted_by_who_types_its_name_and_says_where_it_went(server, page, engines):
    for typed in ("", "difference", "Engines/difference", "engines/difference/x"):
        assert (await page.submit(f"{ADMIN}delete/", typed=typed)).status == 422
    wrong = await page.submit(f"{ADMIN}delete/", typed="engines/difference", moved_to="javascript:alert(1)")
    assert wrong.status == 422
    assert (await page.get(f"{HOME}/")).status == 200

    gone = await page.submit(
        f"{ADMIN}delete/", typed="engines/difference", moved_to="https://git.example.net/d"
    )

    assert gone.headers["location"] == "/engines/?done=deleted"
    assert "The repository is deleted" in (await page.follow(gone)).text
    assert "https://git.example.net/d" in (await page.get(f"{HOME}/")).text


async def test_access_is_given_to_members_and_groups_changed_and_taken_away(server, page, engines):
    grace, browser = await logged_in(server, "grace")
    where = f"{ADMIN}permissions/"

    stranger = await page.submit(where, user="grace", permission="write", do="give")
    unknown = await page.submit(where, user="nobody", permission="write", do="give")
    await server.member(engines, grace, "member")
    await groups.create(server.site, engines, "builders", name=EVIL)
    await page.submit(where, user="grace", permission="write", do="give")
    await page.submit(where, group="builders", permission="read", do="give")
    shown = await page.get(where)

    assert stranger.status == unknown.status == 422
    assert stranger.text.replace("grace", "nobody") == unknown.text
    assert ">write<" in shown.text
    assert ">read<" in shown.text
    assert Page(shown.text).inline == []
    assert (await browser.get(f"{HOME}/")).status == 200
    token = dict(Page(shown.text).forms[0].fields)["form_token"]
    for wrong in ("create-repo", "owner", ""):
        fields = {"form_token": token, "user": "grace", "permission": wrong, "do": "give"}
        assert (await page.ask("POST", where, fields=fields)).status == 422
    await page.ask("POST", where, fields={"form_token": token, "user": "grace", "do": "remove"})
    assert (await browser.get(f"{HOME}/")).status == 404


async def test_branches_are_restricted_and_opened_again(server, page, engines, ada):
    where = f"{ADMIN}branch-permissions/"

    await page.submit(where, kind="push", branches="", pattern="release/*", users="ada", do="add")
    again = await page.submit(where, kind="push", branches="", pattern="release/*", do="add")
    await page.submit(where, kind="require_approvals_to_merge", branches="production", value="2", do="add")
    shown = await page.get(where)

    push, approvals = await branch_restrictions.of_repository(server.site, await access(server))
    assert (push.restriction.pattern, push.users) == ("release/*", [ada])
    assert approvals.restriction.rule.value == 2
    assert again.status == 409
    assert "release/*" in shown.text
    assert "production branches" in shown.text
    token = dict(Page(shown.text).forms[0].fields)["form_token"]
    await page.ask("POST", where, fields={"form_token": token, "number": "1", "do": "remove"})
    assert len(await branch_restrictions.of_repository(server.site, await access(server))) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": "nothing", "pattern": "main"}, "choose what may not be done"),
        ({"kind": "push", "pattern": ""}, "Say which branches"),
        ({"kind": "push", "branches": "odd"}, "no branches of that kind"),
        ({"kind": "push", "pattern": "main", "users": "nobody"}, "nobody with access"),
        ({"kind": "push", "pattern": "main", "groups": "none"}, "no group of this workspace"),
        ({"kind": "require_approvals_to_merge", "pattern": "main", "value": "many"}, "not a whole number"),
        ({"kind": "require_approvals_to_merge", "pattern": "main", "value": ""}, "value"),
    ],
)
async def test_a_restriction_that_says_nothing_is_refused(server, page, engines, fields, told):
    answer = await page.submit(
        f"{ADMIN}branch-permissions/", **{"branches": "", "pattern": "", "do": "add", **fields}
    )

    assert answer.status == 422
    assert told in answer.text
    assert await branch_restrictions.of_repository(server.site, await access(server)) == []


async def test_access_keys_are_added_and_removed_and_what_was_pasted_is_not_shown_again(
    server, page, engines, ada
):
    where = f"{ADMIN}access-keys/"

    wrong = await page.submit(where, label="ci", key="-----BEGIN OPENSSH PRIVATE KEY-----x", do="add")
    await page.submit(where, label=EVIL, key=KEY, do="add")
    shown = await page.get(where)

    assert wrong.status == 422
    assert "PRIVATE KEY-----x" not in wrong.text
    (key,) = await access_keys.of_place(server.site, await repository(server))
    assert (key.label, key.created_by) == (EVIL, ada.id)
    assert Page(shown.text).inline == []
    token = dict(Page(shown.text).forms[0].fields)["form_token"]
    await page.ask("POST", where, fields={"form_token": token, "id": key.id, "do": "remove"})
    assert await access_keys.of_place(server.site, await repository(server)) == []


async def test_default_reviewers_are_people_who_see_the_repository(server, page, engines):
    grace, _ = await logged_in(server, "grace")
    where = f"{ADMIN}default-reviewers/"

    stranger = await page.submit(where, user="grace", do="add")
    await server.grant(await repository(server), grace, "read")
    await page.submit(where, user="grace", do="add")

    assert stranger.status == 404
    assert [one.user for one in await default_reviewers.effective(server.site, await access(server))] == [
        grace
    ]
    token = dict(Page((await page.get(where)).text).forms[0].fields)["form_token"]
    await page.ask("POST", where, fields={"form_token": token, "user": "grace", "do": "remove"})
    assert await default_reviewers.effective(server.site, await access(server)) == []


async def test_each_page_of_the_settings_has_a_title_of_its_own(page, engines):
    titles = [
        (await page.get(f"{ADMIN}{part}")).text.partition("<title>")[2].partition("<")[0] for part in PAGES
    ]

    assert titles[0] == "Details · Settings · engines/difference · Bitpail"
    assert titles[5] == "Transfer · Settings · engines/difference · Bitpail"
    assert len(set(titles)) == len(PAGES)
