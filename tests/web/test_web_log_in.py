import re

import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.model.audit import Kind
from bitpail.model.scopes import Scope
from bitpail.policy.secrets import Secret
from bitpail.services import audit, users
from bitpail.services.throttle import FREE_TRIES

WRONG = "That user name and password don"


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.com", " Ada@Example.com "])
async def test_the_username_or_the_email_address_with_the_account_password_opens_the_pages(
    browser, ada, name
):
    answer = await browser.log_in(name, PASSWORD)

    assert answer.headers["location"] == "/"
    shown = await browser.follow(answer)
    assert "/account/settings/app-passwords/" in Page(shown.text).links
    assert "/ada/" in Page(shown.text).links


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada", "wrong"),
        ("nobody", PASSWORD),
        ("nobody@example.com", "x"),
        ("", ""),
        ("ada\0", PASSWORD),
        ("ada", PASSWORD + " "),
    ],
)
async def test_every_failure_says_the_same(browser, ada, name, password):
    answer = await browser.log_in(name, password)

    assert answer.status == 401
    assert WRONG in answer.text
    assert "bitpail_session" not in browser.cookies


@pytest.mark.anyio
async def test_a_switched_off_account_can_not_log_in_and_is_logged_out(server, page):
    await users.set_active(server.site, "ada", active=False)

    assert (await page.get("/account/settings/")).status == 303
    assert (await Browser(server.application).log_in("ada", PASSWORD)).status == 401


@pytest.mark.anyio
async def test_an_app_password_is_told_kindly_that_it_is_for_git_and_the_api(server, browser, ada):
    _, secret = await server.auth(ada, *Scope)

    answer = await browser.log_in("ada", secret)

    assert answer.status == 401
    assert "Those are for git and the API" in answer.text
    assert secret not in answer.text


@pytest.mark.anyio
async def test_an_app_password_in_the_header_opens_no_page(server, ada):
    auth = await server.auth(ada, *Scope)

    answer = await server.client.get("/account/settings/", auth=auth)

    assert answer.status == 303


@pytest.mark.anyio
async def test_the_cookie_is_for_this_host_over_https_and_not_for_scripts(page):
    header = page.set["bitpail_session"].lower()

    for part in ("httponly", "samesite=lax", "secure", "path=/"):
        assert part in header
    assert "domain" not in header
    assert len(page.cookies["bitpail_session"]) >= 43


@pytest.mark.anyio
async def test_only_a_digest_of_the_cookie_is_in_the_database(settings, page):
    cookie = page.cookies["bitpail_session"].encode()

    for file in settings.data_path.glob("bitpail.sqlite3*"):
        assert cookie not in file.read_bytes()


@pytest.mark.anyio
async def test_a_planted_session_is_not_the_one_that_is_logged_in(server, browser, ada):
    """Session fixation: Mallory plants a cookie and waits for Ada to log in with it."""
    planted = "x" * 43
    browser.cookies["bitpail_session"] = planted

    await browser.log_in("ada", PASSWORD)

    assert browser.cookies["bitpail_session"] != planted
    mallory = Browser(server.application)
    mallory.cookies["bitpail_session"] = planted
    assert (await mallory.get("/account/settings/")).status == 303


@pytest.mark.anyio
async def test_logging_in_again_ends_the_session_before(server, page):
    before = page.cookies["bitpail_session"]
    await page.submit("/account/settings/", "/logout")
    old = Browser(server.application)
    old.cookies["bitpail_session"] = before

    assert "bitpail_session" not in page.cookies
    assert (await old.get("/account/settings/")).status == 303


@pytest.mark.anyio
async def test_the_page_that_was_asked_for_comes_after_the_log_in(browser, ada):
    refused = await browser.get("/account/settings/app-passwords/new?scopes=wiki&label=ci")
    shown = await browser.follow(refused)

    answer = await browser.submit("", "/login", page=shown, username="ada", password=PASSWORD)

    assert answer.headers["location"] == "/account/settings/app-passwords/new?scopes=wiki&label=ci"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/%5Cevil.example", "%5C%5Cevil.example", "/%09/evil.example",
     "javascript:alert(1)", "evil.example", "/%0d%0aSet-Cookie:x=y", "%20//evil.example"],
)  # fmt: skip
async def test_no_link_leads_through_the_log_in_to_another_site(browser, ada, target):
    answer = await browser.log_in("ada", PASSWORD, following=target)

    assert answer.headers["location"] == "/"


@pytest.mark.anyio
async def test_a_form_without_its_token_is_refused(server, page):
    for token in ({}, {"form_token": ""}, {"form_token": "0" * 64}, {"form_token": "é"}):
        answer = await page.ask("POST", "/account/settings/", fields={"display_name": "Mallory", **token})

        assert answer.status == 403

    assert (await users.named(server.site, "ada")).display_name == "ada"


@pytest.mark.anyio
async def test_the_token_of_another_browser_is_refused(server, page, ada):
    other = Browser(server.application)
    await other.log_in("ada", PASSWORD)
    token = dict(Page((await other.get("/account/settings/")).text).forms[0].fields)["form_token"]

    answer = await page.ask("POST", "/account/settings/", fields={"display_name": "X", "form_token": token})

    assert answer.status == 403


@pytest.mark.anyio
@pytest.mark.parametrize(
    "header",
    [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")],
)
async def test_a_form_that_another_site_sends_is_refused_even_with_a_token(server, page, header):
    token = dict(Page((await page.get("/account/settings/")).text).forms[0].fields)["form_token"]
    fields = {"display_name": "Mallory", "form_token": token}

    answer = await page.ask("POST", "/account/settings/", fields=fields, headers=[header])

    assert answer.status == 403
    assert (await users.named(server.site, "ada")).display_name == "ada"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "header",
    [("sec-fetch-site", "same-origin"), ("origin", "https://git.example.org"), ("origin", "null")],
)
async def test_our_own_forms_go_through_as_browsers_send_them(page, header):
    token = dict(Page((await page.get("/account/settings/")).text).forms[0].fields)["form_token"]
    fields = {"display_name": "Ada L.", "form_token": token}

    assert (await page.ask("POST", "/account/settings/", fields=fields, headers=[header])).status == 303


@pytest.mark.anyio
async def test_nobody_is_logged_in_by_another_sites_form(browser, ada):
    answer = await browser.ask("POST", "/login", fields={"username": "ada", "password": PASSWORD})

    assert answer.status == 403
    assert "bitpail_session" not in browser.cookies


@pytest.mark.anyio
async def test_a_guesser_is_stopped_and_the_owner_gets_in_from_elsewhere(server, browser, ada):
    for guess in range(FREE_TRIES + 1):
        answer = await browser.log_in("ada", f"guess {guess}")

    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert (await browser.log_in("ada", PASSWORD)).status == 429
    elsewhere = Browser(server.application, peer="198.51.100.7")
    assert (await elsewhere.log_in("ada", PASSWORD)).status == 303


@pytest.mark.anyio
async def test_one_password_tried_on_many_names_is_many_tries(browser, ada):
    for number in range(FREE_TRIES + 1):
        answer = await browser.log_in(f"user{number}", "Summer2026!")

    assert answer.status == 429


@pytest.mark.anyio
async def test_a_session_ends_when_it_is_idle_or_old(server, page, monkeypatch):
    from bitpail.services import sessions

    at = sessions.now()
    for later in (server.settings.session_idle + 1, server.settings.session_lifetime + 1):
        monkeypatch.setattr(sessions, "now", lambda later=later: at + later * 1_000_000)
        assert (await page.get("/account/settings/")).status == 303
    monkeypatch.setattr(sessions, "now", lambda: at)
    assert (await page.get("/account/settings/")).status == 200


@pytest.mark.anyio
async def test_logging_out_everywhere_ends_every_browser(server, page, ada):
    other = Browser(server.application)
    await other.log_in("ada", PASSWORD)
    shown = await page.get("/account/settings/sessions/")
    assert shown.text.count('class="card"') == 2

    answer = await page.submit("", "/account/settings/sessions/everywhere/", page=shown)

    assert answer.headers["location"] == "/login"
    for browser in (page, other):
        assert (await browser.get("/account/settings/")).status == 303


@pytest.mark.anyio
async def test_one_browser_is_logged_out_and_nobody_elses(server, page, ada):
    other, grace = Browser(server.application), Browser(server.application)
    await other.log_in("ada", PASSWORD)
    await server.user("grace", password=PASSWORD)
    await grace.log_in("grace", PASSWORD)
    digest = Page((await page.get("/account/settings/sessions/")).text).form("/account/settings/sessions/")
    fields = dict(digest.fields)
    await grace.submit(
        "/account/settings/sessions/", "/account/settings/sessions/everywhere/", session=fields["session"]
    )

    assert (await other.get("/account/settings/")).status == 200
    assert (await page.ask("POST", "/account/settings/sessions/", fields=fields)).status == 303
    assert (await other.get("/account/settings/")).status == 303
    assert (await page.get("/account/settings/")).status == 200


@pytest.mark.anyio
async def test_changing_the_account_password_logs_out_every_other_browser(server, page, ada):
    other = Browser(server.application)
    await other.log_in("ada", PASSWORD)
    new = "another horse"

    path = "/account/settings/password/"
    assert (await page.submit(path, current="wrong", new=new, again=new)).status == 422
    assert (await page.submit(path, current=PASSWORD, new=new, again="differs")).status == 422
    assert (await page.submit(path, current=PASSWORD, new="short", again="short")).status == 422
    answer = await page.submit(path, current=PASSWORD, new=new, again=new)

    assert "Every other browser was logged out" in (await page.follow(answer)).text
    assert (await other.get("/account/settings/")).status == 303
    assert (await Browser(server.application).log_in("ada", PASSWORD)).status == 401
    assert (await Browser(server.application).log_in("ada", new)).status == 303


@pytest.mark.anyio
async def test_an_administrators_reset_logs_the_user_out(server, page):
    await users.set_password(server.site, "ada", Secret("a new password"))

    assert (await page.get("/account/settings/")).status == 303


@pytest.mark.anyio
async def test_the_username_shown_is_the_one_for_git_and_the_display_name_can_change(server, page):
    answer = await page.submit("/account/settings/", display_name='<script>alert("Ada")</script>')

    shown = await page.follow(answer)
    assert "<script>alert" not in shown.text
    assert Page(shown.text).values["display_name"] == '<script>alert("Ada")</script>'
    assert (await page.submit("/account/settings/", display_name=" ")).status == 422


@pytest.mark.anyio
async def test_every_page_is_locked_down_small_and_asks_nobody_else(page):
    for path in (
        "/account/settings/",
        "/account/settings/password/",
        "/account/settings/sessions/",
        "/account/settings/two-step/",
        "/account/settings/app-passwords/",
        "/account/settings/app-passwords/new",
        "/account/settings/nothing",
    ):
        answer = await page.get(path)
        shown = Page(answer.text)
        weight = len(answer.body)
        assert not shown.inline, path
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text)):
            file = await page.get(address)
            assert file.status == 200
            assert "immutable" in file.headers["cache-control"]
            weight += len(file.body)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)
        assert weight < 100_000


@pytest.mark.anyio
async def test_what_is_no_page_of_ours_still_goes_to_git(server):
    assert (await server.client.get("/ada/nothing.git/info/refs?service=git-upload-pack")).status == 401
    assert (await server.client.get("/static/../keys.json")).status == 404
    assert (await server.client.get("/static/style.css")).status == 404
    assert (await server.client.get("/")).status == 200
    assert (await server.client.request("DELETE", "/login")).status == 405


@pytest.mark.anyio
async def test_log_ins_and_failures_stand_in_the_audit_log_without_what_was_typed(server, browser, ada):
    await browser.log_in("ada", "a secret typed wrong")
    await browser.log_in("another secret typed as a name", "x")
    await browser.log_in("ada", PASSWORD)
    await browser.submit(
        "/account/settings/password/", current=PASSWORD, new="another horse", again="another horse"
    )
    await server.application._site.audit.flush()

    found = await audit.newest(server.site, audit.Filter())

    kinds = sorted((event.kind.value, event.username) for event in found if event.kind.startswith("user.log"))
    assert kinds == [("user.log_in_failed", ""), ("user.log_in_failed", "ada"), ("user.logged_in", "ada")]
    assert any(event.kind is Kind.USER_PASSWORD_CHANGED for event in found)
    assert "typed" not in repr(found)
