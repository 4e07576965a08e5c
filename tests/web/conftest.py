import pytest
from support.browser import PASSWORD, Browser
from support.fixtures import anyio_backend, git, migrated_file, server, settings
from support.wiki_pages import pusher

from bitpail.git.directories import repository_path

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


@pytest.fixture
async def engine(server, ada):
    """A repository whose wiki is empty."""
    await server.workspace("engines", ada)
    return await server.repository("engines", "difference")


@pytest.fixture
def push(server, engine):
    """Into its wiki, without this server."""
    return pusher(repository_path(server.site.repositories, engine.id, wiki=True))
