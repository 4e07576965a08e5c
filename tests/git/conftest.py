from collections.abc import AsyncIterator

import pytest
from support import processes
from support.repositories import Repository

from bitpail.git.hooks import write_hooks
from bitpail.git.objects import Objects


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(autouse=True)
def _alone():
    """Servers and browsers of other tests may run in this worker: they are none of these tests' children."""
    processes.leave_out()


@pytest.fixture
async def objects(anyio_backend) -> AsyncIterator[Objects]:
    made = Objects()
    yield made
    await made.close()


@pytest.fixture
def hooks(tmp_path):
    write_hooks(tmp_path / "hooks")
    return tmp_path / "hooks"


@pytest.fixture
def client(tmp_path):
    return Repository(tmp_path / "client.git")


@pytest.fixture
def server(tmp_path):
    return Repository(tmp_path / "server.git")
