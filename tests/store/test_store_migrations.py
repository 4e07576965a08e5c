import asyncio
import os
import stat
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bitpail.errors import ConfigurationError, Unavailable
from bitpail.settings import Settings
from bitpail.store import migrate, tables
from bitpail.store.database import open_database


def _open(settings):
    async def body():
        database = await open_database(settings)
        await database.ping()
        await database.close()

    asyncio.run(body())


def _differences(settings):
    found = []

    def compare(connection):
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found.extend(compare_metadata(context, tables.metadata))

    migrate.apply(settings, compare)
    return found


def test_the_constant_names_the_newest_revision():
    config = Config()
    config.set_main_option("script_location", "bitpail.store:migrations")
    config.set_main_option("path_separator", "os")

    assert ScriptDirectory.from_config(config).get_heads() == [tables.HEAD_REVISION]


def test_migrations_make_exactly_the_tables_that_are_described(settings):
    assert _differences(settings) == []


def test_migrations_go_up_down_and_up_again(empty_settings):
    migrate.upgrade(empty_settings)
    _open(empty_settings)
    migrate.downgrade(empty_settings, "base")
    left = _differences(empty_settings)
    assert {kind for kind, *_ in left} == {"add_table", "add_index"}
    with pytest.raises(ConfigurationError, match="run 'bitpail migrate'"):
        _open(empty_settings)

    migrate.upgrade(empty_settings)

    assert _differences(empty_settings) == []
    _open(empty_settings)


def test_to_migrate_again_changes_nothing(settings):
    migrate.upgrade(settings)

    _open(settings)


def test_a_database_that_was_never_migrated_is_refused(empty_settings):
    with pytest.raises(ConfigurationError, match="run 'bitpail migrate'"):
        _open(empty_settings)


def test_a_database_from_another_time_is_refused(settings):
    migrate.apply(
        settings,
        lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"),
    )

    with pytest.raises(ConfigurationError, match=r"'9999'.*run 'bitpail migrate'"):
        _open(settings)


def test_a_migration_that_fails_leaves_nothing(empty_settings):
    def half(connection):
        tables.metadata.create_all(connection)
        raise LookupError

    with pytest.raises(LookupError):
        migrate.apply(empty_settings, half)

    assert all(kind != "remove_table" for kind, *_ in _differences(empty_settings))
    migrate.upgrade(empty_settings)
    _open(empty_settings)


def test_processes_that_migrate_at_once_do_not_meet(empty_settings):
    code = (
        "import sys; from bitpail.settings import Settings; from bitpail.store import migrate;"
        "migrate.upgrade(Settings(data=sys.argv[1], database=sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, empty_settings.data, empty_settings.database]

    processes = [subprocess.Popen(command) for _ in range(3)]

    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    assert _differences(empty_settings) == []


def test_a_server_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(Unavailable):
        migrate.upgrade(Settings(database=f"postgresql://postgres@/x?host={tmp_path}"))


def test_a_file_that_is_no_database_is_not_migrated(tmp_path):
    (tmp_path / "bitpail.sqlite3").write_bytes(b"not a database" * 1000)

    with pytest.raises(Unavailable):
        migrate.upgrade(Settings(data=str(tmp_path)))


def test_a_new_file_is_closed_to_others_whatever_the_mask(tmp_path):
    settings = Settings(data=str(tmp_path / "data"))
    mask = os.umask(0)
    try:
        migrate.upgrade(settings)
    finally:
        os.umask(mask)

    assert stat.S_IMODE((settings.data_path / "bitpail.sqlite3").stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.data_path.stat().st_mode) == 0o700


def test_to_open_a_database_imports_neither_alembic_nor_the_other_driver(settings):
    code = (
        "import asyncio, sys; from bitpail.settings import Settings;"
        "from bitpail.store.database import open_database;"
        "f = lambda: asyncio.run(g());\n"
        "async def g(): await (await open_database(Settings(data=sys.argv[1], database=sys.argv[2]))).close()\n"
        "f(); print(*(m for m in ('alembic', 'asyncpg', 'sqlite3') if m in sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, settings.data, settings.database],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.split() == ["asyncpg" if settings.database else "sqlite3"]
