import pytest
from support.fixtures import ada, anyio_backend, git, migrated_file, server, settings
from support.validated import ValidatedClient

__all__ = ["ada", "anyio_backend", "git", "migrated_file", "server", "settings"]

_EVERYTHING = ("account", "repository:write", "repository:admin", "repository:delete")


@pytest.fixture
def api(server):
    """A client whose every answer is held against the contract."""
    return ValidatedClient(server.application)


@pytest.fixture
async def auth(server, ada):
    """Ada's app password, with everything that repositories and the account ask for."""
    return await server.auth(ada, *_EVERYTHING)


@pytest.fixture
async def grace(server):
    """Somebody else."""
    return await server.user("grace")


@pytest.fixture
async def graces(server, grace):
    """Grace's app password, as ``auth`` is Ada's."""
    return await server.auth(grace, *_EVERYTHING)
