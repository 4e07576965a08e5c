"""A database as full as wanted: users, app passwords, workspaces and repositories, in bulk.

Some of the app passwords are real; the others only fill the tables and indexes.
"""

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import asyncpg
from msgspec import Struct
from sqlalchemy import Integer, Table

from bitpail.model.credentials import CredentialKind
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
_EVERY_REPOSITORY = {"is_private": 1, "has_wiki": 1, "fork_policy": "allow_forks"}

_Row = dict[str, Any]
_Content = list[tuple[Table, Iterable[_Row]]]


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
    content: _Content = [
        (tables.users, map(_user, range(users))),
        (tables.emails, map(_email, range(users))),
        (tables.workspaces, map(_workspace, range(workspaces))),
        (tables.workspace_members, (_member(w, u) for w, u in sorted(memberships))),
        (tables.projects, map(_project, range(workspaces))),
        (tables.repositories, (_repository(n, n % workspaces) for n in range(repositories))),
        (tables.app_passwords, (_app_password(n, users) for n in range(app_passwords))),
        (tables.app_password_secrets, _secrets(app_passwords, real, keys.load(settings.data_path))),
    ]
    if settings.database:
        asyncio.run(_copy(settings.database, content))
    else:
        _insert(settings, content)
    return samples


def add_repositories(settings: Settings, workspace: str, project: str, count: int) -> None:
    """So many more, with names and languages to choose by, in a workspace (and project of it) that exists; SQLite."""

    def rows() -> Iterator[_Row]:
        for number in range(count):
            at = 1_600_000_000_000_000 + number * 7919 % count * 1_000_000
            name = f"{_WORDS[number * 7 % 19]}-{_WORDS[number // 19 % 19]}-{number}"
            yield {
                **_EVERY_REPOSITORY,
                "id": _id(_MORE + number),
                "workspace_id": workspace,
                "project_id": project,
                "slug": name,
                "name": name,
                "description": f"The {name} project",
                "language": _LANGUAGES[number % len(_LANGUAGES)],
                "size": number * 31 % 1000,
                "created_on": at,
                "updated_on": at + 1,
            }

    _insert(settings, [(tables.repositories, rows())])


def _id(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-{number * 0x9E3779B1 % 2**48:012x}"


def _user(number: int) -> _Row:
    name = f"user{number}"
    return {
        "id": _id(number),
        "username": name,
        "username_key": name,
        "display_name": name.title(),
        "nickname": name,
        "account_id": f"{number:024x}",
        "is_active": 1,
        "records_usage": 1,
    }


def _email(number: int) -> _Row:
    address = f"user{number}@example.org"
    return {
        "address_key": address,
        "address": address,
        "user_id": _id(number),
        "is_primary": 1,
        "is_confirmed": 1,
    }


def _workspace(number: int) -> _Row:
    return {"id": _id(number), "slug": f"team{number}", "name": f"Team {number}", "is_private": 1}


def _member(workspace: int, user: int) -> _Row:
    return {"workspace_id": _id(workspace), "user_id": _id(user), "role": "member", "repositories": 1}


def _project(number: int) -> _Row:
    return {
        "id": _id(number),
        "workspace_id": _id(number),
        "key": "PROJ",
        "name": "Project",
        "is_private": 1,
    }


def _repository(number: int, workspace: int) -> _Row:
    name = f"repository{number}"
    return {
        **_EVERY_REPOSITORY,
        "id": _id(number),
        "workspace_id": _id(workspace),
        "project_id": _id(workspace),
        "slug": name,
        "name": name,
    }


def _app_password(number: int, users: int) -> _Row:
    return {
        "id": _id(number),
        "user_id": _id(number % users),
        "label": f"label {number}",
        "scopes": _SCOPES,
        "created_on": number,
        "kind": CredentialKind.APP_PASSWORD.value,
    }


def _secrets(count: int, real: dict[int, Secret], site_keys: keys.Keys) -> Iterator[_Row]:
    key_number = site_keys.newest
    key = site_keys.app_passwords[key_number]
    for number in range(count):
        secret = real.get(number)
        if secret is None:
            lookup, digest = _lookup(number), number.to_bytes(32)
        else:
            lookup, digest = secrets.lookup_name(secret), secrets.digest(secret, key)
        yield {
            "lookup": lookup,
            "app_password_id": _id(number),
            "digest": digest,
            "key_number": key_number,
            "created_on": number,
        }


def _lookup(number: int) -> str:
    """Different for each number, and in no order; below a real one's length, so never the same."""
    rest = number * 7_368_787 % len(_ALPHABET) ** 4
    text = ""
    for _ in range(4):
        rest, digit = divmod(rest, len(_ALPHABET))
        text += _ALPHABET[digit]
    return text


def _whole(table: Table, rows: Iterable[_Row]) -> Iterator[tuple[Any, ...]]:
    """Rows with every column that the table has: one that is not named is null, or 0, or empty."""
    absent = {
        column.name: None if column.nullable else 0 if isinstance(column.type, Integer) else ""
        for column in table.columns
    }
    for row in rows:
        whole = absent | row
        if len(whole) > len(absent):
            raise KeyError(f"{table.name} has no {', '.join(row.keys() - absent)}")
        yield tuple(whole.values())


def _insert(settings: Settings, content: _Content) -> None:
    connection = sqlite3.connect(sqlite.path_of(settings), isolation_level=None)
    connection.execute("PRAGMA cache_size=-262144")
    connection.execute("BEGIN")
    for table, rows in content:
        names = table.columns.keys()
        marks = ", ".join("?" * len(names))
        connection.executemany(
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", _whole(table, rows)
        )
    connection.execute("COMMIT")
    # As a server that has run for a while: nothing waits in the write-ahead log.
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


async def _copy(url: str, content: _Content) -> None:
    connection = await asyncpg.connect(url)
    try:
        for table, rows in content:
            records, names = _whole(table, rows), table.columns.keys()
            await connection.copy_records_to_table(table.name, records=records, columns=names, timeout=600)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
