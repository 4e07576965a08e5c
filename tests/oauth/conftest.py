import pytest
from support.browser import PASSWORD, Browser
from support.fixtures import anyio_backend, git, migrated_file, server, settings
from support.oauth import App

__all__ = ["anyio_backend", "git", "migrated_file", "server", "settings"]


@pytest.fixture
async def ada(server):
    return await server.user("ada", password=PASSWORD)


@pytest.fixture
async def grace(server):
    """Registers apps; Ada is asked whether they may act for her."""
    return await server.user("grace", password=PASSWORD)


@pytest.fixture
async def acme(server, grace):
    return await server.workspace("acme", grace)


@pytest.fixture
async def app(server, acme, grace):
    return await App.registered(server, acme, grace)


@pytest.fixture
async def public(server, acme, grace):
    """An app that can keep no secret."""
    return await App.registered(server, acme, grace, name="Phone", is_public=True)


@pytest.fixture
async def page(server, ada):
    """A browser in which Ada is logged in."""
    browser = Browser(server.application)
    await browser.log_in("ada", PASSWORD)
    return browser
