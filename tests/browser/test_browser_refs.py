"""Branches in a real browser: what is slow, as how far two are apart, comes after the page."""

import subprocess

import pytest
from playwright.sync_api import expect
from support import history
from test_browser_pages import IN_THE_DARK, RULES, violations


@pytest.fixture
def told(bitpail, ada, inside):
    bitpail.workspace("acme", ada)
    return history.told(bitpail, ada)


def test_how_far_branches_are_apart_comes_after_the_page(told, inside):
    inside.go("/acme/history/branches/")

    expect(inside.page.locator(".refs .apart")).to_have_text(["2 behind, 0 ahead"])
    expect(inside.page.locator("[data-later]")).to_have_count(0)


def test_without_script_a_link_shows_it(told, inside, browse):
    cookies = inside.context.storage_state()
    visitor = browse(java_script_enabled=False, storage_state=cookies)
    visitor.go("/acme/history/branches/")
    visitor.follow("Show how far they are from main")

    expect(visitor.page.locator(".refs .apart")).to_have_text(["2 behind, 0 ahead"])


FAR = 1100
COMPARED = "/acme/long/branches/compare/main%0Dold"


@pytest.fixture
def long(bitpail, ada):
    """Main has many commits that ``old`` has not, and two files."""
    bitpail.workspace("acme", ada)
    bitpail.repository("acme/long")
    stream = "".join(
        f"commit refs/heads/main\nmark :{number}\ncommitter Ada <ada@example.org> {1_772_000_000 + number} +0000\n"
        f"data <<.\nStep {number} of the engine\n.\nM 100644 inline card-{number % 2}.txt\ndata <<.\n{number}\n.\n\n"
        for number in range(1, FAR + 1)
    )
    stream += "reset refs/heads/old\nfrom :2\n\n"
    command = ["git", f"--git-dir={bitpail.directory('acme/long')}", "fast-import", "--quiet", "--force"]
    subprocess.run(command, input=stream.encode(), check=True)


def test_numbers_and_files_of_two_that_are_far_apart_come_after_the_page(long, inside):
    inside.go(COMPARED)

    expect(inside.page.locator(".apart")).to_have_text("main is 1,098 commits ahead and 0 behind.")
    expect(inside.page.locator("#files h2")).to_have_text("2 files changed")
    expect(inside.page.locator("#files table")).to_have_count(2)
    expect(inside.page.locator("[data-later]")).to_have_count(0)
    assert inside.page.locator("#content ol.commits > li").count() == 20
    # Whatever one chooses of them, they stay.
    inside.follow("Side by side")
    expect(inside.page.locator("#files table.split")).to_have_count(2)
    assert violations(inside, RULES) == []
    inside.page.set_viewport_size({"width": 360, "height": 740})
    assert inside.page.evaluate("document.documentElement.scrollWidth") == 360


def test_without_script_links_show_the_numbers_and_the_files(long, inside, browse):
    visitor = browse(java_script_enabled=False, storage_state=inside.context.storage_state())
    visitor.go(COMPARED)

    expect(visitor.page.locator(".apart")).to_have_text("main is more than 1,000 commits ahead and 0 behind.")
    visitor.follow("Show which files differ")
    expect(visitor.page.locator("#files h2")).to_have_text("2 files changed")
    visitor.follow("Count all of them")
    expect(visitor.page.locator(".apart")).to_have_text("main is 1,098 commits ahead and 0 behind.")
    expect(visitor.page.locator("#files h2")).to_have_text("2 files changed")
    expect(visitor.page.locator("[data-later]")).to_have_count(0)


def test_the_page_that_waits_for_the_rest_can_be_used_by_everybody(long, inside):
    """As it is while what is slow is not there, or if it never comes."""
    inside.page.route("**/*files=1*", lambda route: route.abort())
    inside.page.route("**/*distances=1*", lambda route: route.abort())
    inside.go(COMPARED)

    assert inside.page.get_by_role("link", name="Show which files differ").is_visible()
    assert violations(inside, RULES) == []
    inside.page.emulate_media(color_scheme="dark")
    assert violations(inside, IN_THE_DARK) == []
    inside.page.set_viewport_size({"width": 360, "height": 740})
    assert inside.page.evaluate("document.documentElement.scrollWidth") == 360
    inside.blamed("ERR_FAILED")
