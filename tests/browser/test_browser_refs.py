"""Branches in a real browser: the page at once, how far they are from the main one after it."""

import pytest
from playwright.sync_api import expect
from support import history


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
