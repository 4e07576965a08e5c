"""The pages of workspaces and repositories: who sees them, and what they offer to whom."""

from urllib.parse import urlencode

import pytest
from support.browser import PASSWORD, Browser, Page

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engines(server, ada, git):
    git.commit("first")
    await server.workspace("engines", ada)
    await server.adopted("engines", "difference", git)
    await server.repository("engines", "open", public=True)


async def test_a_workspace_lists_what_one_may_see_there_and_finds_it_by_its_name(page, engines):
    shown = await page.get("/engines/")

    assert 'href="/engines/difference/"' in shown.text
    assert 'href="/engines/open/"' in shown.text
    assert 'href="/engines/open/"' not in (await page.get("/engines/?search=diff")).text
    assert "No repository here" in (await page.get("/engines/?search=%3Cb%3E")).text


async def test_who_is_not_logged_in_sees_what_is_public_and_is_else_asked_to_log_in(browser, engines):
    shown = await browser.get("/engines/")
    private, missing = await browser.get("/engines/difference/"), await browser.get("/engines/nothing/")

    assert 'href="/engines/open/"' in shown.text
    assert "difference" not in shown.text
    assert (await browser.get("/engines/open/")).status == 200
    assert private.status == missing.status == 303
    assert private.headers["location"] == "/login?next=%2Fengines%2Fdifference%2F"


async def test_what_one_may_not_see_looks_like_what_is_not_there(server, engines):
    await server.user("grace", password=PASSWORD)
    grace = Browser(server.application)
    await grace.log_in("grace", PASSWORD)

    private, missing = await grace.get("/engines/difference/"), await grace.get("/engines/nothing/")

    assert private.status == missing.status == 404
    assert private.text.replace("difference", "nothing") == missing.text


async def test_an_empty_repository_tells_who_may_push_how_and_nobody_else(server, page, engines):
    shown = await page.get("/engines/open/")

    assert "git clone https://ada@git.example.org/engines/open.git" in shown.text
    assert "scopes=repository%3Awrite&amp;repositories=engines%2Fopen" in shown.text
    anonymous = await Browser(server.application).get("/engines/open/")
    assert "Nothing has been pushed" in anonymous.text
    assert "git push" not in anonymous.text


@pytest.mark.parametrize(
    "path", ["/engines/difference.git", "/engines/difference.git/", "/nothing", "/a/b/c/d"]
)
async def test_an_address_that_is_no_page_says_so(page, engines, path):
    shown = await page.get(path)

    assert shown.status == 404
    assert "set-cookie" not in shown.headers


@pytest.mark.parametrize(
    "path", [b"/login?\xff", b"/account/settings/?\xff=%FF", b"/engines/?search=\xff&page=\xff"]
)
async def test_an_address_of_any_bytes_has_an_answer(server, engines, path):
    assert (await server.client.get(path)).status < 400


@pytest.mark.parametrize(
    ("path", "following"),
    [
        ("/engines/difference/wiki/edit/Home.md", "/engines/difference/wiki/edit/Home.md"),
        ("/engines/nothing/wiki/create", "/engines/nothing/wiki/create"),
        ("/engines/difference/commits/HEAD/comments", "/account/settings/"),
    ],
)
async def test_who_was_logged_out_while_they_wrote_something_gets_it_back(server, engines, path, following):
    stranger = Browser(server.application)
    same = ("sec-fetch-site", "same-origin")
    fields = [("text", "\nlong <b>work"), ("content", " "), ("name", "Home"), ("password", "hidden words")]

    answer = await stranger.ask("POST", path, fields=fields, headers=[same])

    assert answer.status == 403
    assert "You are logged out" in answer.text
    assert "readonly>\n\nlong &lt;b&gt;work</textarea>" in answer.text
    assert answer.text.count("<textarea") == 1
    assert "hidden words" not in answer.text
    assert f"/login?{urlencode({'next': following})}" in Page(answer.text).links
    for headers in ([("sec-fetch-site", "cross-site")], [("origin", "https://evil.example")], []):
        foreign = await stranger.ask("POST", path, fields=fields, headers=headers)
        assert (foreign.status, foreign.headers["location"]) == (303, "/login?next=%2Faccount%2Fsettings%2F")


async def test_a_form_of_an_older_log_in_gives_back_what_was_written(server, page, engines):
    fields = [("form_token", "old"), ("text", "long work"), ("name", "Home"), ("format", "markdown")]

    answer = await page.ask("POST", "/engines/difference/wiki/create", fields=fields)

    assert answer.status == 403
    assert "long work</textarea>" in answer.text
    foreign = [("sec-fetch-site", "cross-site")]
    answer = await page.ask("POST", "/engines/difference/wiki/create", fields=fields, headers=foreign)
    assert answer.status == 403
    assert "long work" not in answer.text


async def test_a_secret_in_an_address_goes_into_no_other_one(server, ada, browser):
    _, secret = await server.auth(ada, "account")
    hidden = f"%{ord(secret[0]):02x}{secret[1:]}"

    for word in (secret, hidden):
        answer = await browser.get(f"/ada/{word}/")
        assert (answer.status, answer.headers["location"]) == (303, "/login?next=%2Faccount%2Fsettings%2F")
