"""Repositories made, imported, set up and given away, by a real browser."""

import os
import re
from contextlib import ExitStack

import pytest
from support.browser import PASSWORD
from support.processes import eventually, gits
from support.relay import Relay
from support.visitor import visiting
from support.world import places

from bitpail.errors import NotFound
from bitpail.policy import names
from bitpail.services import repositories
from bitpail.testing import Bitpail

NAMES = [
    "foo bar",
    "  The Analytical Éngine  ",
    "føøbar",
    "Straße & Łódź",
    "...a--b__c...",
    "日本 x",
    "A" * 80,
    "a" * 61 + " b",
    "ﬁle №5 ½",
    "İstanbul",
    "a\u00a0b",
    "🚀 rocket",
    "CAFÉ/../x",
]


def exists(server, workspace, slug):
    try:
        return server.do(lambda site: repositories.named(site, workspace, slug))
    except NotFound:
        return None


def test_the_address_is_shown_while_one_types_as_the_server_will_make_it(inside, bitpail):
    inside.go("/repo/create")
    line = inside.page.locator("[data-slug-line]")
    assert not line.is_visible()

    for name in NAMES:
        inside.page.locator("#name").fill(name)
        assert inside.page.locator("#slug").inner_text() == names.slugify(name), name
    inside.page.locator("#name").fill("!!!")
    assert not line.is_visible()


def test_a_repository_is_made_by_keyboard_and_cloned(inside, ada, bitpail, person):
    inside.go("/repo/create")
    page = inside.page
    page.locator("#into").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("Difference Engine")
    page.keyboard.press("Tab")
    page.keyboard.type("It differs.")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert inside.at == "/ada/difference-engine/"
    secret = bitpail.app_password(ada, "repository:write")
    url = bitpail.url.replace("://", f"://ada:{secret}@")
    person.well("clone", "--quiet", f"{url}/ada/difference-engine.git")
    assert (person.home / "difference-engine/README.md").read_text() == "# Difference Engine\n\nIt differs.\n"


def test_without_script_everything_is_there_too(chromium_browser, bitpail):
    ada = bitpail.user("ada", password=PASSWORD)
    bitpail.workspace("acme", ada)
    with visiting(chromium_browser, bitpail.url, java_script_enabled=False) as visitor:
        visitor.log_in()
        visitor.go("/")
        visitor.follow("Create repository")
        visitor.fill(name="Plain")
        visitor.press("Create repository")
        assert visitor.at == "/ada/plain/"
        visitor.go("/ada/plain/admin/")
        visitor.fill(description="By hand.")
        visitor.press("Save")
        assert "Saved." in visitor.text
        visitor.follow("Delete")
        visitor.fill(typed="ada/plain")
        visitor.press("Delete repository")
        assert "The repository is deleted" in visitor.text


@pytest.fixture
def elsewhere():
    with Bitpail.started() as server:
        grace = server.user("grace")
        server.workspace("mill", grace)
        server.repository("mill/wheel", files={"large.bin": os.urandom(2_000_000)})
        server.secret = server.app_password(grace, "repository")
        yield server


@pytest.fixture
def importing():
    """A server that may import from this machine."""
    with Bitpail.started(import_networks=["127.0.0.0/8"]) as server:
        server.user("ada", password=PASSWORD)
        yield server


def begin(visitor, relay, elsewhere):
    visitor.log_in()
    visitor.go("/repo/import")
    visitor.fill(url=relay.instead_of(f"{elsewhere.url}/mill/wheel.git"))
    visitor.page.get_by_text("It asks for a password").click()
    visitor.fill(username="grace", password=elsewhere.secret)
    visitor.press("Import repository")
    assert relay.holds.wait(60)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_import_goes_on_while_one_is_elsewhere_and_its_page_follows_it(
    chromium_browser, importing, elsewhere, script
):
    with ExitStack() as open_:
        relay = open_.enter_context(Relay.to(elsewhere.url, down=200_000))
        visitor = open_.enter_context(visiting(chromium_browser, importing.url, java_script_enabled=script))
        begin(visitor, relay, elsewhere)
        where = visitor.at
        visitor.page.get_by_text(re.compile(r"Receiving objects")).wait_for()
        visitor.go("/")
        visitor.go(where)
        assert visitor.page.locator("h1").inner_text() == "Importing wheel"
        relay.let_go()
        visitor.page.get_by_role("link", name="Open the repository").wait_for()
        visitor.follow("Open the repository")

        assert visitor.at == "/ada/wheel/"
        assert "large.bin" in visitor.text


def test_a_killed_server_leaves_no_repository_and_no_git(chromium_browser, importing, elsewhere):
    with ExitStack() as open_:
        relay = open_.enter_context(Relay.to(elsewhere.url, down=200_000))
        visitor = open_.enter_context(visiting(chromium_browser, importing.url))
        begin(visitor, relay, elsewhere)
        running = gits(importing.process.pid)
        assert running
        importing.process.kill()
        importing.process.wait()
        relay.let_go()

        assert eventually(
            lambda: not any(one.is_running() and one.status() != "zombie" for one in running), 30
        )
        importing.start()
        assert exists(importing, "ada", "wheel") is None
        found = list(importing.settings.data_path.glob("repositories/*/*"))
        assert all(path.name.startswith(".tmp-") for path in found)


def test_a_setting_that_is_saved_is_what_one_sees(inside, ada, bitpail):
    bitpail.user("grace", password=PASSWORD)
    bitpail.workspace("acme", ada)
    bitpail.repository("acme/engine", files={"README.md": "# Engine\n"})
    places(bitpail)
    inside.go("/acme/engine/admin/")
    inside.fill(name="Steam engine")
    assert inside.page.locator("#slug").inner_text() == "steam-engine"
    inside.press("Save")
    assert inside.at == "/acme/steam-engine/admin/?done=saved"
    inside.go("/acme/engine/src/main/")
    assert inside.at == "/acme/steam-engine/src/main/"
    inside.go("/acme/steam-engine/admin/branch-permissions/")
    inside.page.get_by_role("button", name="Remove: Nobody rewrites history, release/*").click()
    inside.page.wait_for_url("**/?done=removed")
    assert "release/*" not in inside.page.locator("ul.cards").inner_text()


def test_a_workspace_is_set_up_and_a_repository_given_away(inside, ada, bitpail, browse):
    bitpail.workspace("acme", ada)
    bitpail.repository("acme/engine", files={"README.md": "# Engine\n"})
    bitpail.user("grace", password=PASSWORD)
    inside.go("/acme/workspace/members/")
    inside.fill(user="grace")
    inside.press("Add member")
    inside.page.get_by_text("Change grace").click()
    inside.page.locator(".card", has_text="grace").get_by_label("Role").select_option("collaborator")
    with inside.page.expect_navigation():
        inside.page.get_by_role("button", name="Save grace").click()
    assert "collaborator" in inside.page.locator(".card", has_text="grace").inner_text()
    inside.page.get_by_text("Change ada").click()
    with inside.page.expect_navigation():
        inside.page.get_by_role("button", name="Remove ada").click()
    assert "last owner" in inside.page.get_by_role("alert").inner_text()

    inside.go("/acme/workspace/groups/")
    inside.fill(name="Builders")
    inside.press("Create group")
    inside.fill(user="grace")
    inside.press("Add")
    inside.go("/acme/workspace/create-project/")
    inside.fill(name="The mill", key="mill")
    inside.press("Create project")
    assert inside.at == "/acme/workspace/projects/MILL/"
    inside.follow("Create the first one")
    inside.fill(name="Stone")
    inside.press("Create repository")
    assert inside.at == "/acme/stone/"

    inside.go("/acme/engine/admin/permissions/")
    inside.page.locator("#group").select_option("builders")
    inside.page.locator("#permission").select_option("admin")
    inside.press("Give access")
    grace = browse().log_in("grace")
    grace.go("/acme/engine/admin/transfer/")
    grace.page.locator("#into").select_option("grace/PROJ")
    grace.fill(typed="acme/engine")
    grace.press("Transfer repository")
    assert grace.at == "/grace/engine/admin/?done=transferred"
    inside.go("/acme/engine/")
    assert inside.page.locator("h1").inner_text() == "Not found"
