"""Every test of the store runs on both databases."""

import os
import shutil

import pytest
from support import postgresql as server

from bitpail.settings import Settings
from bitpail.store import migrate
from bitpail.store.database import open_database


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def postgresql():
    if server.find_programs() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(server.MISSING)
        pytest.skip(server.MISSING)
    with server.running() as running:
        yield running


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    settings = Settings(data=str(tmp_path_factory.mktemp("migrated")))
    migrate.upgrade(settings)
    return settings.data_path / "bitpail.sqlite3"


@pytest.fixture
def sqlite_settings(tmp_path, migrated_file):
    shutil.copy(migrated_file, tmp_path)
    return Settings(data=str(tmp_path), sqlite_synchronous="NORMAL")


@pytest.fixture
def postgresql_settings(tmp_path, postgresql):
    with postgresql.database() as url:
        yield Settings(data=str(tmp_path), database=url, postgresql_pool=3)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request):
    return request.getfixturevalue(f"{request.param}_settings")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_settings(request, tmp_path):
    """Of a database that was never migrated."""
    if request.param == "sqlite":
        yield Settings(data=str(tmp_path))
    else:
        with request.getfixturevalue("postgresql").database(migrated=False) as url:
            yield Settings(data=str(tmp_path), database=url)


@pytest.fixture
async def db(settings):
    database = await open_database(settings)
    yield database
    await database.close()
