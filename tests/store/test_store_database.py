import asyncio
import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
import time

import msgspec
import pytest
from support.rows import a_project, a_user, a_workspace

from bitpail.errors import ConfigurationError, Conflict, Invalid, Unavailable
from bitpail.settings import Settings
from bitpail.store import projects, sqlite, users, workspaces
from bitpail.store.database import open_database

pytestmark = pytest.mark.anyio


async def test_a_transaction_is_seen_inside_at_once_and_outside_when_it_ends(db):
    async with db.transaction() as inside:
        alice = await a_user(inside)
        assert await users.by_id(inside, alice.id) == alice
        assert await users.by_id(db, alice.id) is None

    assert await users.by_id(db, alice.id) == alice


async def test_an_exception_undoes_the_whole_transaction(db):
    async def write_and_fail():
        async with db.transaction() as inside:
            await a_user(inside, "alice")
            await a_user(inside, "Alice")

    with pytest.raises(Conflict):
        await write_and_fail()

    assert await users.every(db) == []
    await a_user(db, "bob")
    assert await users.count(db) == 1


async def test_cancelling_undoes_the_whole_transaction(db):
    written = asyncio.Event()

    async def write_and_wait():
        async with db.transaction() as inside:
            await a_user(inside, "alice")
            written.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write_and_wait())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await users.every(db) == []
    await a_user(db, "bob")
    assert await users.count(db) == 1


async def test_errors_of_the_body_pass_as_they_are(db):
    async def fail():
        async with db.transaction() as inside:
            await a_user(inside)
            raise OSError("of the body's own")

    with pytest.raises(OSError, match="of the body's own"):
        await fail()

    assert await users.every(db) == []


async def test_transactions_of_many_tasks_do_not_mix(db):
    async def one(number):
        async with db.transaction() as inside:
            await a_user(inside, f"user{number}")
            await asyncio.sleep(0)
            if number % 2:
                raise LookupError

    results = await asyncio.gather(*(one(number) for number in range(20)), return_exceptions=True)

    assert sum(isinstance(result, LookupError) for result in results) == 10
    assert {user.username for user in await users.every(db)} == {f"user{n}" for n in range(0, 20, 2)}


async def test_a_database_that_answers_is_told_from_one_that_is_closed(settings):
    database = await open_database(settings)
    await database.ping()
    await database.close()

    with pytest.raises((Unavailable, sqlite3.ProgrammingError)):
        await database.ping()


async def test_text_with_a_nul_is_refused_or_not_found(db):
    with contextlib.suppress(Invalid):
        assert await users.by_username(db, "a\0b") is None


_WRITER = """
import asyncio, sys, msgspec
from bitpail.settings import Settings
from bitpail.store.database import open_database
from support.rows import a_project
from bitpail.store import workspaces

async def main(data, database, name, number):
    db = await open_database(Settings(data=data, database=database, sqlite_synchronous="NORMAL"))
    workspace = await workspaces.by_slug(db, "team")
    for index in range(int(number)):
        async with db.transaction() as inside:
            # IDs are the process's own.
            await a_project(inside, workspace, f"{name}{index}", id=f"{name}{index}")
    await db.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_two_processes_that_write_at_once_lose_nothing(db, settings):
    team = await a_workspace(db)

    def start(name):
        paths = os.pathsep.join(sys.path)
        return subprocess.Popen(
            [sys.executable, "-c", _WRITER, settings.data, settings.database, name, "150"],
            env={**os.environ, "PYTHONPATH": paths},
        )

    writers = [start("A"), start("B")]
    index = 0
    while any(writer.poll() is None for writer in writers):
        await a_project(db, team, f"OWN{index}")
        index += 1
        await asyncio.sleep(0.01)

    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(await projects.of_workspace(db, team.id)) == 300 + index


async def test_the_loop_runs_on_while_another_process_holds_the_write_lock(sqlite_settings):
    db = await open_database(sqlite_settings)
    other = sqlite.connect(sqlite.path_of(sqlite_settings))
    other.execute("BEGIN IMMEDIATE")
    writes = [asyncio.create_task(a_user(db, "alice")), asyncio.create_task(_in_transaction(db, "bob"))]

    longest = 0.0
    for _ in range(30):
        before = time.perf_counter()
        await asyncio.sleep(0.01)
        longest = max(longest, time.perf_counter() - before)
        assert await users.every(db) == []

    assert not any(task.done() for task in writes)
    # SQLite itself would wait, and the loop with it: five seconds, unless it is told not to.
    assert longest < 4
    other.execute("ROLLBACK")
    await asyncio.gather(*writes)
    assert await users.count(db) == 2
    other.close()
    await db.close()


async def _in_transaction(db, name):
    async with db.transaction() as inside:
        await a_user(inside, name)


async def test_a_write_does_not_wait_for_ever():
    def busy():
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise error

    with pytest.raises(Unavailable):
        await sqlite.patiently(busy, patience=0.05)


async def test_a_task_that_would_wait_for_itself_is_told(sqlite_settings):
    db = await open_database(sqlite_settings)

    with pytest.raises(RuntimeError, match="use the transaction's connection"):
        async with db.transaction():
            await a_user(db)

    await a_user(db)
    await db.close()


async def test_reading_never_writes(sqlite_settings):
    db = await open_database(sqlite_settings)

    with pytest.raises(Unavailable):
        await db.one(workspaces._insert, **dict.fromkeys(workspaces._workspaces.c.keys(), 1))

    await db.close()


async def test_the_files_are_closed_to_others(sqlite_settings):
    db = await open_database(sqlite_settings)
    await a_user(db)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in sqlite_settings.data_path.iterdir()}

    assert modes == dict.fromkeys(("bitpail.sqlite3", "bitpail.sqlite3-wal", "bitpail.sqlite3-shm"), 0o600)
    await db.close()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "bitpail.sqlite3").write_bytes(b"not a database" * 1000)

    with pytest.raises(Unavailable):
        await open_database(Settings(data=str(tmp_path)))


async def test_a_server_that_is_not_there_is_unavailable(tmp_path):
    with pytest.raises(Unavailable):
        await open_database(Settings(database=f"postgresql://postgres@/x?host={tmp_path}"))


async def test_a_database_that_is_not_there_is_a_wrong_setting(postgresql_settings):
    url = postgresql_settings.database.replace("/test_", "/absent_")

    with pytest.raises(ConfigurationError, match="absent_"):
        await open_database(msgspec.structs.replace(postgresql_settings, database=url))


async def test_a_malformed_url_is_a_wrong_setting():
    with pytest.raises(ConfigurationError):
        await open_database(Settings(database="postgresql://postgres@/x?sslmode=maybe"))


async def test_postgresql_that_ends_the_session_is_unavailable_and_then_back(postgresql_settings, postgresql):
    db = await open_database(postgresql_settings)

    async def lose_the_server():
        async with db.transaction() as inside:
            await a_user(inside)
            postgresql.administer(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bitpail'"
            )
            await users.every(db)
            await a_user(inside, "bob")

    with pytest.raises(Unavailable):
        await lose_the_server()

    assert await users.every(db) == []
    await db.close()
