"""What administrators do in a browser: the first of them, users, the policy, the audit log."""

import json
import subprocess
import sys

import pytest
from support.browser import PASSWORD
from support.visitor import APP_PASSWORDS, SETTINGS, visiting

from bitpail.services import users
from bitpail.settings import as_environment
from bitpail.testing import Bitpail

CHOSEN = "a password that grace chose"


@pytest.fixture
def administrator(bitpail, inside):
    """A browser in which Ada, who administers the server, is logged in."""
    bitpail.do(lambda site: users.set_admin(site, "ada", admin=True))
    return inside


def test_the_printed_link_makes_the_first_administrator_and_works_once(chromium_browser):
    with Bitpail.started() as empty:
        printed = subprocess.run(
            [sys.executable, "-m", "bitpail", "set-up-link"],
            env=as_environment(empty.settings), capture_output=True, text=True, check=True,
        )  # fmt: skip
        link = next(word for word in printed.stdout.split() if "/setup?" in word)
        path = link[link.index("/setup?") :]
        with visiting(chromium_browser, empty.url) as visitor:
            visitor.go(path)
            fields = {"username": "ada", "email": "ada@example.org", "new": PASSWORD}
            visitor.fill(**fields, again="something else")
            visitor.press("Create the account")
            assert visitor.page.get_by_role("alert").is_visible()
            visitor.fill(**fields, again=PASSWORD)
            visitor.press("Create the account")

            assert visitor.at == "/admin/"
            visitor.log_out()
            assert visitor.log_in().at == "/"
        with visiting(chromium_browser, empty.url) as late:
            assert late.go(path) == 422
            assert late.page.locator("form").count() == 0


def test_a_new_user_sets_the_password_by_a_link_and_logs_in(administrator, browse):
    administrator.go("/admin/users/")
    administrator.follow("Create user")
    administrator.fill(username="grace", email="grace@example.org")
    administrator.press("Create user")
    link = administrator.page.locator("#link").input_value()
    assert link.startswith(administrator.home)

    grace = browse()
    grace.go(link.removeprefix(administrator.home))
    grace.fill(new=CHOSEN, again=CHOSEN)
    grace.press("Set password")
    grace.follow("Log in")
    assert grace.log_in("grace", CHOSEN).at == "/"
    assert grace.go("/admin/") in {403, 404}
    late = browse()
    assert late.go(link.removeprefix(administrator.home)) == 422


def test_a_disabled_account_is_out_at_once_and_back_when_it_is_enabled(administrator, bitpail, browse):
    bitpail.user("grace", password=CHOSEN)
    grace = browse().log_in("grace", CHOSEN)

    administrator.go("/admin/users/grace/")
    administrator.press("Disable the account")
    grace.go(SETTINGS)
    assert grace.at.startswith("/login")
    administrator.press("Enable the account")
    assert grace.log_in("grace", CHOSEN).at == SETTINGS


def test_a_policy_is_looked_at_first_and_then_narrows_what_is_made(administrator, bitpail, ada):
    bitpail.app_password(ada, "repository:admin", label="for ever")
    administrator.go("/admin/policy/")
    administrator.fill(days="30")
    administrator.press("Preview")
    assert "Nothing is saved yet." in administrator.text
    assert "for ever" in administrator.text
    administrator.follow("Leave it as it is")
    assert administrator.page.locator("#days").input_value() == ""

    administrator.fill(days="30")
    administrator.press("Preview")
    administrator.press("Save the policy")

    assert administrator.page.locator("#days").input_value() == "30"
    administrator.go(f"{APP_PASSWORDS}new?scopes=wiki&label=too-long")
    administrator.press("Create")
    assert "30 days" in administrator.page.get_by_role("alert").inner_text()


def test_the_audit_log_is_filtered_and_exported_as_lines_of_json(administrator, bitpail, ada, browse):
    secret = bitpail.app_password(ada, "wiki", label="audited")
    browse().log_in("ada", "wrong")
    administrator.go("/admin/audit/")
    administrator.fill(app_password="audited")
    administrator.press("Filter")
    assert administrator.page.locator(".log li").count() == 1
    assert secret not in administrator.page.content()

    with administrator.page.expect_download() as download:
        administrator.page.get_by_role("main").get_by_role("link", name="Export as JSON lines").click()

    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert len(lines) == 1
    assert "audited" in json.dumps(lines)
