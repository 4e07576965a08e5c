"""The administrators' pages, and the pages of links that work once."""

import json
import re
import time

import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.model.scopes import Scope
from bitpail.services import administration, app_passwords, site_policy, users
from bitpail.services.app_passwords import Wanted
from bitpail.web.routes import ADMINISTRATOR, ROUTES

pytestmark = pytest.mark.anyio
ADMIN = [(route.method, route.template) for route in ROUTES if route.template.startswith("/admin")]
NEW = "another good password"


@pytest.fixture
async def admin(server, page):
    """A browser in which Ada is logged in, who administers the server."""
    await users.set_admin(server.site, "ada", admin=True)
    return page


def link_on(answer):
    return Page(answer.text).values["link"]


def test_every_page_under_admin_needs_an_administrator():
    assert len(ADMIN) == 16
    assert all(route.need is ADMINISTRATOR for route in ROUTES if route.template.startswith("/admin"))


@pytest.mark.parametrize(("method", "template"), ADMIN)
@pytest.mark.parametrize("username", ["grace", "nobody"])
async def test_nobody_else_sees_them_and_nothing_tells_which_users_there_are(
    server, page, method, template, username
):
    await server.user("grace")
    path = template.replace("{username}", username)

    refused = await page.ask(method, path, fields=[("do", "promote")] if method == "POST" else None)
    stranger = await Browser(server.application).ask(method, path)
    with_app_password = await server.client.request(
        method, path, auth=await server.auth(await users.named(server.site, "ada"), *Scope)
    )

    assert refused.status == 403
    assert "You may not do this." in refused.text
    assert stranger.status == with_app_password.status == 303
    assert stranger.headers["location"].startswith("/login?next=%2F")
    assert not (await users.named(server.site, "grace")).is_admin


async def test_only_administrators_are_shown_the_way(server, page):
    assert "/admin/" not in Page((await page.get("/account/settings/")).text).links
    await users.set_admin(server.site, "ada", admin=True)
    assert "/admin/" in Page((await page.get("/account/settings/")).text).links
    assert (await page.get("/admin/")).status == 200
    await users.set_admin(server.site, "ada", admin=True)
    await server.user("grace")
    await users.set_admin(server.site, "grace", admin=True)
    await users.set_admin(server.site, "ada", admin=False)
    assert (await page.get("/admin/")).status == 403


async def test_a_user_is_created_without_a_password_and_sets_one_by_the_link(server, admin):
    made = await admin.submit(
        "/admin/new-user", username="grace", display_name="<b>Grace</b>", email="grace@example.org"
    )
    address = link_on(made)
    path = address.partition("example.com")[2] or address[address.index("/password") :]
    person = Browser(server.application)

    again = await person.submit(path, "/password", new=NEW, again="different one")
    short = await person.submit(path, "/password", new="short", again="short")
    done = await person.submit(path, "/password", new=NEW, again=NEW)
    spent = await person.get(path)

    assert (again.status, short.status, done.status, spent.status) == (422, 422, 200, 422)
    assert "used already" in spent.text
    assert "bitpail_session" not in person.cookies
    assert (await person.log_in("grace", NEW)).status == 303
    listed = await admin.get("/admin/users/?q=grace")
    assert "&lt;b&gt;Grace" in listed.text
    assert "ada" not in re.sub(r"<header.*?</header>", "", listed.text, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"username": "", "email": "a@example.org"}, "he username is empty"),
        ({"username": "../x", "email": "a@example.org"}, "Not a username"),
        ({"username": "-x", "email": "a@example.org"}, "Not a username"),
        ({"username": "admin", "email": "a@example.org"}, "reserved"),
        ({"username": "Ada", "email": "a@example.org"}, "is taken"),
        ({"username": "grace", "email": "nonsense"}, "nonsense"),
        ({"username": "grace", "email": "ada@example.com"}, "is taken"),
        ({"username": "g" * 63, "email": "a@example.org"}, "longer than"),
    ],
)
async def test_a_wrong_form_comes_back_as_it_was(admin, fields, said):
    answer = await admin.submit("/admin/new-user", display_name="Grace H.", **fields)

    assert answer.status in {409, 422}
    assert said in answer.text
    assert Page(answer.text).values["display_name"] == "Grace H."


async def test_buttons_do_what_they_say_and_the_last_administrator_stays(server, admin):
    await server.user("grace", password=PASSWORD)
    path = "/admin/users/grace/"

    for do, expected in (
        ("promote", (True, True)),
        ("demote", (False, True)),
        ("disable", (False, False)),
        ("enable", (False, True)),
    ):
        answer = await admin.submit(path, path, do=do)
        found = await users.named(server.site, "grace")
        assert (answer.status, (found.is_admin, found.is_active)) == (303, expected)
    for do in ("disable", "demote"):
        answer = await admin.submit("/admin/users/ada/", "/admin/users/ada/", do=do)
        assert answer.status == 409
        assert "last administrator" in answer.text
    assert (await admin.submit(path, path, do="explode")).status == 422
    assert (await admin.get("/admin/users/nobody/")).status == 404
    assert (
        await admin.ask("POST", path, fields=[("do", "disable")])
    ).status == 403  # without the form's token


async def test_a_policy_is_previewed_before_it_is_saved(server, admin, ada):
    await app_passwords.create(server.site, ada, Wanted(label="ci", permissions=("wiki", "account")))
    day = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 3 * 86400))

    shown = await admin.submit(
        "/admin/policy/", "/admin/policy/preview", forbidden="wiki", days="90", existing_from=day
    )
    before = await site_policy.current(server.site)
    saved = await admin.submit("", "/admin/policy/", page=shown)

    assert before == site_policy.NO_POLICY
    assert "it loses wiki; it expires on" in shown.text
    policy = await site_policy.current(server.site)
    assert (saved.status, policy.forbidden, policy.longest_lifetime) == (303, (Scope.WIKI,), 90 * 86400)
    # Saved again it is the same to the microsecond, so that no announced day moves unseen.
    again = await admin.submit("/admin/policy/", "/admin/policy/preview", forbidden="wiki")
    assert (await admin.submit("", "/admin/policy/", page=again)).status == 303
    assert await site_policy.current(server.site) == policy


@pytest.mark.parametrize(
    "fields",
    [
        {"days": "many"},
        {"days": "0"},
        {"days": "-1"},
        {"networks": "not a network"},
        {"forbidden": "everything"},
        {"existing_from": "2000-01-01T00:00"},
        {"existing_from": "9999-01-01T00:00"},
        {"existing_from": "tomorrow"},
    ],
)
async def test_a_wrong_policy_is_refused_before_and_after_the_preview(server, admin, fields):
    for action in ("/admin/policy/preview", "/admin/policy/"):
        shown = await admin.get("/admin/policy/")
        token = dict(Page(shown.text).forms[-1].fields)["form_token"]
        sent = {"form_token": token, "days": "", "networks": "", "existing_from": "", "places": "on"}
        answer = await admin.ask("POST", action, fields=list((sent | fields).items()))
        assert answer.status == 422, action
    assert await site_policy.current(server.site) == site_policy.NO_POLICY


async def test_the_audit_log_is_filtered_and_exported_alike(server, admin, ada):
    made, _ = await app_passwords.create(server.site, ada, Wanted(label="ci", permissions=("account",)))
    await server.user("grace")

    async def exported(query):
        text = (await admin.get(f"/admin/audit/export?{query}")).text
        return [json.loads(line)["kind"] for line in text.splitlines()]

    assert await exported("user=grace") == ["user.created"]
    for named in ("ci", made.id):
        assert await exported(f"app_password={named}") == ["app_password.created"]
    assert await exported("kind=user.created&user=ada") == ["user.created"]
    assert await exported("since=2999-01-01") == await exported("until=2000-01-01") == []
    assert await exported("address=192.0.2.99") == []
    assert "user.logged_in" in await exported("address=192.0.2.1")
    assert "App password “ci” created" in (await admin.get("/admin/audit/?app_password=ci")).text
    for wrong in ("kind=x", "user=nobody", "since=soon", "before=x", "before=1.%00", "since=%FF"):
        assert (await admin.get(f"/admin/audit/?{wrong}")).status in {200, 422}
    assert (await admin.get("/admin/audit/export?kind=x")).status == 422


async def test_the_log_is_shown_in_pages(server, admin):
    for number in range(101):
        await users.set_admin(server.site, "ada", admin=True, by=f"number {number}")

    first = await admin.get("/admin/audit/?kind=user.administrator_on")
    (older,) = [link for link in Page(first.text).links if "before=" in link]
    second = await admin.get(f"/admin/audit/{older}")

    assert first.text.count('class="what"') == 100
    assert second.text.count('class="what"') == 2


async def test_the_first_administrator_is_made_in_the_browser(server, browser):
    path = (await administration.set_up_path(server.site)).reveal()
    typed = {"username": "ada", "email": "ada@example.org", "display_name": "Ada"}

    wrong = await browser.submit(path, "/setup", **typed, new=PASSWORD, again="different")
    made = await browser.submit(path, "/setup", **typed, new=PASSWORD, again=PASSWORD)

    assert wrong.status == 422
    assert Page(wrong.text).values["email"] == "ada@example.org"
    assert (made.status, made.headers["location"]) == (303, "/admin/")
    assert (await browser.get("/admin/")).status == 200
    assert (await Browser(server.application).get(path)).status == 422
    assert (await Browser(server.application).get("/setup")).status == 422


async def test_a_link_is_in_no_log_and_no_event(server, admin, capfd):
    shown = await admin.submit("/admin/users/ada/", "/admin/users/ada/", do="link")
    secret = link_on(shown).partition("?link=")[2]
    await admin.get(f"/password?link={secret}")
    await admin.get(f"/admin/nothing?link={secret}")

    exported = (await admin.get("/admin/audit/export")).text
    files = [file.read_bytes() for file in server.settings.data_path.glob("bitpail.sqlite3*")]

    assert "user.password_link_made" in exported
    assert secret not in exported
    assert not any(secret.encode() in content for content in files)
    assert secret not in "".join(capfd.readouterr())
