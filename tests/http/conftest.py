import pytest
from support.exchanges import ANYTHING
from support.fixtures import ada, anyio_backend, git, migrated_file, server, settings
from support.issuer import issuing
from support.repositories import Repository
from support.token_exchange import make

__all__ = ["ada", "anyio_backend", "git", "migrated_file", "server", "settings"]


@pytest.fixture(scope="module")
def issuer():
    with issuing() as one:
        yield one


@pytest.fixture
async def rule(server, ada, issuer):
    return await make(server, ada, issuer)


@pytest.fixture
async def world(server, ada, git, tmp_path):
    """Two repositories, and a watch over everything beside the data directory."""
    git.commit("first")
    (tmp_path / "secret.txt").write_text("treasure")
    outside = Repository(tmp_path / "outside.git")
    outside.commit("not ours")
    await server.adopted("ada", "code", git, public=True)
    await server.repository("ada", "toy")
    server.auth_of_ada = await server.auth(
        ada, "account", "repository:write", "repository:admin", "wiki", "project"
    )
    # What is made up to do harm is held against no contract; the answers to it are.
    server.client.beyond = frozenset({ANYTHING})
    server.untouched = snapshot(server, tmp_path)
    yield server
    assert snapshot(server, tmp_path) == server.untouched


def snapshot(server, root):
    """Every file that is not in the data directory, with its size and time."""
    data = server.settings.data_path
    files = [path for path in root.rglob("*") if data not in (path, *path.parents)]
    return {path: (path.lstat().st_size, path.lstat().st_mtime_ns) for path in files}
