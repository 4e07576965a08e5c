"""A database as full as wanted: users, app passwords, workspaces and repositories, in bulk.

Some of the app passwords are real; the others only fill the tables and indexes.
"""

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import asyncpg
from msgspec import Struct

from bitpail.policy import secrets
from bitpail.policy.secrets import Secret
from bitpail.services import keys
from bitpail.settings import Settings
from bitpail.store import sqlite, tables

_REAL = 500
_MORE = 1 << 30
_WORDS = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "omicron",
    "pi",
    "rho",
    "sigma",
    "tau",
]
_LANGUAGES = ["python", "java", "go", "rust", "javascript"]
_PER_USER = 10
_PER_WORKSPACE = 100
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SCOPES = "account repository repository:write"


class Sample(Struct, frozen=True):
    """Somebody who can sign in, and a repository that they may read."""

    username: str
    secret: Secret
    workspace: str
    slug: str


def populate(settings: Settings, app_passwords: int, repositories: int) -> list[Sample]:
    """Fill an empty database; the samples are spread evenly over it."""
    users = max(1, app_passwords // _PER_USER)
    workspaces = max(1, repositories // _PER_WORKSPACE)
    real = {
        number * app_passwords // min(_REAL, app_passwords): secrets.generate()
        for number in range(min(_REAL, app_passwords))
    }
    samples = []
    memberships = set()
    for count, (number, secret) in enumerate(real.items()):
        repository = count * repositories // len(real)
        user, workspace = number % users, repository % workspaces
        memberships.add((workspace, user))
        samples.append(Sample(f"user{user}", secret, f"team{workspace}", f"repository{repository}"))
    content: list[tuple[str, Iterable[Sequence[Any]]]] = [
        ("users", map(_user, range(users))),
        ("emails", ((f"user{n}@example.org", f"user{n}@example.org", _id(n), 1, 1) for n in range(users))),
        ("workspaces", ((_id(n), f"team{n}", f"Team {n}", None, 1, 1, 1, None) for n in range(workspaces))),
        ("workspace_members", ((_id(w), _id(u), "member", 1, 1) for w, u in sorted(memberships))),
        ("projects", ((_id(n), _id(n), "PROJ", "Project", "", 1, 1, 1) for n in range(workspaces))),
        ("repositories", (_repository(n, n % workspaces) for n in range(repositories))),
        ("app_passwords", (_app_password(n, users) for n in range(app_passwords))),
        ("app_password_secrets", _secrets(app_passwords, real, keys.load(settings.data_path))),
    ]
    if settings.database:
        asyncio.run(_copy(settings.database, content))
    else:
        _insert(settings, content)
    return samples


def add_repositories(settings: Settings, workspace: str, project: str, count: int) -> None:
    """So many more, with names and languages to choose by, in a workspace (and project of it) that exists; SQLite."""

    def rows() -> Iterator[Sequence[Any]]:
        for number in range(count):
            name = f"{_WORDS[number * 7 % 19]}-{_WORDS[number // 19 % 19]}-{number}"
            kept = (_id(_MORE + number), workspace, project, name, name, f"The {name} project", "")
            at = 1_600_000_000_000_000 + number * 7919 % count * 1_000_000
            language = _LANGUAGES[number % len(_LANGUAGES)]
            yield (*kept, language, 1, 1, 0, "allow_forks", number * 31 % 1000, None, at, at + 1)

    _insert(settings, [("repositories", rows())])


def _id(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-{number * 0x9E3779B1 % 2**48:012x}"


def _user(number: int) -> Sequence[Any]:
    name = f"user{number}"
    return (_id(number), name, name, name.title(), name, f"{number:024x}", None, 0, 1, 1, 1, None, None, 0)


def _repository(number: int, workspace: int) -> Sequence[Any]:
    name = f"repository{number}"
    kept = (_id(number), _id(workspace), _id(workspace), name, name, "", "", "")
    return (*kept, 1, 1, 0, "allow_forks", 0, None, 1, 1)


def _app_password(number: int, users: int) -> Sequence[Any]:
    kept = (_id(number), _id(number % users), f"label {number}", _SCOPES, "")
    return (*kept, number, None, None, None, None, None, "apppassword", None, None, None, None)


def _secrets(count: int, real: dict[int, Secret], site_keys: keys.Keys) -> Iterator[Sequence[Any]]:
    key_number = site_keys.newest
    key = site_keys.app_passwords[key_number]
    for number in range(count):
        secret = real.get(number)
        if secret is None:
            lookup, digest = _lookup(number), number.to_bytes(32)
        else:
            lookup, digest = secrets.lookup_name(secret), secrets.digest(secret, key)
        yield (lookup, _id(number), digest, key_number, number, None, None, None, None, None, 0)


def _lookup(number: int) -> str:
    """Different for each number, and in no order; below a real one's length, so never the same."""
    rest = number * 7_368_787 % len(_ALPHABET) ** 4
    text = ""
    for _ in range(4):
        rest, digit = divmod(rest, len(_ALPHABET))
        text += _ALPHABET[digit]
    return text


def _insert(settings: Settings, content: list[tuple[str, Iterable[Sequence[Any]]]]) -> None:
    connection = sqlite3.connect(sqlite.path_of(settings), isolation_level=None)
    connection.execute("PRAGMA cache_size=-262144")
    connection.execute("BEGIN")
    for table, rows in content:
        columns = [column.name for column in tables.metadata.tables[table].columns]
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
    connection.execute("COMMIT")
    # As a server that has run for a while: nothing waits in the write-ahead log.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def _copy(url: str, content: list[tuple[str, Iterable[Sequence[Any]]]]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for table, rows in content:
            columns = [column.name for column in tables.metadata.tables[table].columns]
            await connection.copy_records_to_table(table, records=rows, columns=columns, timeout=600)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
