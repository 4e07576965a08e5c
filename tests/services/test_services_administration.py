"""Narrowing existing app passwords on the announced day; links that work once; who stays an administrator."""

import asyncio

import pytest

from bitpail.errors import Conflict, Invalid
from bitpail.model.audit import Filter, Kind
from bitpail.model.scopes import Scope
from bitpail.model.site_policy import SitePolicy
from bitpail.policy.secrets import Secret
from bitpail.services import administration, app_passwords, audit, one_time_links, site_policy, users
from bitpail.services.app_passwords import Wanted
from bitpail.services.clock import now
from bitpail.services.one_time_links import Spent
from bitpail.services.site import open_site

pytestmark = pytest.mark.anyio
DAY = 86_400_000_000
GOOD = Secret("a good password")


def link_of(path):
    return Secret(path.reveal().partition("?link=")[2])


@pytest.fixture
def later(monkeypatch):
    def move(span):
        at = now() + span
        for module in (site_policy, one_time_links):
            monkeypatch.setattr(module, "now", lambda: at)

    return move


async def make(server, ada, label, *permissions):
    made, secret = await app_passwords.create(server.site, ada, Wanted(label=label, permissions=permissions))
    return made, ("ada", secret.reveal())


async def events(server, kind):
    return [each async for each in audit.every(server.site, Filter(kind=kind))]


async def test_existing_ones_are_narrowed_on_the_day_and_not_before(server, ada, later):
    _, ci = await make(server, ada, "ci", "account", "wiki")
    _, docs = await make(server, ada, "docs", "wiki")
    policy = SitePolicy(forbidden=(Scope.WIKI,), existing_from=now() + 2 * DAY)
    await site_policy.put(server.site, policy)

    assert await site_policy.apply_due(server.site) == 0
    assert [each.becomes for each in await site_policy.breaches(server.site)] == [
        ["it loses wiki"],
        ["it ends"],
    ]
    assert (await app_passwords.labelled(server.site, ada, "ci")).scopes == (Scope.ACCOUNT, Scope.WIKI)
    later(3 * DAY)
    assert await site_policy.apply_due(server.site) == 2
    assert await site_policy.apply_due(server.site) == 0

    assert (await app_passwords.labelled(server.site, ada, "ci")).scopes == (Scope.ACCOUNT,)
    assert (await server.client.get("/2.0/user", auth=ci)).status == 200
    assert (await server.client.get("/2.0/user", auth=docs)).status == 401
    assert await site_policy.breaches(server.site) == []
    (one,) = await events(server, Kind.APP_PASSWORD_NARROWED)
    (ended,) = await events(server, Kind.APP_PASSWORD_REVOKED)
    assert (one.username, one.label) == ("ada", "ci")
    assert audit.shown(one)["detail"]["lost"] == ["it loses wiki"]
    assert ended.label == "docs"


async def test_two_workers_at_once_narrow_each_one_once(server, settings, ada, later):
    for number in range(5):
        await make(server, ada, f"ci {number}", "account", "wiki")
    policy = SitePolicy(forbidden=(Scope.WIKI,), existing_from=now() + 2 * DAY)
    await site_policy.put(server.site, policy)
    other = await open_site(settings)
    later(3 * DAY)

    counts = await asyncio.gather(site_policy.apply_due(server.site), site_policy.apply_due(other))
    await other.close()

    assert sum(counts) == 5
    assert len(await events(server, Kind.APP_PASSWORD_NARROWED)) == 5


async def test_the_day_is_announced_at_least_a_day_ahead_and_stays_what_it_was(server, later):
    soon = SitePolicy(places_required=True, existing_from=now() + DAY // 2)
    for moment in (soon.existing_from, 1, -1, 2**62):
        with pytest.raises(Invalid):
            await site_policy.put(server.site, SitePolicy(places_required=True, existing_from=moment))
    announced = SitePolicy(places_required=True, existing_from=now() + 2 * DAY)
    await site_policy.put(server.site, announced)
    later(3 * DAY)

    # The same again changes nothing; a stricter one needs a day of its own.
    await site_policy.put(server.site, announced)
    with pytest.raises(Invalid, match="at least a day from now, or never"):
        await site_policy.put(
            server.site,
            SitePolicy(places_required=True, networks=("10.0.0.0/8",), existing_from=announced.existing_from),
        )

    assert await site_policy.current(server.site) == announced


async def test_of_two_first_administrators_one_wins(server):
    path = await administration.set_up_path(server.site)

    made = await asyncio.gather(
        *(
            administration.create_first(
                server.site, link_of(path), name, email=f"{name}@example.org", display_name="", password=GOOD
            )
            for name in ("ada", "grace")
        ),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in made) == ["Spent", "User"]
    (only,) = await users.every(server.site)
    assert only.is_admin
    assert await administration.set_up_path(server.site) is None


async def test_a_set_up_link_ends_with_the_next_one_with_a_user_and_with_its_day(server, later):
    first = await administration.set_up_path(server.site)
    second = await administration.set_up_path(server.site)
    for wrong in (link_of(first), Secret(""), Secret("\0\udcff" * 50)):
        with pytest.raises(Spent):
            await administration.set_up_link_opened(server.site, wrong)
    await administration.set_up_link_opened(server.site, link_of(second))
    await server.user("ada")
    with pytest.raises(Spent):
        await administration.set_up_link_opened(server.site, link_of(second))
    with pytest.raises(Spent):
        await administration.create_first(
            server.site, link_of(second), "eve", email="eve@example.org", display_name="", password=GOOD
        )
    later(DAY + 1)
    with pytest.raises(Spent):
        await administration.set_up_link_opened(server.site, link_of(second))


async def test_a_link_sets_the_password_once_and_only_the_newest_does(server, ada, later):
    _, old = await administration.password_link(server.site, "ada")
    _, new = await administration.password_link(server.site, "ada")
    with pytest.raises(Spent):
        await administration.set_password(server.site, link_of(old.path), GOOD)
    with pytest.raises(Invalid):
        await administration.set_password(server.site, link_of(new.path), Secret("short"))
    assert (await administration.set_password(server.site, link_of(new.path), GOOD)).username == "ada"
    with pytest.raises(Spent):
        await administration.set_password(server.site, link_of(new.path), GOOD)
    with pytest.raises(Spent):
        await administration.set_up_link_opened(server.site, link_of(new.path))

    _, third = await administration.password_link(server.site, "ada")
    await users.set_active(server.site, "ada", active=False)
    with pytest.raises(Spent):
        await administration.set_password(server.site, link_of(third.path), GOOD)
    with pytest.raises(Conflict):
        await administration.password_link(server.site, "ada")


async def test_the_last_administrator_stays(server):
    for name in ("ada", "grace"):
        await users.create(server.site, name, email=f"{name}@example.org", is_admin=True)
    await users.set_admin(server.site, "ada", admin=False)

    for work in (
        users.set_active(server.site, "grace", active=False),
        users.set_admin(server.site, "grace", admin=False),
    ):
        with pytest.raises(Conflict, match="last administrator"):
            await work
    await users.set_admin(server.site, "ada", admin=True)
    both = await asyncio.gather(
        *(users.set_active(server.site, name, active=False) for name in ("ada", "grace")),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in both) == ["Conflict", "NoneType"]


async def test_search_finds_names_and_addresses_and_takes_signs_as_they_are(server):
    for name in ("ada", "grace", "g_h"):
        await server.user(name)

    async def found(text):
        return [one.username for one in (await administration.search(server.site, text, 1))[0]]

    assert await found("GRA") == ["grace"]
    assert await found("grace@example") == ["grace"]
    assert await found("_") == ["g_h"]
    assert await found("%") == []
    assert await found("\0") == []
    assert await found("") == ["ada", "g_h", "grace"]
