"""What a browser may keep: pages of places with a tag, of accounts never."""

import pytest
from support.browser import PASSWORD, Browser

pytestmark = pytest.mark.anyio


@pytest.fixture
async def engine(server, ada, git):
    git.commit("first")
    await server.workspace("acme", ada)
    await server.adopted("acme", "engine", git)
    return git


async def test_a_page_that_is_as_it_was_is_not_sent_again(page, engine):
    for path in ("/acme/", "/acme/engine/", "/acme/engine/commits/"):
        first = await page.get(path)
        again = await page.ask("GET", path, headers=[("if-none-match", first.headers["etag"])])

        assert first.headers["cache-control"] == "private, no-cache"
        assert first.headers["vary"] == "Cookie"
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert "default-src 'none'" in again.headers["content-security-policy"]


async def test_a_push_is_seen_at_once(page, engine):
    first = await page.get("/acme/engine/commits/")
    engine.commit("second")

    again = await page.ask("GET", "/acme/engine/commits/", headers=[("if-none-match", first.headers["etag"])])

    assert again.status == 200
    assert "second" in again.text


async def test_a_tag_opens_nothing(server, page, engine):
    tag = (await page.get("/acme/engine/")).headers["etag"]
    await server.user("grace", password=PASSWORD)
    grace, nobody = Browser(server.application), Browser(server.application)
    await grace.log_in("grace", PASSWORD)

    for browser, status in ((grace, 404), (nobody, 303)):
        for asked in (tag, "*"):
            answer = await browser.ask("GET", "/acme/engine/", headers=[("if-none-match", asked)])
            assert answer.status == status


async def test_pages_of_an_account_are_not_kept(page):
    for path in ("/account/settings/", "/account/settings/app-passwords/new"):
        shown = await page.ask("GET", path, headers=[("if-none-match", "*")])

        assert shown.status == 200
        assert shown.headers["cache-control"] == "no-store"
        assert "etag" not in shown.headers
