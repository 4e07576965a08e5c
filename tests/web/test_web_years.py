"""Which year it is, said in the browser by whom it may be."""

import pytest
from support.browser import PASSWORD, Browser

from bitpail.model.audit import Filter, Kind
from bitpail.model.credentials import Year
from bitpail.services import audit, users, workspaces, years

pytestmark = pytest.mark.anyio
ADMIN = "/admin/year"
TEAM = "/team/workspace/settings/year"


@pytest.fixture
async def team(server, ada):
    await users.set_admin(server.site, "ada", admin=True)
    return await server.workspace("team", ada)


@pytest.mark.parametrize("year", [*Year, None])
async def test_an_administrator_says_the_year_of_the_server(server, team, page, year):
    await years.put(server.site, Year.STRICT_2022 if year is not Year.STRICT_2022 else None)

    shown = await page.follow(await page.submit(f"{ADMIN}/", ADMIN, year=year or "server"))

    assert "Saved." in shown.text
    assert (await years.rules(server.site)).year is year
    assert f'value="{year or "server"}" checked' in shown.text
    told = audit.shown((await audit.newest(server.site, Filter(kind=Kind.YEAR_CHANGED)))[0])
    assert told["detail"] == {"year": year or "", "by": "ada"}


@pytest.mark.parametrize("year", [*Year, None])
async def test_an_owner_says_the_year_of_a_workspace(server, team, page, year):
    shown = await page.follow(await page.submit(f"{TEAM}/", TEAM, year=year or "server"))

    assert "Saved." in shown.text
    assert (await workspaces.named(server.site, "team")).year is year
    # The other things that are said of a workspace stay, and leave the year as it is.
    await page.submit("/team/workspace/settings/", name="The team")
    assert (await workspaces.named(server.site, "team")).year is year


@pytest.mark.parametrize("year", ["", "1999", "STRICT-2026", "tolerant ", "\0"])
@pytest.mark.parametrize("address", [ADMIN, TEAM])
async def test_what_is_no_year_is_refused_and_changes_nothing(server, team, page, address, year):
    answer = await page.submit(f"{address}/", address, year=year)

    assert answer.status == 422
    assert (await years.rules(server.site)).year is None
    assert (await workspaces.named(server.site, "team")).year is None


async def test_nobody_else_sees_or_says_it(server, team):
    member = await server.user("member", password=PASSWORD)
    await server.member(team, member, "collaborator", "admin")
    browser = Browser(server.application)
    await browser.log_in("member", PASSWORD)

    for address in (ADMIN, TEAM):
        assert (await browser.get(f"{address}/")).status == 403
        assert (await browser.ask("POST", address, fields={"year": "strict-2026"})).status == 403
    assert (await years.rules(server.site)).year is None
