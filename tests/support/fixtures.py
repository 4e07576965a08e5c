"""Bitpail behind its front door, with an empty database, for the directories that test through it."""

import pytest
from support.repositories import Repository
from support.site import migrated, serving, settings_in


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    return migrated(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def settings(tmp_path, migrated_file):
    return settings_in(tmp_path / "data", migrated_file)


@pytest.fixture
async def server(anyio_backend, settings):
    async with serving(settings) as started:
        yield started


@pytest.fixture
async def ada(server):
    return await server.user("ada")


@pytest.fixture
def git(tmp_path):
    """A repository to be filled by git, and adopted."""
    return Repository(tmp_path / "made.git")
