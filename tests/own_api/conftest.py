import pytest
from own_api import Client
from support.browser import PASSWORD
from support.fixtures import anyio_backend, git, migrated_file, server, settings

__all__ = ["anyio_backend", "git", "migrated_file", "server", "settings"]


@pytest.fixture
async def ada(server):
    return await server.user("ada", password=PASSWORD)


@pytest.fixture
def own(server):
    return Client(server.application)


@pytest.fixture
async def manager(server, ada):
    """An app password that manages those that read and write repositories."""
    return await server.auth(ada, "repository:write", "bitpail:app-password:write")
