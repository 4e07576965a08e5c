"""Robots: what one is, what it can't be, and how long it lives."""

import pytest
from sqlalchemy import delete

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.access import Client
from bitpail.model.audit import Filter, Kind
from bitpail.model.credentials import Door
from bitpail.model.scopes import Scope
from bitpail.model.site_policy import SitePolicy
from bitpail.model.transfer import FETCH
from bitpail.policy.secrets import Secret
from bitpail.services import (
    access,
    access_tokens,
    app_passwords,
    audit,
    leaks,
    projects,
    repositories,
    site_policy,
    usage,
    users,
    workspaces,
)
from bitpail.services.app_passwords import Wanted
from bitpail.services.authentication import Credential, authenticate
from bitpail.services.managing import Managing
from bitpail.store import default_reviewers
from bitpail.store import users as user_store
from bitpail.store.tables import projects as project_rows
from bitpail.store.tables import repositories as rows
from bitpail.store.tables import workspaces as spaces

pytestmark = pytest.mark.anyio
PATH = "/2.0/repositories/team/code"


@pytest.fixture
async def code(server, ada):
    await server.workspace("team", ada)
    return await server.repository("team", "code")


def bearer(secret):
    return {"authorization": f"Bearer {secret}"}


async def robot_of(server, place):
    ((robot, _),) = await access_tokens.of_place(server.site, place)
    return robot


async def test_a_robot_has_no_seat_and_is_found_by_no_name(server, code):
    before = await users.count(server.site)
    await server.access_token(code, "repository:write")
    robot = await robot_of(server, code)
    team = await workspaces.named(server.site, "team")

    assert await users.count(server.site) == before
    assert robot.id not in {one.id for one in await users.every(server.site)}
    assert robot.id not in {one.user.id for one in await workspaces.members(server.site, team)}
    with pytest.raises(NotFound):
        await users.named(server.site, robot.username)
    assert not await user_store.matching(server.site.db, "number", skipped=0, most=10)


async def test_a_robot_cannot_log_in_whatever_is_tried(server, code):
    _, secret = await server.access_token(code, "repository:write")
    robot = await robot_of(server, code)
    (address,) = await users.emails(server.site, robot)

    for name in (robot.username, address.address, "x-token-auth"):
        assert await user_store.with_password(server.site.db, name) is None
        assert await user_store.with_password_by_email(server.site.db, name) is None
        wrong = await server.client.get(PATH, auth=(name, secret))
        assert wrong.status == (200 if name == "x-token-auth" else 401)


async def test_permissions_and_reviewers_are_for_people(server, code, ada):
    await server.access_token(code, "repository:write")
    robot, auth = await robot_of(server, code), await server.auth(ada, "repository:admin", "repository")
    for method, path in (
        ("PUT", f"{PATH}/permissions-config/users/%7B{robot.id}%7D"),
        ("PUT", f"{PATH}/default-reviewers/%7B{robot.id}%7D"),
    ):
        answer = await server.client.request(
            method,
            path,
            auth=auth,
            headers={"content-type": "application/json"},
            body=b'{"permission": "read"}',
        )
        assert answer.status in {400, 404}, answer

    listed = await server.client.get(f"{PATH}/permissions-config/users", auth=auth)
    assert listed.json()["values"] == []
    assert await default_reviewers.of_repository(server.site.db, code.id) == []


async def test_what_a_robot_says_stays_under_its_name(server, code, ada, git):
    await repositories.delete(server.site, code)
    code = await server.adopted("team", "code", git)
    commit = git.commit("first")
    _, secret = await server.access_token(code, "repository:write")
    robot = await robot_of(server, code)
    said = await server.client.request(
        "POST",
        f"{PATH}/commit/{commit}/comments",
        headers={**bearer(secret), "content-type": "application/json"},
        body=b'{"content": {"raw": "built"}}',
    )
    await access_tokens.revoke(server.site, code, "number 1")

    user = said.json()["user"]
    assert (user["type"], user["display_name"], user["uuid"]) == ("app_user", "number 1", f"{{{robot.id}}}")
    auth = await server.auth(ada, "repository")
    (kept,) = (await server.client.get(f"{PATH}/commit/{commit}/comments", auth=auth)).json()["values"]
    assert kept["user"]["uuid"] == f"{{{robot.id}}}"


@pytest.mark.parametrize("what", ["repository", "project", "workspace"])
async def test_a_token_ends_with_its_place(server, ada, what):
    team = await server.workspace("team", ada)
    code = await server.repository("team", "code")
    await workspaces.project_for(server.site, team, None)
    project = await workspaces.project_for(server.site, team, None)
    place = {"repository": code, "project": project, "workspace": team}[what]
    _, secret = await server.access_token(place, "repository")
    assert (await server.client.get(PATH, headers=bearer(secret))).status == 200

    await repositories.delete(server.site, code)
    table = {"repository": rows, "project": project_rows, "workspace": spaces}[what]
    await server.site.db.run(delete(table).where(table.c.id == place.id))

    answer = await server.client.get(PATH, headers=bearer(secret))
    assert answer.status == 401
    assert answer.message == "Token is invalid, expired, or not supported for this endpoint."


async def test_labels_are_one_place_s_and_free_again_after_the_end(server, code, ada):
    other = await server.repository("team", "other")
    wanted = Wanted(label="ci", permissions=("repository",))
    await access_tokens.create(server.site, code, wanted, ada)

    await access_tokens.create(server.site, other, wanted, ada)
    with pytest.raises(Conflict, match="a repository access token labelled 'ci' already"):
        await access_tokens.create(server.site, code, wanted, ada)
    await access_tokens.revoke(server.site, code, "ci")
    await access_tokens.create(server.site, code, wanted, ada)

    assert len(await access_tokens.of_place(server.site, code)) == 1
    assert len(await access_tokens.of_place(server.site, code, include_revoked=True)) == 2


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted(label="ci", permissions=()), "at least one permission"),
        (Wanted(label="ci", permissions=("account",)), "not a permission: 'account'"),
        (Wanted(label="ci", permissions=("wiki",)), "not a permission"),
        (Wanted(label="ci", permissions=("bitpail:site:admin",)), "not a permission"),
        (Wanted(label="", permissions=("repository",)), "label"),
        (Wanted(label="bp_" + "a" * 36, permissions=("repository",)), "label"),
        (Wanted(label="bpt_" + "a" * 36, permissions=("repository",)), "label"),
        (Wanted(label="ci", permissions=("repository",), repositories=("team/code",)), "nowhere else"),
        (Wanted(label="ci", permissions=("repository",), lifetime=0), "in the past"),
    ],
)
async def test_what_no_token_can_be_is_refused_and_leaves_no_robot(server, code, wanted, told):
    with pytest.raises(Invalid, match=told):
        await access_tokens.create(server.site, code, wanted)

    assert await access_tokens.of_place(server.site, code, include_revoked=True) == []


async def test_a_policy_on_app_passwords_holds_for_tokens_too(server, code, ada):
    await site_policy.put(server.site, SitePolicy(longest_lifetime=3600, places_required=True))
    with pytest.raises(Invalid, match="must expire within"):
        await server.access_token(code, "repository")
    # It is limited to the place where it is made.
    await server.access_token(code, "repository", lifetime=60)
    await site_policy.put(server.site, SitePolicy(forbidden=("repository:write",)))
    with pytest.raises(Invalid, match="may not be granted"):
        await server.api_token(ada, "write:repository:bitbucket")


async def test_a_leaked_token_is_found_and_ended(server, code):
    _, secret = await server.access_token(code, "repository")

    found = [leak async for leak in leaks.in_stream(leaks.judge(server.site), "-", [f"x{secret}y".encode()])]
    await leaks.reported(server.site, Secret(secret), "192.0.2.9")

    assert [leak.label for leak in found] == ["number 1"]
    assert (await server.client.get(PATH, headers=bearer(secret))).status == 401


async def test_the_audit_log_says_which_kind_it_was_and_who_did_it(server, code, ada):
    wanted = Wanted(label="ci", permissions=("repository",))
    await access_tokens.create(server.site, code, wanted, ada)
    robot, one = await access_tokens.labelled(server.site, code, "ci")
    await app_passwords.rotate(server.site, robot, "ci", 60, Managing(kind=one.kind, by=ada))
    await access_tokens.revoke(server.site, code, "ci", by=ada)

    told = [audit.shown(one) for one in await audit.newest(server.site, Filter(app_password="ci"))]
    assert [one["kind"] for one in told] == [
        Kind.APP_PASSWORD_REVOKED,
        Kind.APP_PASSWORD_ROTATED,
        Kind.APP_PASSWORD_CREATED,
    ]
    for one in told:
        assert one["detail"]["by"] == "ada"
        assert one["detail"]["credential"] == "repository access token"


async def test_its_clone_addresses_are_those_that_it_can_use(server, code):
    _, secret = await server.access_token(code, "repository")

    answer = await server.client.get(PATH, headers=bearer(secret))

    clone = {one["name"]: one["href"] for one in answer.json()["links"]["clone"]}
    assert clone["https"] == "https://x-token-auth@git.example.org/team/code.git"


async def test_a_robot_commits_under_its_name_and_address(server, code, ada):
    _, secret = await server.access_token(code, "repository:write")
    robot = await robot_of(server, code)
    sent = await server.client.request(
        "POST",
        f"{PATH}/src",
        headers={**bearer(secret), "content-type": "application/x-www-form-urlencoded"},
        body=b"message=first&branch=main&a.txt=a",
    )
    assert sent.status == 201, sent

    auth = await server.auth(ada, "repository")
    (made,) = (await server.client.get(f"{PATH}/commits", auth=auth)).json()["values"]
    assert made["author"]["raw"] == f"number 1 <{robot.id}@bots.bitpail.invalid>"
    assert made["author"]["user"]["type"] == "app_user"


async def test_what_a_robot_makes_it_administers_by_nobodys_grant(server, ada):
    team = await server.workspace("team", ada)
    _, secret = await server.access_token(team, "repository:admin", "repository:delete")
    headers = {**bearer(secret), "content-type": "application/json"}

    made = await server.client.request("POST", f"{PATH}", headers=headers, body=b'{"scm": "git"}')
    auth = await server.auth(ada, "repository:admin", "repository")
    granted = await server.client.get(f"{PATH}/permissions-config/users", auth=auth)
    watchers = await server.client.get(f"{PATH}/watchers", auth=auth)
    gone = await server.client.request("DELETE", PATH, headers=bearer(secret))

    assert (made.status, gone.status) == (200, 204), (made, gone)
    assert granted.json()["values"] == []
    assert watchers.json()["values"] == []


@pytest.mark.parametrize("what", ["repository", "project", "workspace"])
async def test_lists_show_a_robot_what_is_in_its_place(server, ada, what):
    team = await server.workspace("team", ada)
    await server.workspace("other", ada)
    code = await server.repository("team", "code")
    await server.repository("other", "code", public=True)
    project = await workspaces.project_for(server.site, team, None)
    second = await projects.create(server.site, team, "TWO", "Two", is_private=True)
    await server.repository("team", "apart", project_key="TWO")
    place = {"repository": code, "project": project, "workspace": team}[what]
    _, secret = await server.access_token(
        place, "repository", *(("project",) if what != "repository" else ())
    )

    listed = await server.client.get("/2.0/repositories/team", headers=bearer(secret))
    of_all = await server.client.get("/2.0/repositories/other", headers=bearer(secret))
    kept = await server.client.get("/2.0/workspaces/team/projects", headers=bearer(secret))

    assert of_all.status == 403
    assert second.key == "TWO"
    if what == "workspace":
        assert {one["slug"] for one in listed.json()["values"]} == {"code", "apart"}
        assert {one["key"] for one in kept.json()["values"]} == {"PROJ", "TWO"}
    else:
        # The lists are the workspace's.
        assert (listed.status, kept.status) == (403, 403)


async def test_limits_hold_as_for_app_passwords(server, code):
    _, secret = await server.access_token(code, "repository", networks=("198.51.100.0/24",))

    answer = await server.client.get(PATH, headers=bearer(secret))

    assert answer.status == 403
    told = answer.json()["error"]["detail"]
    assert told.startswith(
        'The repository access token "number 1" can\'t do this: it is limited to the networks'
    )


async def test_its_uses_are_remembered_and_counted(server, code, ada):
    made, secret = await server.access_token(code, "repository:write")
    agent = Client("192.0.2.1", "ci/1.0")
    actor = await authenticate(server.site, Credential("x-token-auth", Secret(secret)), agent, Door.GIT)
    await access.to_repository(server.site, actor, FETCH, "team", "code")

    ((robot, used),) = await access_tokens.of_place(server.site, code)
    summary = await usage.summary(server.site, ada, made)
    watched = await usage.watched(server.site, robot)

    assert (used.last_used_address, used.last_used_client) == ("192.0.2.1", "ci/1.0")
    assert [(one.name, one.count) for one in summary.scopes] == [("repository", 1)]
    assert [one.name for one in summary.repositories] == ["team/code"]
    assert watched[made.id].needed == {Scope.REPOSITORY}
