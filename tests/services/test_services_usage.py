import pytest

from bitpail.model.access import Actor, Client, Need
from bitpail.model.scopes import Scope
from bitpail.model.usage import REST
from bitpail.policy.scopes import expand
from bitpail.services import usage, users
from bitpail.services.usage_counts import ROWS_OF_A_DAY, product

pytestmark = pytest.mark.anyio
READ = Need((frozenset({Scope.REPOSITORY}),))


@pytest.fixture
async def notes(server, ada):
    return await server.repository("ada", "notes")


async def counted(server, user, one):
    await server.application._site.behind.flush()
    return [
        (each.key.scope, each.repository, each.key.client, each.count)
        for each in await usage.of_app_password(server.site, user, one)
    ]


def actor(user, one, address="192.0.2.7", agent="git/2.47"):
    return Actor(user, one, expand(one.scopes), Client(address, agent))


async def test_each_granted_need_is_counted_by_scope_repository_and_client(server, ada, notes):
    one, auth = await server.app_password(ada, "pullrequest:write", "account")
    agent = [("user-agent", "curl/8.5.0")]

    for _ in range(2):
        await server.client.get("/2.0/repositories/ada/notes", auth=auth, headers=agent)
    await server.client.get("/2.0/user", auth=auth)
    await server.client.get("/2.0/users/" + f"%7B{ada.id}%7D", auth=auth)

    assert sorted(await counted(server, ada, one), key=str) == [
        ("", None, "", 1),
        ("account", None, "", 1),
        ("repository", "ada/notes", "curl", 2),
    ]


async def test_what_was_refused_was_not_needed(server, ada, notes):
    one, auth = await server.app_password(ada, "wiki")

    assert (await server.client.get("/2.0/repositories/ada/notes", auth=auth)).status == 403
    assert (await server.client.get("/2.0/repositories/ada/none", auth=auth)).status == 404

    assert await counted(server, ada, one) == []


async def test_whoever_switches_it_off_leaves_nothing_and_is_counted_no_more(server, ada, notes):
    one, auth = await server.app_password(ada, "repository")
    await server.client.get("/2.0/repositories/ada/notes", auth=auth)
    assert await counted(server, ada, one)
    await server.client.get("/2.0/repositories/ada/notes", auth=auth)

    await users.set_records_usage(server.site, ada, records=False)
    await server.client.get("/2.0/repositories/ada/notes", auth=auth)
    assert await counted(server, ada, one) == []

    await users.set_records_usage(server.site, ada, records=True)
    await server.client.get("/2.0/repositories/ada/notes", auth=auth)
    assert len(await counted(server, ada, one)) == 1


async def test_a_day_has_few_rows_whatever_the_addresses_and_nothing_is_lost(server, ada):
    one, _ = await server.app_password(ada, "repository")

    for number in range(3 * ROWS_OF_A_DAY):
        server.site.usage.note(actor(ada, one, f"192.0.2.{number}"), READ, f"repository {number}")
        server.site.usage.note(actor(ada, one, f"192.0.2.{number}"), READ, "always this")

    rows = await usage.of_app_password(server.site, ada, one)
    assert len(rows) <= 2 * ROWS_OF_A_DAY + 1
    assert sum(row.count for row in rows) == 6 * ROWS_OF_A_DAY
    assert any(row.key.address == row.key.repository_id == REST for row in rows)


async def test_a_database_that_is_away_costs_no_count(server, ada):
    one, _ = await server.app_password(ada, "repository")
    server.site.usage.note(actor(ada, one), READ)
    await server.site.usage.flush()
    site = server.site
    site.usage.note(actor(ada, one), READ)
    older = dict(site.usage._gathered)
    site.usage._gathered = {}
    site.usage.note(actor(ada, one), READ)

    site.usage._gathered = site.usage._merged(older, site.usage._gathered)

    assert [row.count for row in await usage.of_app_password(site, ada, one)] == [3]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("git/2.47.1 (Apple Git-145)", "git"),
        ("JGit/6.8", "JGit"),
        ("Jenkins job", "Jenkins"),
        ("", ""),
        (" \0\udcff/1", ""),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_client_is_known_by_the_name_of_its_product(agent, name):
    assert product(agent) == name
