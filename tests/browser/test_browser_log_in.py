"""Logging in and out, two-step verification, the profile and the account password, in a real browser."""

import re
import time

import pyotp
import pytest
from support.browser import PASSWORD
from support.visitor import SETTINGS

NEW = "another long enough password"


@pytest.mark.parametrize("name", ["ada", "Ada@Example.org"])
def test_the_username_or_the_email_address_logs_in(visitor, name):
    visitor.go("/")

    visitor.log_in(name)

    assert visitor.at == "/"
    assert "ada" in visitor.page.get_by_role("banner").inner_text()


def test_a_wrong_password_keeps_the_name_and_says_nothing_of_who_exists(visitor):
    said = {}
    for name in ("ada", "nobody"):
        visitor.go("/login")
        visitor.log_in(name, "wrong")
        said[name] = visitor.page.get_by_role("alert").inner_text()

        assert visitor.page.locator("#username").input_value() == name
        assert visitor.page.locator("#password").input_value() == ""

    assert said["ada"] == said["nobody"]


def test_an_app_password_at_the_log_in_is_told_kindly_where_it_belongs(visitor, bitpail, ada):
    secret = bitpail.app_password(ada, "account")

    visitor.log_in("ada", secret)

    assert "for git and the API" in visitor.page.get_by_role("alert").inner_text()
    assert secret not in visitor.page.content()
    assert visitor.at == "/login"


def test_logging_out_closes_the_pages_to_the_back_button_too(inside):
    inside.go(SETTINGS)
    inside.log_out()
    inside.page.go_back()
    inside.page.wait_for_load_state()

    assert inside.at.startswith("/login")


def test_logging_out_everywhere_ends_every_browser(inside, browse):
    other = browse().log_in()
    other.go(f"{SETTINGS}sessions/")
    assert other.page.locator(".card").count() == 2
    assert "this browser" in other.text

    other.press("Log out everywhere")

    for one in (inside, other):
        one.go(SETTINGS)
        assert one.at.startswith("/login")


def test_one_other_browser_is_logged_out_from_the_list(inside, browse):
    other = browse().log_in()
    inside.go(f"{SETTINGS}sessions/")

    inside.press("Log this one out")

    assert inside.page.locator(".card").count() == 1
    other.go(SETTINGS)
    assert other.at.startswith("/login")


def test_two_step_verification_from_the_page_to_the_log_in_with_code_and_recovery_code(inside, browse):
    inside.go(f"{SETTINGS}two-step/")
    assert inside.page.locator(".qr svg").bounding_box()["width"] > 100
    secret = inside.page.locator("#typed").input_value()
    inside.fill(code="000000", password=PASSWORD)
    inside.press("Switch on")
    assert inside.page.get_by_role("alert").is_visible()
    assert inside.page.locator("#typed").input_value() == secret
    inside.fill(code=pyotp.TOTP(secret).now(), password=PASSWORD)
    inside.press("Switch on")
    codes = inside.page.locator("#codes").inner_text().split()
    inside.follow("I have them")
    assert "It is on" in inside.text

    with_code, with_recovery, with_nothing = browse(), browse(), browse()
    with_code.log_in()
    with_code.fill(code=next_code(secret))
    with_code.press("Log in")
    assert with_code.at == "/"
    with_recovery.log_in()
    with_recovery.fill(code=codes[0])
    with_recovery.press("Log in")
    assert with_recovery.at == "/"
    with_nothing.log_in()
    with_nothing.fill(code=codes[0])
    with_nothing.press("Log in")
    assert "Two-step verification" in with_nothing.text, "a recovery code works once"
    with_nothing.go(SETTINGS)
    assert with_nothing.at.startswith("/login")

    inside.fill(password=PASSWORD)
    inside.press("Switch off")
    assert browse().log_in().at == "/"


def next_code(secret):
    """The code after the one that was used already: it is valid a little before its time."""
    return pyotp.TOTP(secret).at(int(time.time()), counter_offset=1)


def test_the_username_is_copied_by_its_button(inside):
    inside.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=inside.home)

    inside.go(SETTINGS)
    inside.page.get_by_role("button", name="Copy").first.click()

    assert inside.page.evaluate("navigator.clipboard.readText()") == "ada"
    assert inside.page.get_by_role("button", name="Copied").is_visible()


def test_the_display_name_is_changed(inside):
    inside.go(SETTINGS)
    inside.fill(display_name="Ada Lovelace")
    inside.press("Save")

    assert "Saved." in inside.text
    assert inside.page.locator("#display_name").input_value() == "Ada Lovelace"


def test_a_new_account_password_logs_out_the_others_and_is_the_one_that_works(inside, browse):
    other = browse().log_in()
    inside.go(f"{SETTINGS}password/")
    inside.fill(current="wrong", new=NEW, again=NEW)
    inside.press("Change password")
    assert inside.page.get_by_role("alert").is_visible()
    inside.fill(current=PASSWORD, new=NEW, again=NEW)
    inside.press("Change password")

    assert "Changed." in inside.text
    other.go(SETTINGS)
    assert other.at.startswith("/login")
    other.log_in("ada", PASSWORD)
    assert other.page.get_by_role("alert").is_visible()
    assert other.log_in("ada", NEW).at == SETTINGS


def test_times_are_in_the_readers_zone_with_the_exact_one_on_hover(ada, browse):
    far = browse(timezone_id="Asia/Kolkata", locale="en-GB").log_in()
    far.go(f"{SETTINGS}sessions/")

    shown = far.page.locator("time").first
    exact = shown.get_attribute("title")

    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", exact)
    hour, minute = map(int, exact.split(" ")[1].split(":")[:2])
    there = (hour * 60 + minute + 330) % (24 * 60)
    assert shown.inner_text().endswith(f"{there // 60:02}:{there % 60:02}")
