"""The pages of a workspace's OAuth consumers, and of the apps that somebody has connected."""

import re

import pytest
from support.browser import PASSWORD, Browser, Page
from support.oauth import CALLBACK, App, bearer, refused

from bitpail.model.audit import Filter
from bitpail.services import audit, oauth_consumers

pytestmark = pytest.mark.anyio
HERE = "/acme/workspace/settings/oauth-consumers"
APPS = "/account/settings/app-authorizations/"


@pytest.fixture
async def acme(server, ada):
    return await server.workspace("acme", ada)


@pytest.fixture
async def app(server, acme, ada):
    return await App.registered(server, acme, ada)


def fields(**changed):
    return {
        "name": "Deploy bot",
        "callback_url": CALLBACK,
        "description": "Deploys.",
        "url": "https://app.example.org",
        "scopes": ["account", "repository:write"],
        **changed,
    }


def secret_of(answer):
    found = set(re.findall(r"bps_[0-9A-Za-z]{36}", answer.text))
    assert len(found) == 1, found
    return found.pop()


async def test_an_owner_registers_an_app_and_sees_its_secret_once(server, acme, page):
    made = await page.submit(f"{HERE}/new", **fields())
    secret, (consumer,) = secret_of(made), await oauth_consumers.of_workspace(server.site, acme)
    listed = await page.get(HERE)
    again = await page.get(f"{HERE}/{consumer.id}")

    assert consumer.key in made.text
    assert made.headers["cache-control"] == "no-store"
    answer = await App(server, consumer, secret).token("client_credentials")
    assert answer.status == 200
    for shown in (listed, again):
        assert "bps_" not in shown.text
        assert consumer.key in shown.text
    assert "ada, who made its secret" in listed.text
    assert "Repositories: Write" in listed.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "needs a name"),
        ({"name": "x" * 101}, "longer than 100"),
        ({"name": "a\0b"}, "control character"),
        ({"name": "\u202etob yolpeD"}, "invisible characters"),
        ({"name": "Deploy\u200b bot"}, "invisible characters"),
        ({"callback_url": ""}, "address for answers"),
        ({"callback_url": "javascript:alert(1)"}, "address for answers"),
        ({"callback_url": "https://a@b/"}, "address for answers"),
        ({"callback_url": "com.example.app:/cb"}, "only a public app"),
        ({"callback_url": "http://app.example.org/", "is_public": "on"}, "by https"),
        ({"url": "javascript:alert(1)"}, "address for answers"),
        ({"url": "com.example.app:/x"}, "begins with https"),
        ({"scopes": []}, "at least one permission"),
        ({"scopes": ["nothing"]}, "there is no scope"),
        ({"scopes": ["bitpail:site:admin"]}, "there is no scope"),
        ({"description": "x" * 1001}, "longer than 1000"),
    ],
)
async def test_what_is_filled_in_wrongly_is_said_and_kept(server, acme, page, changed, words):
    answer = await page.submit(f"{HERE}/new", **fields(**changed))

    assert answer.status == 422
    assert words in answer.text.lower() or words in answer.text
    assert "Deploys." in answer.text or "description" in changed
    assert await oauth_consumers.of_workspace(server.site, acme) == []


async def test_a_name_is_given_once_in_a_workspace(app, page):
    assert (await page.submit(f"{HERE}/new", **fields())).status == 409


async def test_an_app_is_changed(server, acme, app, page):
    address = f"{HERE}/{app.consumer.id}"
    form = await page.get(address)
    boxes = {name for name, box in Page(form.text).boxes.items() if box["ticked"]}

    done = await page.follow(
        await page.submit(address, **fields(name="Other", scopes=["wiki"], callback_url="https://b.example/"))
    )

    assert boxes == {"account", "email", "repository", "repository:write"}
    assert "bitpail:site:admin" not in form.text
    assert "Changed." in done.text
    (changed,) = await oauth_consumers.of_workspace(server.site, acme)
    assert (changed.name, [*changed.scopes], changed.callback_url) == (
        "Other",
        ["wiki"],
        "https://b.example/",
    )
    assert (changed.key, changed.nonce) == (app.consumer.key, app.consumer.nonce)


async def test_a_new_secret_ends_the_old_one(server, acme, app, page):
    answer = await page.submit(f"{HERE}/{app.consumer.id}", f"{HERE}/{app.consumer.id}/secret")

    secret = secret_of(answer)
    assert secret != app.secret
    assert refused(await app.token("client_credentials")) == "unauthorized_client"
    consumer = await oauth_consumers.one(server.site, acme, app.key)
    assert (await App(server, consumer, secret).token("client_credentials")).status == 200


async def test_an_app_is_deleted_after_a_question(server, acme, app, page):
    token = (await app.token("client_credentials")).json()["access_token"]

    done = await page.follow(await page.submit(f"{HERE}/{app.consumer.id}/delete"))

    assert "Deleted." in done.text
    assert await oauth_consumers.of_workspace(server.site, acme) == []
    assert (await bearer(server, token)).status == 401


@pytest.mark.parametrize("who", ["member", "stranger", "nobody"])
async def test_only_owners_of_the_workspace_have_these_pages(server, acme, app, who):
    grace = await server.user("grace", password=PASSWORD)
    if who == "member":
        await server.member(acme, grace, "member", "admin")
    browser = Browser(server.application)
    if who != "nobody":
        await browser.log_in("grace", PASSWORD)
    one = f"{HERE}/{app.consumer.id}"

    for path in (HERE, f"{HERE}/new", one, f"{one}/delete"):
        answer = await browser.get(path)
        assert answer.status == {"member": 403, "stranger": 404, "nobody": 303}[who], path
        assert app.key not in answer.text
    for path in (f"{HERE}/new", one, f"{one}/secret", f"{one}/delete"):
        answer = await browser.ask("POST", path, fields=[("name", "x")])
        assert answer.status in {303, 403, 404}
    assert await oauth_consumers.of_workspace(server.site, acme) == [app.consumer]


async def test_an_app_of_another_workspace_is_not_there(server, app, page, ada):
    await server.workspace("other", ada)

    answer = await page.get(f"/other/workspace/settings/oauth-consumers/{app.consumer.id}")

    assert answer.status == 404


async def test_markup_in_an_apps_words_is_text(server, acme, ada, page):
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    app = await App.registered(server, acme, ada, name=evil, description=evil)

    for path in (HERE, f"{HERE}/{app.consumer.id}", f"{HERE}/{app.consumer.id}/delete", app.address()):
        shown = await page.get(path)
        assert "&lt;script&gt;" in shown.text
        assert Page(shown.text).inline == []


# --- Connected apps -------------------------------------------------------------------------


async def test_somebody_sees_what_they_have_allowed_and_takes_it_back(server, app, page):
    tokens = await app.tokens(page)
    await app.user(tokens["access_token"])
    await server.site.behind.flush()

    listed = (await page.get(APPS)).text
    one = f"{APPS}{app.consumer.id}/revoke"
    question = (await page.get(one)).text
    done = await page.follow(await page.submit(one))

    for words in ("Deploy bot", "read all your repositories and push to them", "<code>acme</code>"):
        assert words in listed
    assert "Disconnect “Deploy bot”?" in question
    assert "Disconnected." in done.text
    assert "You have allowed no app anything." in done.text
    assert (await app.user(tokens["access_token"])).status == 401
    assert refused(await app.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert (await page.get(app.address())).status == 200, "it is asked again"


async def test_a_code_that_was_not_exchanged_yet_ends_too(app, page):
    code = (await app.allowed(page))["code"]

    await page.submit(f"{APPS}{app.consumer.id}/revoke")

    assert refused(await app.token("authorization_code", code=code)) == "invalid_grant"


async def test_nobody_takes_off_what_is_another_persons(server, app, page):
    tokens = await app.tokens(page)
    await server.user("grace", password=PASSWORD)
    browser = Browser(server.application)
    await browser.log_in("grace", PASSWORD)

    assert (await browser.get(f"{APPS}{app.consumer.id}/revoke")).status == 404
    token = dict(Page((await browser.get("/account/settings/password/")).text).forms[1].fields)["form_token"]
    forged = await browser.ask("POST", f"{APPS}{app.consumer.id}/revoke", fields=[("form_token", token)])

    assert forged.status == 404
    assert (await app.user(tokens["access_token"])).status == 200


async def test_what_happened_stands_in_the_log_without_a_secret(server, app, page):
    tokens = await app.tokens(page)
    await app.refresh(tokens["refresh_token"])
    await app.refresh(tokens["refresh_token"])
    await page.submit(f"{APPS}{app.consumer.id}/revoke")

    events = await audit.newest(server.site, Filter())
    shown = (await page.get("/account/settings/activity/")).text

    kinds = {event.kind.value for event in events}
    assert {"oauth_consumer.added", "oauth_app.allowed", "oauth_grant.reused", "oauth_app.forgotten"} <= kinds
    assert "A refresh token of app “Deploy bot” was shown twice" in shown
    for secret in (tokens["access_token"], tokens["refresh_token"], app.secret):
        assert all(secret not in event.detail for event in events)
