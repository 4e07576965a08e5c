import pytest
from support.fixtures import ada, anyio_backend, git, migrated_file, server, settings
from support.validated import ValidatedClient

__all__ = ["ada", "anyio_backend", "git", "migrated_file", "server", "settings"]


@pytest.fixture
def api(server):
    """A client whose every answer is held against the contract."""
    return ValidatedClient(server.application)


@pytest.fixture
async def auth(server, ada):
    """Ada's app password, with everything that repositories and the account ask for."""
    return await server.auth(ada, "account", "repository:write", "repository:admin", "repository:delete")
