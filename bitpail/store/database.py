"""What the rest of the store may ask of a database, whichever it is, and how one is opened.

Whatever differs between SQLite and PostgreSQL sits behind this: in ``sqlite``,
``postgresql`` and ``statements``. An open database belongs to its event loop.
"""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from sqlalchemy import Executable

from bitpail.settings import Settings
from bitpail.store.statements import Row


class Connection(Protocol):
    """Runs statements; rows come as plain tuples, in the order of the statement's columns.

    Raises Conflict where a unique or foreign key is broken, Unavailable where
    the database does not answer.
    """

    async def one(self, statement: Executable, /, **parameters: Any) -> Row | None:
        """The first row, or None."""

    async def all(self, statement: Executable, /, **parameters: Any) -> list[Row]:
        """All rows; for look-ups and short lists."""

    async def run(self, statement: Executable, /, **parameters: Any) -> int:
        """Write; the number of rows that it touched."""


class Database(Connection, Protocol):
    """Outside ``transaction`` each write is a transaction of its own, and ``one`` and ``all`` only read."""

    async def scan(self, statement: Executable, /, **parameters: Any) -> list[Row]:
        """All rows of a query that may take long; it does not hold up the event loop."""

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """All or nothing: rolled back on any exception, cancellation included.

        Inside it use the connection that it gives, not the database.
        """

    async def ping(self) -> None:
        """Raise Unavailable unless the database answers."""

    async def close(self) -> None:
        """Close every connection."""


async def open_database(settings: Settings) -> Database:
    """The database that the settings name.

    Raises ConfigurationError if its schema is not the newest, Unavailable if it does not answer.
    """
    # Each driver and its dialect cost some 50 ms to import: only the one in use is.
    if settings.database:
        from bitpail.store import postgresql  # noqa: PLC0415 - only the driver in use

        return await postgresql.open_database(settings)
    from bitpail.store import sqlite  # noqa: PLC0415 - only the driver in use

    return await sqlite.open_database(settings)
