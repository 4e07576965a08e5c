import pytest
from support.browser import PASSWORD, Browser
from support.fixtures import anyio_backend, git, migrated_file, server, settings

__all__ = ["anyio_backend", "git", "migrated_file", "server", "settings"]


@pytest.fixture
async def ada(server):
    return await server.user("ada", password=PASSWORD)


@pytest.fixture
def browser(server):
    return Browser(server.application)


@pytest.fixture
async def page(browser, ada):
    """A browser in which Ada is logged in."""
    await browser.log_in("ada", PASSWORD)
    return browser
