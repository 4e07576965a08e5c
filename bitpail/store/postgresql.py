"""PostgreSQL by asyncpg: a pool, prepared statements, no reset query between two uses.

The reset query would be a round trip for each look-up; nothing here leaves a
session changed, so there is nothing to reset.
"""

# ruff: noqa: D102  # Connection and Database say what each method does

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, final

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from bitpail.errors import BitpailError, ConfigurationError, Conflict, Invalid, Unavailable
from bitpail.settings import Settings
from bitpail.store import tables
from bitpail.store.database import Connection, Database
from bitpail.store.statements import Row, Statements

PATIENCE = 60.0
"""Seconds that one statement may take."""
SCAN_PATIENCE = 600.0

_statements = Statements(PGDialect_asyncpg())  # type: ignore[no-untyped-call]
_REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.exceptions.ClientConfigurationError,
)
_OUT_OF_ORDER = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
)


async def open_database(settings: Settings) -> Database:
    """Connect; raises ConfigurationError unless the database is there and migrated."""
    with translated():
        pool = await asyncpg.create_pool(
            settings.database,
            min_size=1,
            max_size=settings.postgresql_pool,
            reset=_nothing,
            command_timeout=PATIENCE,
            server_settings={"application_name": "bitpail"},
        )
    database = PostgreSQLDatabase(pool)
    try:
        row = await database.one(tables.schema_revision)
        tables.check_revision(row[0] if row else None)
    except asyncpg.UndefinedTableError:
        pool.terminate()
        tables.check_revision(None)
    except BaseException:
        pool.terminate()
        raise
    return database


async def _nothing(_: object) -> None:
    """Leave the session as it is."""


@final
class PostgreSQLDatabase:
    """A pool of connections."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def one(self, statement: Executable, /, **parameters: Any) -> Row | None:
        with translated():
            return await _one(self._pool, statement, parameters)

    async def all(self, statement: Executable, /, **parameters: Any) -> list[Row]:
        with translated():
            return await _all(self._pool, statement, parameters, PATIENCE)

    async def run(self, statement: Executable, /, **parameters: Any) -> int:
        with translated():
            return await _run(self._pool, statement, parameters)

    async def scan(self, statement: Executable, /, **parameters: Any) -> list[Row]:
        with translated():
            return await _all(self._pool, statement, parameters, SCAN_PATIENCE)

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        return self._transaction()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        # The body's own errors pass untranslated: an OSError of its own is not the database's.
        with translated():
            connection = await self._pool.acquire()
        try:
            with translated():
                transaction = connection.transaction()
                await transaction.start()
            try:
                yield _Transaction(connection)
            except BaseException:
                with translated():
                    await transaction.rollback()
                raise
            with translated():
                await transaction.commit()
        finally:
            await self._pool.release(connection)

    async def ping(self) -> None:
        await self.one(tables.schema_revision)

    async def close(self) -> None:
        try:
            async with asyncio.timeout(5):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


@final
class _Transaction:
    """One connection of the pool, inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def one(self, statement: Executable, /, **parameters: Any) -> Row | None:
        with translated():
            return await _one(self._connection, statement, parameters)

    async def all(self, statement: Executable, /, **parameters: Any) -> list[Row]:
        with translated():
            return await _all(self._connection, statement, parameters, PATIENCE)

    async def run(self, statement: Executable, /, **parameters: Any) -> int:
        with translated():
            return await _run(self._connection, statement, parameters)


async def _one(connection: Any, statement: Executable, parameters: dict[str, Any]) -> Row | None:
    sql, arguments = _statements.get(statement)
    row = await connection.fetchrow(sql, *arguments(parameters))
    return None if row is None else tuple(row)


async def _all(
    connection: Any, statement: Executable, parameters: dict[str, Any], patience: float
) -> list[Row]:
    sql, arguments = _statements.get(statement)
    return [tuple(row) for row in await connection.fetch(sql, *arguments(parameters), timeout=patience)]


async def _run(connection: Any, statement: Executable, parameters: dict[str, Any]) -> int:
    sql, arguments = _statements.get(statement)
    # The status is a command and its count: "UPDATE 3", "INSERT 0 1".
    status: str = await connection.execute(sql, *arguments(parameters))
    return int(status.rpartition(" ")[2])


@contextmanager
def translated() -> Iterator[None]:
    """Turn what asyncpg raises into what it means."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise _meaning(error) or error from error


def _meaning(error: Exception) -> BitpailError | None:
    """What the error means; None for one that means a mistake of ours."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict("it exists already")
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return Conflict("it refers to something that is not there, or something refers to it")
    not_text = isinstance(error.__cause__, UnicodeEncodeError)  # asyncpg wraps it in a DataError
    if not_text or isinstance(error, asyncpg.CharacterNotInRepertoireError):
        return Invalid("the text holds a character that cannot be stored")
    if isinstance(error, _REFUSED):
        return ConfigurationError(f"settings: database: {error}")
    if isinstance(error, asyncpg.DataError):  # an InterfaceError too, but about an argument
        return None
    if isinstance(error, _OUT_OF_ORDER):
        return Unavailable(f"the database does not answer: {error}")
    return None
