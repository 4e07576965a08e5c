"""The pages of API tokens and of access tokens: made, shown once, rotated, revoked, by whom it may be."""

import re
from html import unescape

import pytest
from support.browser import PASSWORD, Browser, Page
from support.narrower import KINDS, aged, held

from bitpail.model.credentials import CredentialKind
from bitpail.services import access_tokens, app_passwords, repositories, users
from bitpail.services.managing import Managing

pytestmark = pytest.mark.anyio
API = "/account/settings/api-tokens/"
REPOSITORY = "/team/code/admin/access-tokens/"
PROJECT = "/team/workspace/projects/PROJ/settings/access-tokens/"
WORKSPACE = "/team/workspace/settings/access-tokens/"
PLACES = [REPOSITORY, PROJECT, WORKSPACE]
ADDRESSES = dict(zip(KINDS[1:], (API, *PLACES), strict=True))
API_TOKEN = CredentialKind.API_TOKEN
CODE = "/2.0/repositories/team/code"


@pytest.fixture
async def team(server, ada):
    made = await server.workspace("team", ada)
    await server.repository("team", "code")
    return made


def secret_of(answer):
    return re.search(r'class="secret" value="(bp[at]_[0-9A-Za-z]+)"', answer.text)[1]


def page_of_one(answer):
    """The link to the only one of a list."""
    links = {link for link in Page(answer.text).links if re.fullmatch(r"/.*/[0-9a-f-]{36}/", link)}
    (link,) = links
    return link


async def made(page, address, *scopes, **fields):
    fields.setdefault("label", "ci")
    return await page.submit(f"{address}new?scopes={','.join(scopes)}", f"{address}new", **fields)


async def logged_in(server, username):
    """Somebody else at a browser of their own."""
    user = await server.user(username, password=PASSWORD)
    browser = Browser(server.application)
    await browser.log_in(username, PASSWORD)
    return user, browser


async def test_an_api_token_is_made_used_rotated_and_revoked(server, team, page):
    answer = await made(page, API, "read:repository:bitbucket", expires="30d")
    first = secret_of(answer)
    listed = await page.get(API)
    one = page_of_one(listed)

    assert answer.status == 200
    assert f"curl --user ada@example.com:{first}" in unescape(answer.text)
    assert first not in listed.text
    assert "Repositories: Read" in listed.text
    assert (await server.client.get(CODE, auth=("ada@example.com", first))).status == 200

    second = secret_of(await page.submit(one, f"{one}rotate", grace="1h"))
    for secret in (first, second):
        assert (await server.client.get(CODE, auth=("ada@example.com", secret))).status == 200
    assert "Two secrets work now." in (await page.get(one)).text
    assert "The old secret has ended." in (await page.follow(await page.submit(one, f"{one}finish"))).text
    assert (await server.client.get(CODE, auth=("ada@example.com", first))).status == 401

    gone = await page.follow(await page.submit(f"{one}revoke"))
    assert "There is none yet." in gone.text
    assert (await server.client.get(CODE, auth=("ada@example.com", second))).status == 401
    assert "revoked" in (await page.get(f"{API}?show=all")).text


@pytest.mark.parametrize("address", PLACES)
async def test_an_access_token_is_made_used_rotated_back_and_revoked(server, team, page, address):
    answer = await made(page, address, "repository")
    first = secret_of(answer)
    one = page_of_one(await page.get(address))
    bearer = {"authorization": f"Bearer {first}"}

    assert f"Authorization: Bearer {first}" in unescape(answer.text)
    assert (await server.client.get(CODE, headers=bearer)).status == 200

    second = secret_of(await page.submit(one, f"{one}rotate", grace="1h"))
    kept = await page.follow(await page.submit(one, f"{one}roll-back"))
    assert "The new secret is forgotten; the old one goes on." in kept.text
    assert (await server.client.get(CODE, headers=bearer)).status == 200
    other = {"authorization": f"Bearer {second}"}
    assert (await server.client.get(CODE, headers=other)).status == 401

    await page.submit(f"{one}revoke")
    assert (await server.client.get(CODE, headers=bearer)).status == 401


@pytest.mark.parametrize(
    ("address", "scopes", "fields", "told"),
    [
        (API, (), {"expires": "30d"}, "needs at least one permission"),
        (API, ("read:user:bitbucket",), {"until": "2999-01-01"}, "more than a year"),
        (API, ("read:user:bitbucket",), {"until": "2001-01-01"}, "in the past"),
        (API, ("read:user:bitbucket",), {"expires": "30d", "label": " "}, "label"),
        (API, ("read:user:bitbucket",), {"expires": "30d", "repositories": "team/none"}, "no repository"),
        (REPOSITORY, (), {}, "needs at least one permission"),
        (REPOSITORY, ("repository",), {"label": "x" * 256}, "label"),
        (REPOSITORY, ("repository",), {"networks": "everywhere"}, "not a network"),
        (WORKSPACE, ("repository",), {"branches": "a b"}, ""),
    ],
)
async def test_what_is_filled_in_wrongly_comes_back_with_a_sentence(
    team, page, address, scopes, fields, told
):
    answer = await made(page, address, *scopes, **fields)

    if told:
        assert answer.status == 422
        assert told in unescape(answer.text).lower()
    else:
        assert answer.status == 200


@pytest.mark.parametrize(
    "scope", ["account", "project:admin", "wiki", "read:repository:bitbucket", "nonsense"]
)
async def test_a_scope_that_such_a_token_cannot_have_is_refused(server, team, page, scope):
    form = Page((await page.get(f"{REPOSITORY}new")).text).form(f"{REPOSITORY}new")
    token = dict(form.fields)["form_token"]

    answer = await page.ask(
        "POST", f"{REPOSITORY}new", fields={"form_token": token, "label": "x", "scopes": scope}
    )

    assert answer.status == 422
    assert "Not a permission" in answer.text or "There is no permission" in answer.text
    assert not await access_tokens.of_place(server.site, team)


@pytest.mark.parametrize("address", PLACES)
async def test_only_who_administers_a_place_sees_and_makes_its_tokens(server, team, page, address):
    await made(page, address, "repository")
    one = page_of_one(await page.get(address))
    member, writer = await logged_in(server, "member")
    await server.member(team, member, "member", "write")
    _, stranger = await logged_in(server, "eve")

    for path in (address, f"{address}new", one, f"{one}revoke"):
        assert (await writer.get(path)).status == 403
        assert (await stranger.get(path)).status == 404


async def test_the_token_of_one_place_is_not_to_be_had_by_another(server, team, page):
    await server.repository("team", "other")
    await made(page, REPOSITORY, "repository")
    one = page_of_one(await page.get(REPOSITORY))

    for address in ("/team/other/admin/access-tokens/", PROJECT, WORKSPACE, API):
        assert (await page.get(one.replace(REPOSITORY, address))).status == 404


async def test_a_robot_is_named_after_its_token_and_written_escaped(server, team, page):
    await made(page, REPOSITORY, "repository", label="<b>ci</b>")

    shown = await page.get(page_of_one(await page.get(REPOSITORY)))

    assert "<b>ci</b>" not in shown.text
    assert "&lt;b&gt;ci&lt;/b&gt;" in shown.text
    place = (await repositories.named(server.site, "team", "code")).repository
    ((robot, _),) = await access_tokens.of_place(server.site, place)
    assert robot.display_name == "<b>ci</b>"


async def test_each_person_sees_their_own_api_tokens_only(server, team, ada, page):
    await made(page, API, "read:user:bitbucket", expires="7d")
    one = page_of_one(await page.get(API))
    _, other = await logged_in(server, "eve")

    assert (await other.get(one)).status == 404
    assert "There is none yet." in (await other.get(API)).text
    assert len(await app_passwords.of_user(server.site, ada, CredentialKind.API_TOKEN)) == 1
    assert not await app_passwords.of_user(server.site, ada)


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_advice_leads_to_a_narrower_token_shown_once_and_finished(server, team, ada, page, kind):
    ci = await held(server, ada, kind)
    address = ADDRESSES[kind]
    one = f"{address}{ci.one.id}/"
    assert "has needed 1 in" in (await page.get(one)).text
    assert "has needed 1 in" in (await page.get(f"{address}advice/")).text

    answer = await page.submit(one, f"{one}replace", grace="7d")

    narrow = secret_of(answer)
    assert "ci (narrowed)" in answer.text
    assert "Follow the replacement" in answer.text
    for secret in (ci.secret, narrow):
        assert await ci.asks(server, secret) == 200
    under_way = await page.get(one)
    assert narrow not in under_way.text
    assert "Both work now." in under_way.text
    assert "being replaced" in (await page.get(f"{address}advice/")).text
    done = await page.follow(await page.submit(one, f"{one}finish-replacement", page=under_way))
    assert "the narrower one works alone now" in done.text
    assert [await ci.asks(server), await ci.asks(server, narrow)] == [401, 200]
    again = await page.submit(one, f"{one}finish-replacement", page=under_way)
    assert again.status == 404


@pytest.mark.parametrize("kind", KINDS[1:])
async def test_a_narrower_token_is_rolled_back(server, team, ada, page, kind):
    ci = await held(server, ada, kind)
    one = f"{ADDRESSES[kind]}{ci.one.id}/"
    shown = await page.get(one)
    narrow = secret_of(await page.submit(one, f"{one}replace", page=shown, grace="1h"))
    assert (await page.submit(one, f"{one}replace", page=shown, grace="1h")).status == 409

    done = await page.follow(await page.submit(one, f"{one}roll-back-replacement"))

    assert "this one goes on as before" in done.text
    assert [await ci.asks(server), await ci.asks(server, narrow)] == [200, 401]
    kept = await app_passwords.labelled(server.site, ci.user, "ci", Managing(kind=kind))
    assert kept.expires_on == ci.one.expires_on


@pytest.mark.parametrize("grace", [None, "", "100y", "-1d", "\0", "7d" * 1000])
async def test_a_grace_that_is_none_is_refused_and_nothing_is_made(server, team, ada, page, grace):
    ci = await held(server, ada, CredentialKind.REPOSITORY_ACCESS_TOKEN)
    one = f"{REPOSITORY}{ci.one.id}/"
    fields = {"form_token": dict(Page((await page.get(one)).text).form(f"{one}replace").fields)["form_token"]}

    answer = await page.ask(
        "POST", f"{one}replace", fields=fields | ({} if grace is None else {"grace": grace})
    )

    assert answer.status == 422
    assert len(await access_tokens.of_place(server.site, ci.place, include_revoked=True)) == 1
    assert await ci.asks(server) == 200


async def test_what_is_not_advised_is_not_done_by_a_button_that_was_there_before(server, team, ada, page):
    ci = await held(server, ada, CredentialKind.WORKSPACE_ACCESS_TOKEN)
    one = f"{WORKSPACE}{ci.one.id}/"
    shown = await page.get(one)
    await aged(server, ci.one, 0)
    await users.set_records_usage(server.site, ci.user, records=False)

    answer = await page.submit(one, f"{one}replace", page=shown, grace="1h")

    assert answer.status == 422
    assert "Nothing narrower is advised" in answer.text


async def test_a_revoked_token_s_pages_change_nothing_of_one_that_has_its_label(server, team, ada, page):
    ci = await held(server, ada, API_TOKEN)
    shown = await page.get(f"{API}{ci.one.id}/")
    await app_passwords.revoke(server.site, ada, "ci", Managing(kind=API_TOKEN))
    other = await held(server, ada, API_TOKEN)

    for what in ("rotate", "replace"):
        answer = await page.submit("", f"{API}{ci.one.id}/{what}", page=shown, grace="0s")
        assert answer.status == 404

    assert await other.asks(server) == 200
    assert len(await app_passwords.of_user(server.site, ada, API_TOKEN)) == 1


@pytest.mark.parametrize("kind", KINDS[2:])
@pytest.mark.parametrize("what", ["replace", "finish-replacement", "roll-back-replacement"])
async def test_only_who_administers_a_place_replaces_its_tokens(server, team, ada, page, kind, what):
    ci = await held(server, ada, kind)
    one = f"{ADDRESSES[kind]}{ci.one.id}/"
    if what != "replace":
        await page.submit(one, f"{one}replace", grace="7d")
    member, writer = await logged_in(server, "member")
    await server.member(team, member, "member", "write")
    _, stranger = await logged_in(server, "eve")
    before = await access_tokens.of_place(server.site, ci.place, include_revoked=True)

    for browser, status in ((writer, 403), (stranger, 404)):
        token = dict(Page((await browser.get(f"{API}new")).text).form(f"{API}new").fields)["form_token"]
        answer = await browser.ask("POST", f"{one}{what}", fields={"form_token": token, "grace": "1h"})
        assert answer.status == status
        assert (await browser.get(f"{ADDRESSES[kind]}advice/")).status == status
    nobody = Browser(server.application)
    assert (await nobody.ask("POST", f"{one}{what}", fields={"grace": "1h"})).status in {303, 403}

    assert await access_tokens.of_place(server.site, ci.place, include_revoked=True) == before


async def test_nobody_replaces_another_s_api_token_or_one_by_another_s_address(server, team, ada, page):
    ci = await held(server, ada, API_TOKEN)
    await held(server, ada, CredentialKind.REPOSITORY_ACCESS_TOKEN)
    _, other = await logged_in(server, "eve")
    token = dict(Page((await other.get(f"{API}new")).text).form(f"{API}new").fields)["form_token"]
    mine = dict(Page((await page.get(f"{API}new")).text).form(f"{API}new").fields)["form_token"]

    fields = {"form_token": token, "grace": "1h"}
    assert (await other.ask("POST", f"{API}{ci.one.id}/replace", fields=fields)).status == 404
    for address in (*PLACES, "/account/settings/app-passwords/"):
        fields = {"form_token": mine, "grace": "1h"}
        assert (await page.ask("POST", f"{address}{ci.one.id}/replace", fields=fields)).status == 404
    for bad in ("no-such-one", "..", "%00", "%ff", "-", "a" * 5000):
        assert (await page.ask("POST", f"{API}{bad}/replace", fields=fields)).status in {404, 422}

    assert len(await app_passwords.of_user(server.site, ada, API_TOKEN)) == 1


async def test_a_form_that_another_site_sends_replaces_nothing(server, team, ada, page):
    ci = await held(server, ada, API_TOKEN)

    answer = await page.ask("POST", f"{API}{ci.one.id}/replace", fields={"grace": "0s"})

    assert answer.status == 403
    assert await ci.asks(server) == 200


async def test_an_api_token_s_page_says_whether_its_use_is_counted(server, team, ada, page):
    ci = await held(server, ada, API_TOKEN)
    assert "switch counting off" in (await page.get(f"{API}{ci.one.id}/")).text

    await users.set_records_usage(server.site, ada, records=False)

    assert "switched it off" in (await page.get(f"{API}{ci.one.id}/")).text
    assert "you have switched it off" in (await page.get(f"{API}advice/")).text
