"""The pages of API tokens and of access tokens: made, shown once, rotated, revoked, by whom it may be."""

import re
from html import unescape

import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.model.credentials import CredentialKind
from bitpail.services import access_tokens, app_passwords, repositories

pytestmark = pytest.mark.anyio
API = "/account/settings/api-tokens/"
REPOSITORY = "/team/code/admin/access-tokens/"
PROJECT = "/team/workspace/projects/PROJ/settings/access-tokens/"
WORKSPACE = "/team/workspace/settings/access-tokens/"
PLACES = [REPOSITORY, PROJECT, WORKSPACE]
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
