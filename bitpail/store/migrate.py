"""Bring a database to a revision, up or down. The only module that imports Alembic.

Everything happens in one transaction, behind a lock that a second process
waits for: to migrate twice at once is to migrate once.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from bitpail.errors import ConfigurationError, Unavailable
from bitpail.settings import Settings
from bitpail.store import postgresql, sqlite
from bitpail.store.tables import HEAD_REVISION

__all__ = ["HEAD_REVISION", "apply", "downgrade", "upgrade"]

_LOCK = 0x42697470  # "Bitp": the advisory lock's number, any that nobody else uses


def upgrade(settings: Settings, revision: str = "head") -> None:
    """Make the database, or bring it up to a revision. Not from inside an event loop."""
    apply(settings, lambda connection: command.upgrade(_config(connection), revision))


def downgrade(settings: Settings, revision: str) -> None:
    """Take the database back to a revision; "base" leaves nothing."""
    apply(settings, lambda connection: command.downgrade(_config(connection), revision))


def apply(settings: Settings, step: Callable[[Connection], None]) -> None:
    """Do something in the one transaction that nobody else may migrate beside."""
    try:
        if settings.database:
            asyncio.run(_on_postgresql(settings.database, step))
        else:
            _on_sqlite(settings, step)
    except DBAPIError as error:
        raise Unavailable(f"cannot migrate the database: {error.orig}") from error


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "bitpail.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def _on_postgresql(url: str, step: Callable[[Connection], None]) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    try:
        with postgresql.translated():
            async with engine.begin() as connection:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                await connection.run_sync(step)
    finally:
        await engine.dispose()


def _on_sqlite(settings: Settings, step: Callable[[Connection], None]) -> None:
    path = sqlite.path_of(settings)
    with _locked_directory(settings):
        # SQLite gives its -wal and -shm files the mode of the file itself.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        # Foreign keys off: a revision that rebuilds a table must not set off its cascades.
        engine = create_engine(
            "sqlite://",
            creator=lambda: sqlite.connect(
                path, "busy_timeout=60000", "journal_mode=WAL", "foreign_keys=OFF"
            ),
            poolclass=NullPool,
        )
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                step(connection)
                connection.commit()
        finally:
            engine.dispose()


@contextmanager
def _locked_directory(settings: Settings) -> Iterator[None]:
    """Only one process turns a new file into a database: the step to WAL does not wait its turn."""
    try:
        settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory = os.open(settings.data_path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ConfigurationError(f"cannot use {settings.data_path}: {error.strerror}") from None
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)
