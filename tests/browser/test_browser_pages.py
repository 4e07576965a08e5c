"""What holds for every page: it can be used by everybody, fits a phone, weighs little, and asks nobody else."""

from contextlib import ExitStack
from pathlib import Path

import axe_playwright_python
import pytest
from pages import NO_PAGES, PAGES, routes_of_pages
from support.visitor import visiting
from support.world import World

KILOBYTE = 1000
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
# The colours alone are others in the dark.
IN_THE_DARK = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


@pytest.fixture(scope="module")
def world(bitpail_server):
    with ExitStack() as servers:
        yield World(bitpail_server, servers)


@pytest.fixture(scope="module")
def logged_in(chromium_browser, world):
    """What a browser keeps in which Ada is logged in."""
    with visiting(chromium_browser, world.server.url) as visitor:
        return visitor.log_in().context.storage_state()


def test_no_page_is_forgotten_here():
    listed = {page.route for page in PAGES if page.route}

    assert listed == routes_of_pages()
    assert not listed & NO_PAGES.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_page(chromium_browser, world, logged_in, page, record_property):
    """Accessible in light and dark (WCAG 2.2 AA by axe), as wide as a phone, under 100 KB with all it needs."""
    state = {"storage_state": logged_in} if page.inside else {}
    with visiting(chromium_browser, world.server.url, color_scheme="light", **state) as visitor:
        page.way(visitor, world)
        assert visitor.page.locator("h1").count() == 1
        weight = visitor.weight()
        assert weight < 100 * KILOBYTE
        assert violations(visitor, RULES) == []
        visitor.page.emulate_media(color_scheme="dark")
        assert violations(visitor, IN_THE_DARK) == []
        visitor.page.set_viewport_size({"width": 360, "height": 740})
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == 360
    record_property("weight", weight)


FOLDED = ("import", "members", "repository", "commits", "commit", "branches", "downloads", "wiki-pages")


@pytest.mark.parametrize("name", FOLDED)
def test_what_is_folded_in_a_page_is_as_good_as_the_rest(chromium_browser, world, logged_in, name):
    page = next(page for page in PAGES if page.name == name)
    with visiting(
        chromium_browser, world.server.url, color_scheme="light", storage_state=logged_in
    ) as visitor:
        page.way(visitor, world)
        folded = visitor.page.locator("details:not([open])")
        assert folded.count()
        folded.evaluate_all("all => all.forEach(one => { one.open = true; })")
        assert violations(visitor, RULES) == []
        visitor.page.emulate_media(color_scheme="dark")
        assert violations(visitor, IN_THE_DARK) == []
        visitor.page.set_viewport_size({"width": 360, "height": 740})
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == 360


def violations(visitor, rules):
    """What axe finds, with where it stands."""
    if not visitor.page.evaluate("'axe' in window"):
        visitor.page.evaluate(AXE)
    found = visitor.page.evaluate("rules => axe.run(rules)", rules)["violations"]
    return [(one["id"], one["help"], [node["html"] for node in one["nodes"]]) for one in found]
