"""What people do to places on pages is in the audit log, and administrators read it there by place."""

import asyncio

import pytest
from support.audited import deeds, events
from support.browser import Page
from support.site import settings_in

from bitpail.services import repositories, users
from bitpail.testing import Bitpail

pytestmark = pytest.mark.anyio

HOME = "/engines/workspace"
ADMIN = "/engines/difference/admin/"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBnUbTHcbmiFJuQk8ZCUxmUkA1yBxWsdSCd3hqmcXX9p ci"
EVIL = "<script>alert(1)</script>\"'&"


@pytest.fixture
def settings(tmp_path, migrated_file):
    return settings_in(tmp_path / "data", migrated_file, import_networks=("127.0.0.0/8",))


@pytest.fixture
async def engines(server, ada):
    return await server.workspace("engines", ada)


@pytest.fixture
async def grace(server, engines):
    return await server.user("grace")


async def post(page, where, **fields):
    """A form of a page, without opening each."""
    token = dict(Page((await page.get("/repo/create")).text).forms[0].fields)["form_token"]
    answer = await page.ask("POST", where, fields={"form_token": token, **fields})
    assert answer.status == 303, answer
    return answer


async def done(server):
    """What was done in the browser: by Ada, without a credential, from her address."""
    found = await events(server)
    by_hand = [one for one in found if one.address]
    assert {(one.username, one.label, one.address) for one in by_hand} <= {("ada", "", "192.0.2.1")}
    told = await deeds(server)
    return [one for one, event in zip(told, found, strict=True) if event.address]


async def test_a_repository_is_made_begun_changed_transferred_and_deleted(server, page, ada, engines):
    await server.workspace("mills", ada)

    await page.submit("/repo/create", into="engines/PROJ", name="Difference", licence="MIT")
    await page.submit(ADMIN, name="Analytical")
    await page.submit("/engines/analytical/admin/transfer/", into="mills/PROJ", typed="engines/analytical")
    gone = await page.submit(
        "/mills/analytical/admin/delete/", typed="mills/analytical", moved_to="https://git.example.net/d"
    )

    assert gone.status == 303
    renamed = {"name": "Analytical", "name_before": "Difference", "moved_from": "engines/difference"}
    assert await done(server) == [
        ("repository.created", {"repository": "engines/difference", "is_private": True}),
        ("repository.renamed", {"repository": "engines/analytical", **renamed}),
        ("repository.transferred", {"repository": "mills/analytical", "moved_from": "engines/analytical"}),
        ("repository.deleted", {"repository": "mills/analytical", "moved_to": "https://git.example.net/d"}),
    ]
    assert len(await deeds(server, place="engines/analytical")) == 2


async def test_groups_lose_what_they_had_when_it_is_transferred(server, page, ada, grace, engines):
    await server.workspace("mills", ada)
    await server.repository("engines", "difference")
    await post(page, f"{HOME}/groups/", name="builders")
    await post(page, f"{ADMIN}permissions/", group="builders", permission="write", do="give")

    await page.submit(f"{ADMIN}transfer/", into="mills/PROJ", typed="engines/difference")

    told = {"repository": "engines/difference", "whom": "group builders", "permission": "write"}
    assert ("permission.revoked", told) in await done(server)


async def test_a_fork_and_an_import_are_made(server, page, ada, engines):
    await server.repository("engines", "difference")
    with Bitpail.started() as elsewhere:
        elsewhere.workspace("acme", elsewhere.user("grace"))
        elsewhere.repository("acme/open", public=True, files={"README.md": "# Open\n"})
        url = f"{elsewhere.url}/acme/open.git"

        await page.submit("/engines/difference/fork", into="ada/PROJ", name="Mine")
        begun = await page.submit("/repo/import", url=url.replace("//", "//someone:s3cret@"), into="ada/PROJ")
        for _ in range(300):
            if "data-again" not in (await page.follow(begun)).text:
                break
            await asyncio.sleep(0.1)

    forked, imported = await done(server)
    assert forked == (
        "repository.forked",
        {"repository": "ada/mine", "fork_of": "engines/difference", "is_private": True},
    )
    told = {"repository": "ada/open", "source": url, "is_private": True}
    assert imported == ("repository.imported", told)


async def test_who_belongs_to_a_workspace_and_what_it_is_called(server, page, grace, engines):
    member = {"user": "grace", "do": "put"}
    await post(page, f"{HOME}/members/", **member, role="member", repositories="none")
    await post(page, f"{HOME}/members/", **member, role="collaborator", repositories="write")
    await post(page, f"{HOME}/members/", **member, role="collaborator", repositories="write")
    await post(page, f"{HOME}/groups/", name="builders")
    await post(page, f"{HOME}/groups/builders/", user="grace", do="add")
    await post(page, f"{HOME}/groups/builders/", user="grace", do="add")
    await post(page, f"{HOME}/groups/builders/", user="grace", do="remove")
    await post(page, f"{HOME}/groups/builders/", do="delete")
    await post(page, f"{HOME}/members/", user="grace", do="remove")
    await post(page, f"{HOME}/settings/", name=EVIL)

    at, she = {"workspace": "engines"}, {"whom": "grace"}
    before = {"role_before": "member", "repositories_before": "none"}
    holds = {"role": "collaborator", "repositories": "write"}
    assert await done(server) == [
        ("member.added", {**at, **she, "role": "member", "repositories": "none"}),
        ("member.changed", {**at, **she, **holds, **before}),
        ("group.created", {**at, "group": "builders"}),
        ("group.member_added", {**at, "group": "builders", **she}),
        ("group.member_removed", {**at, "group": "builders", **she}),
        ("group.deleted", {**at, "group": "builders"}),
        ("member.removed", {**at, **she, **holds}),
        ("workspace.renamed", {**at, "name": EVIL, "name_before": "engines"}),
        ("workspace.made_public", at),
    ]


async def test_a_project_and_what_is_granted_and_restricted(server, page, grace, engines):
    await server.repository("engines", "difference")
    await server.member(engines, grace, "member")

    await post(page, f"{HOME}/create-project/", name="Mill", key="MILL", description="")
    await post(page, f"{HOME}/projects/MILL/permissions/", user="grace", permission="create-repo", do="give")
    await post(page, f"{HOME}/projects/MILL/permissions/", user="grace", do="remove")
    await post(page, f"{HOME}/projects/MILL/settings/", name="The mill", key="MILL", do="save")
    await post(page, f"{HOME}/projects/MILL/settings/", do="delete")
    await post(page, f"{ADMIN}permissions/", user="grace", permission="admin", do="give")
    rule = {"kind": "push", "branches": "", "pattern": "main", "do": "add"}
    await post(page, f"{ADMIN}branch-permissions/", **rule)
    await post(page, f"{ADMIN}branch-permissions/", number="1", do="remove")
    await post(page, f"{ADMIN}access-keys/", label="builds", key=KEY, do="add")

    kinds = [kind for kind, _ in await done(server)]
    assert kinds == [
        *("project.created", "permission.granted", "permission.revoked", "project.renamed"),
        *("project.deleted", "permission.granted"),
        *("branch_restriction.added", "branch_restriction.removed", "access_key.added"),
    ]
    told = {"project": "engines/MILL", "whom": "grace", "permission": "create-repo", "before": "none"}
    assert (await done(server))[1] == ("permission.granted", told)


async def test_administrators_read_who_did_it_by_place_and_owners_their_own(server, page, ada, engines):
    _, auth = await server.app_password(ada, "repository:admin")
    code = "/2.0/repositories/engines/difference"
    await server.client.send_json("POST", code, {"is_private": True}, auth=auth)
    await server.client.send_json("PUT", code, {"is_private": False, "name": EVIL}, auth=auth)
    sentence = "made public, with app password “number 1”"

    own = await page.get("/account/settings/activity/")
    await users.set_admin(server.site, "ada", admin=True)
    everything = await page.get("/admin/audit/")
    there = await page.get("/admin/audit/?place=engines%2Fdifference")
    elsewhere = await page.get("/admin/audit/?place=engines%2Fnothing")

    assert sentence in own.text
    for shown in (everything, there):
        assert "ada</a>: Repository engines/difference created" in shown.text
        assert Page(shown.text).inline == []
    assert sentence in everything.text
    assert "Workspace engines created" in everything.text
    assert "Workspace engines created" not in there.text
    assert "Nothing such is in the log" in elsewhere.text
    assert "_uuid" not in everything.text


async def test_a_text_that_looks_like_an_escape_is_kept_as_it_is(server, page, engines):
    evil = r"\u0000 \\u0000 \b"

    await post(page, f"{HOME}/settings/", name=evil)

    ((_, told),) = await deeds(server, kind="workspace.renamed")
    assert told["name"] == evil
    assert (await page.get("/account/settings/activity/")).status == 200


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("https://ada:s3cret@git.example.org/a/b.git", "https://git.example.org/a/b.git"),
        ("https://git.example.org/a/b.git?token=s3cret#x", "https://git.example.org/a/b.git"),
        ("https://a@b:s3cret@git.example.org", "https://git.example.org"),
        ("ssh://git@git.example.org:22/a", "ssh://git.example.org:22/a"),
        ("/srv/git/a.git", "/srv/git/a.git"),
    ],
)
def test_an_address_is_written_down_without_its_credential(source, kept):
    assert repositories.without_credential(source) == kept
