"""Real Chromium before a real server: one browser for all tests, and a context that knows nothing for each.

Most tests have the server to themselves. Those of flows that nobody else disturbs share one, which costs a third.
"""

import asyncio
import itertools
import os
from contextlib import ExitStack

import pytest
from playwright.sync_api import sync_playwright
from support import chromium, fast_import
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


class Shared:
    """A server that all tests of a file have in common: Ada is there, and ``acme`` is hers.

    Who changes something has a repository of their own for it. No test of such a file asks for ``bitpail``, which empties
    the server.
    """

    def __init__(self, server, browser):
        server.reset()
        self.server = server
        self.ada = server.user("ada", password=PASSWORD)
        server.workspace("acme", self.ada)
        with visiting(browser, server.url) as visitor:
            self.inside = visitor.log_in().context.storage_state()
        self._numbers = itertools.count(1)

    def repository(self, files=None, **wanted):
        """A new one, empty or of one commit; its full name."""
        return self.server.repository(f"acme/made-{next(self._numbers)}", files=files, **wanted)

    def history(self, *commits):
        """A new one with these commits, as ``support.fast_import`` has them; its full name."""
        name = self.repository()
        fast_import.commits(self.server.directory(name), commits)
        return name

    def head(self, name):
        """The commit of its main branch."""
        return (self.server.directory(name) / "refs/heads/main").read_text().strip()


@pytest.fixture(scope="module")
def shared(bitpail_server, chromium_browser):
    return Shared(bitpail_server, chromium_browser)


@pytest.fixture
def of_ada(chromium_browser, shared):
    """Opens a browser in which Ada is logged in at the shared server."""
    with ExitStack() as opened:
        yield lambda **options: opened.enter_context(
            visiting(chromium_browser, shared.server.url, **{"storage_state": shared.inside, **options})
        )


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def reader(request, of_ada):
    """Ada at the shared server, once with script and once without: for pages that have a script of their own."""
    return of_ada(java_script_enabled=request.param)


@pytest.fixture
def plain(of_ada):
    """Ada at the shared server, in a browser that runs no script: pages that need none are the same with it."""
    return of_ada(java_script_enabled=False)


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
