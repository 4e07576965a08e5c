"""Whoever hears a page instead of seeing it: the names of all that can be used on each are as they were kept.

One test for all pages, in the order of their list: what one of them makes is on others after it.
"""

from contextlib import ExitStack

import accessible_names
from pages import PAGES
from playwright.sync_api import expect
from support.visitor import visiting
from support.world import World

# What is around many pages is told once each.
FRAMES = {"log-in", "profile", "admin", "workspace", "repository"}


def test_the_names_on_each_page_are_those_that_were_kept(chromium_browser, bitpail_server, pytestconfig):
    names = {}
    with ExitStack() as servers:
        world = World(bitpail_server, servers)
        with visiting(chromium_browser, world.server.url) as visitor:
            logged_in = visitor.log_in().context.storage_state()
        for page in PAGES:
            state = {"storage_state": logged_in} if page.inside else {}
            with visiting(chromium_browser, world.server.url, **state) as visitor:
                page.way(visitor, world)
                # Scripts take these links away when what they lead to has come.
                expect(visitor.page.locator(".with-changes, [data-later]")).to_have_count(0)
                whole = visitor.page.locator("body" if page.name in FRAMES else "main")
                names[page.name] = accessible_names.names_of(whole.aria_snapshot())

    if pytestconfig.getoption("--write-names"):
        accessible_names.write(names)
    assert names == accessible_names.kept()
