"""What benchmarks fill a database with, by the tables as they are now."""

import asyncio
import importlib
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bitpail.policy import secrets
from bitpail.services import keys
from bitpail.store import app_passwords, tables, workspaces
from bitpail.store.database import open_database

pytestmark = pytest.mark.anyio

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def population(monkeypatch):
    monkeypatch.syspath_prepend(_BENCHMARKS)
    return importlib.import_module("population")


async def test_a_database_is_filled_whatever_columns_its_tables_have(settings, population):
    keys.create(settings.data_path)

    # It has an event loop of its own.
    samples = await asyncio.to_thread(population.populate, settings, 40, 200)

    db = await open_database(settings)
    for table, size in ((tables.app_passwords, 40), (tables.repositories, 200), (tables.users, 4)):
        assert (await db.one(select(func.count()).select_from(table)))[0] == size
    assert len(samples) == 40
    found = await app_passwords.by_lookup(db, secrets.lookup_name(samples[7].secret))
    assert found.user.username == samples[7].username
    assert (await workspaces.by_slug(db, samples[7].workspace)).is_private
    await db.close()


def test_a_row_names_no_column_that_its_table_has_not(population):
    with pytest.raises(KeyError, match="users has no nickname_of_old"):
        list(population._whole(tables.users, [{"id": "1", "nickname_of_old": "x"}]))
