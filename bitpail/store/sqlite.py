"""SQLite by the standard library's driver, in the event loop: a look-up takes microseconds there.

Nothing here sleeps in SQLite: a busy database is waited for asynchronously, and
what may take long runs in a thread with a connection of its own.
"""

# ruff: noqa: D102  # Connection and Database say what each method does

import asyncio
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar, final

from sqlalchemy import Executable
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from bitpail.errors import BitpailError, ConfigurationError, Conflict, Invalid, Unavailable
from bitpail.settings import Settings
from bitpail.store import tables
from bitpail.store.database import Connection, Database
from bitpail.store.statements import Row, Statements

FILE = "bitpail.sqlite3"
PATIENCE = 10.0
"""Seconds that a write waits for other processes' writes."""

_statements = Statements(SQLiteDialect_pysqlite(paramstyle="qmark"))
_T = TypeVar("_T")
_UNIQUE = frozenset(
    {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID}
)
_OUT_OF_ORDER = frozenset(
    {
        *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR),
        *(sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY),
        *(sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT),
    }
)


def path_of(settings: Settings) -> Path:
    """Where the database file lies."""
    return settings.data_path / FILE


def connect(path: Path, *pragmas: str) -> sqlite3.Connection:
    """A connection to an existing file, without implicit transactions; it may move between threads."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=0,
        check_same_thread=False, cached_statements=512,
    )  # fmt: skip
    # A method of C's own, not a function of ours around it: it is called for each row.
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    try:
        for pragma in ("foreign_keys=ON", "cache_size=-16384", *pragmas):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


async def open_database(settings: Settings) -> Database:
    """Open the file; raises ConfigurationError unless it is there and migrated."""
    path = path_of(settings)
    if not path.exists():
        raise ConfigurationError(f"there is no database at {path}: run 'bitpail migrate'")
    database = SQLiteDatabase(path, settings.sqlite_synchronous)
    try:
        row = await database.one(tables.schema_revision)
    except sqlite3.OperationalError:  # there is no such table
        row = None
    except BaseException:
        await database.close()
        raise
    try:
        tables.check_revision(row[0] if row else None)
    except ConfigurationError:
        await database.close()
        raise
    return database


@final
class SQLiteDatabase:
    """One connection that writes, one that reads, and a thread with a third for scans."""

    def __init__(self, path: Path, synchronous: str) -> None:
        with _translated():
            self._writer = connect(path, f"synchronous={synchronous}")
            self._reader = connect(path, "query_only=ON")
            self._scanner = connect(path, "query_only=ON")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-scan")
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None

    async def one(self, statement: Executable, /, **parameters: Any) -> Row | None:
        return await patiently(lambda: _one(self._reader, statement, parameters))

    async def all(self, statement: Executable, /, **parameters: Any) -> list[Row]:
        return await patiently(lambda: _all(self._reader, statement, parameters))

    async def run(self, statement: Executable, /, **parameters: Any) -> int:
        async with self._alone():
            return await patiently(lambda: _run(self._writer, statement, parameters))

    async def scan(self, statement: Executable, /, **parameters: Any) -> list[Row]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _scan, self._scanner, statement, parameters)

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        return self._transaction()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with self._alone():
            # IMMEDIATE: a transaction that first reads and then writes could not be waited out.
            await patiently(lambda: self._writer.execute("BEGIN IMMEDIATE"))
            try:
                yield _Transaction(self._writer)
                await patiently(lambda: self._writer.execute("COMMIT"))
            except BaseException:
                self._writer.rollback()
                raise

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        if self._owner is task:
            raise RuntimeError("this task is in a transaction: use the transaction's connection")
        async with self._lock:
            self._owner = task
            try:
                yield
            finally:
                self._owner = None

    async def ping(self) -> None:
        await self.one(tables.schema_revision)

    async def close(self) -> None:
        self._scanner.interrupt()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._scanner.close)
        self._thread.shutdown(wait=False)
        self._reader.close()
        self._writer.close()


@final
class _Transaction:
    """The writer's connection, inside a transaction: it sees what it has written."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def one(self, statement: Executable, /, **parameters: Any) -> Row | None:
        with _translated():
            return _one(self._connection, statement, parameters)

    async def all(self, statement: Executable, /, **parameters: Any) -> list[Row]:
        with _translated():
            return _all(self._connection, statement, parameters)

    async def run(self, statement: Executable, /, **parameters: Any) -> int:
        with _translated():
            return _run(self._connection, statement, parameters)


def _one(connection: sqlite3.Connection, statement: Executable, parameters: dict[str, Any]) -> Row | None:
    sql, arguments = _statements.get(statement)
    row: Row | None = connection.execute(sql, arguments(parameters)).fetchone()
    return row


def _all(connection: sqlite3.Connection, statement: Executable, parameters: dict[str, Any]) -> list[Row]:
    sql, arguments = _statements.get(statement)
    return connection.execute(sql, arguments(parameters)).fetchall()


def _run(connection: sqlite3.Connection, statement: Executable, parameters: dict[str, Any]) -> int:
    sql, arguments = _statements.get(statement)
    return connection.execute(sql, arguments(parameters)).rowcount


def _scan(connection: sqlite3.Connection, statement: Executable, parameters: dict[str, Any]) -> list[Row]:
    with _translated():
        return _all(connection, statement, parameters)


async def patiently(step: Callable[[], _T], patience: float = PATIENCE) -> _T:
    """Do it; while another process holds the lock, sleep in the loop and try again."""
    pause, end = 0.0005, 0.0
    while True:
        try:
            return step()
        except (sqlite3.Error, UnicodeEncodeError) as error:
            if not _is_busy(error):
                _raise(error)
        now = time.monotonic()
        end = end or now + patience
        if now > end:
            raise Unavailable("the database is busy")
        # Jitter: processes that wait in step would go on colliding.
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        pause = min(pause * 1.5, 0.05)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, UnicodeEncodeError) as error:
        _raise(error)


def _is_busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _raise(error: Exception) -> None:
    """Raise what the error means; one that means a mistake of ours stays as it is."""
    raise _meaning(error) or error


def _meaning(error: Exception) -> BitpailError | None:
    if isinstance(error, UnicodeEncodeError):
        return Invalid("the text cannot be encoded as UTF-8")
    code: int = getattr(error, "sqlite_errorcode", 0)
    if code in _UNIQUE:
        return Conflict("it exists already")
    if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return Conflict("it refers to something that is not there, or something refers to it")
    if code & 0xFF in _OUT_OF_ORDER or code & 0xFF == sqlite3.SQLITE_BUSY:
        return Unavailable(f"the database does not answer: {error}")
    return None
