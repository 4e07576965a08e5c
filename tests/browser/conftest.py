"""Real Chromium before a real server: one browser for all tests, and a context that knows nothing for each."""

import asyncio
import os
from contextlib import ExitStack

import pytest
from playwright.sync_api import sync_playwright
from support import chromium
from support.browser import PASSWORD
from support.clients import Person
from support.visitor import visiting


class Chromium:
    """The browser, and the event loop that Playwright runs it in."""

    def __init__(self, browser):
        self.browser = browser
        self.loop = asyncio._get_running_loop()


@pytest.fixture(scope="session")
def chromium_process():
    if chromium.find_chromium() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(chromium.MISSING)
        pytest.skip(chromium.MISSING)
    with sync_playwright() as playwright, chromium.running(playwright) as browser:
        started = Chromium(browser)
        asyncio._set_running_loop(None)
        yield started
        asyncio._set_running_loop(started.loop)


@pytest.fixture(scope="module")
def chromium_browser(chromium_process):
    # Playwright leaves its loop marked as running in this thread, and no other test could run one.
    asyncio._set_running_loop(chromium_process.loop)
    yield chromium_process.browser
    asyncio._set_running_loop(None)


@pytest.fixture
def person(tmp_path):
    """Somebody at a shell."""
    return Person(tmp_path / "home")


@pytest.fixture
def ada(bitpail):
    """Somebody with an account password, on an empty server."""
    return bitpail.user("ada", password=PASSWORD)


@pytest.fixture
def notes(bitpail, ada):
    """A repository of hers."""
    bitpail.workspace("acme", ada)
    return bitpail.repository("acme/notes", files={"README.md": "# Notes\n"})


@pytest.fixture
def browse(chromium_browser, bitpail):
    """Opens a browser that nobody has used yet."""
    with ExitStack() as opened:
        yield lambda **options: opened.enter_context(visiting(chromium_browser, bitpail.url, **options))


@pytest.fixture
def visitor(browse, ada):
    """A browser before the server where Ada has an account."""
    return browse()


@pytest.fixture
def inside(visitor):
    """A browser in which Ada is logged in."""
    return visitor.log_in()
