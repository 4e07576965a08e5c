import asyncio

import msgspec
import pytest
from support.asgi import Client as AsgiClient
from support.site import serving

from bitpail.errors import Unavailable
from bitpail.model.access import Client
from bitpail.model.app_passwords import AppPasswordId
from bitpail.services import app_passwords, last_uses
from bitpail.services.last_uses import LastUses
from bitpail.services.write_behind import WriteBehind

pytestmark = pytest.mark.anyio

HERE = Client("192.0.2.1", "git/2.44")


class Writes:
    """Stands for the store: counts what is written, and fails when told to."""

    def __init__(self, monkeypatch):
        self.written = []
        self.away = False
        monkeypatch.setattr(last_uses.app_passwords, "touch", self.touch)

    async def touch(self, _db, uses):
        if self.away:
            raise Unavailable("the database does not answer")
        self.written.append({use.app_password_id: use for use in uses})


@pytest.fixture
def writes(monkeypatch, anyio_backend):
    return Writes(monkeypatch)


async def test_a_use_is_written_with_time_address_and_agent(server, ada):
    made, auth = await server.app_password(ada, "account")
    client = AsgiClient(server.application, peer="192.0.2.9")
    await client.get("/2.0/user", auth=auth, headers=[("user-agent", "git/2.44\x7f" + "x" * 500)])
    await server.application._site.last_uses.flush()

    (used,) = await app_passwords.of_user(server.site, ada)

    assert used.id == made.id
    assert used.last_used_on >= made.created_on
    assert used.last_used_address == "192.0.2.9"
    assert used.last_used_client.startswith("git/2.44")
    assert len(used.last_used_client) == 200


async def test_refused_credentials_are_no_use(server, ada):
    _, auth = await server.app_password(ada, "account")
    await server.client.get("/2.0/user", auth=("eve", auth[1]))
    await server.application._site.last_uses.flush()

    (unused,) = await app_passwords.of_user(server.site, ada)

    assert unused.last_used_on is None


def note(gathered, name, client):
    gathered.note(AppPasswordId(name), name, client)


async def test_many_uses_are_one_write(writes):
    gathered = LastUses(None, WriteBehind(3600))
    for number in range(1000):
        note(gathered, str(number % 3), HERE)
    assert not writes.written

    await gathered._behind.close()

    assert len(writes.written) == 1
    assert set(writes.written[0]) == {"0", "1", "2"}


async def test_nothing_is_written_when_nothing_was_used(writes):
    gathered = LastUses(None, WriteBehind(3600))
    await gathered.flush()
    await gathered._behind.close()

    assert not writes.written


async def test_uses_are_written_behind_and_the_writer_ends(writes):
    gathered = LastUses(None, WriteBehind(0))
    note(gathered, "a", HERE)
    async with asyncio.timeout(60):
        await gathered._behind._writer

    assert len(writes.written) == 1
    note(gathered, "b", HERE)
    async with asyncio.timeout(60):
        await gathered._behind._writer
    assert [set(written) for written in writes.written] == [{"a"}, {"b"}]


async def test_a_failing_database_loses_nothing(writes):
    gathered = LastUses(None, WriteBehind(3600))
    writes.away = True
    note(gathered, "a", HERE)
    note(gathered, "b", HERE)
    await gathered.flush()
    newer = msgspec.structs.replace(HERE, address="192.0.2.2")
    note(gathered, "b", newer)

    writes.away = False
    await gathered._behind.close()

    (written,) = writes.written
    assert set(written) == {"a", "b"}
    assert written["b"].address == "192.0.2.2"


async def test_memory_stays_bounded_while_the_database_is_away(writes):
    gathered = LastUses(None, WriteBehind(3600))
    for number in range(10_500):
        note(gathered, str(number), HERE)

    assert len(gathered._gathered) <= 10_001
    writes.away = True
    await gathered._behind.close()


async def test_a_stop_writes_the_rest(settings):
    async with serving(settings) as first:
        ada = await first.user("ada")
        _, auth = await first.app_password(ada, "account")
        await first.client.get("/2.0/user", auth=auth)

    async with serving(settings) as second:
        (used,) = await app_passwords.of_user(second.site, ada)
    assert used.last_used_on is not None
