"""The pages of brownouts: announced by administrators, seen by whoever has app passwords."""

import time
from datetime import UTC, datetime

import pytest

from bitpail.model.brownouts import Brownout
from bitpail.services import brownouts, users
from bitpail.services.clock import now

pytestmark = pytest.mark.anyio

OWN = "/account/settings/app-passwords/brownouts/"
ADMIN = "/admin/brownouts/"
HOUR = 3_600_000_000


@pytest.fixture
async def admin(server, page):
    await users.set_admin(server.site, "ada", admin=True)
    return page


# One for all moments: between two questions a minute may end.
NOW = time.time()


def at(hours):
    return f"{datetime.fromtimestamp(NOW + hours * 3600, UTC):%Y-%m-%dT%H:%M}"


def form(**more):
    return {"starts": at(24), "lasts": "15m", "every": "", "until": "", "note": "", **more}


async def announced(server):
    return await brownouts.upcoming(server.site)


async def test_a_window_is_announced_and_taken_back(server, admin):
    answer = await admin.submit(ADMIN, ADMIN, **form(note="rehearsal <b>"))
    done = await admin.get(answer.headers["location"])

    (window,) = await announced(server)
    assert (window.note, window.ends_on - window.starts_on) == ("rehearsal <b>", HOUR // 4)
    assert "Announced." in done.text
    assert "rehearsal &lt;b&gt;" in done.text
    taken = await admin.submit(ADMIN, f"{ADMIN}remove", starts_on=str(window.starts_on))
    assert "Taken back." in (await admin.get(taken.headers["location"])).text
    assert await announced(server) == []


async def test_a_series_is_announced(server, admin):
    await admin.submit(ADMIN, ADMIN, **form(every="6h", until=at(48)))

    assert len(await announced(server)) == 4


async def test_the_vendors_calendar_is_announced_folded_and_taken_back_at_once(server, admin):
    refused = await admin.submit(ADMIN, ADMIN, calendar="vendor", starts="2026-06-09T00:00")
    assert refused.status == 422
    assert "in the past" in refused.text
    assert refused.text.count('value="2026-06-09T00:00"') == 1

    await admin.submit(ADMIN, ADMIN, calendar="vendor", starts="2090-06-06T00:00")

    assert len(await announced(server)) == 196
    seen = (await admin.get(ADMIN)).text
    assert "192 more, until" in seen
    assert len(seen) < 150_000
    assert seen.count("Take back</button>") == 196
    assert "192 more, until" in (await admin.get(OWN)).text
    logged = (await admin.get("/admin/audit/?kind=brownouts.changed")).text
    assert "the export has all of it" in logged
    assert len(logged) < 30_000
    exported = (await admin.get("/admin/audit/export?kind=brownouts.changed")).text
    assert exported.count("vendor's week") == 196
    taken = await admin.submit(ADMIN, f"{ADMIN}remove", all="yes")
    assert "Taken back." in (await admin.get(taken.headers["location"])).text
    assert await announced(server) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"starts": ""}, "not a date and time"),
        ({"starts": "tomorrow"}, "not a date and time"),
        ({"starts": "2020-01-01T00:00"}, "in the past"),
        ({"lasts": "1s"}, "from one minute"),
        ({"lasts": "soon"}, "not a span of time"),
        ({"every": "6h"}, "not a date and time"),
        ({"every": "6h", "until": "2020-01-01T00:00"}, "ends after it has begun"),
        ({"note": "x" * 200}, "at most 100 characters"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_comes_back(server, admin, fields, words):
    refused = await admin.submit(ADMIN, ADMIN, **form(**{"note": "keep me", **fields}))

    assert refused.status == 422
    assert words in refused.text.lower()
    assert fields.get("note", "keep me") in refused.text
    assert await announced(server) == []


@pytest.mark.parametrize("starts", ["", "x", "-1", "1" * 30, "12"])
async def test_one_that_is_not_there_is_not_taken_back(server, admin, starts):
    await brownouts.add(server.site, [Brownout(now() + HOUR, now() + 2 * HOUR)])

    assert (await admin.submit(ADMIN, f"{ADMIN}remove", starts_on=starts)).status == 404
    assert len(await announced(server)) == 1


async def test_owners_see_when_and_what_would_break_and_every_page_warns_them(server, page, ada):
    auth = await server.auth(ada, "account")
    assert "switched off" not in (await page.get("/account/settings/")).text
    await server.client.get("/2.0/user", auth=auth, headers=[("user-agent", "<i>git</i>/2.47.1")])
    await server.application._site.behind.flush()
    await brownouts.add(server.site, [Brownout(now() + HOUR, now() + 2 * HOUR, "first")])

    seen = (await page.get(OWN)).text

    assert "first" in seen
    assert "number 1" in seen
    assert "&lt;i&gt;git&lt;" in seen
    assert "App passwords are switched off from" in (await page.get("/account/settings/")).text
    # Nothing to lose, nothing to warn of.
    grace = await server.user("grace", password="correct horse battery staple")
    other = type(page)(server.application)
    await other.log_in("grace", "correct horse battery staple")
    assert "switched off" not in (await other.get("/account/settings/")).text
    assert "number 1" not in (await other.get(OWN)).text
    assert grace.username == "grace"


async def test_administrators_see_whom_a_window_refused(server, admin, ada):
    auth = await server.auth(ada, "account")
    await brownouts.add(server.site, [Brownout(now() - HOUR, now() + HOUR)])
    assert (await server.client.get("/2.0/user", auth=auth, headers=[("user-agent", "curl/8")])).status == 401
    await server.application._site.behind.flush()

    seen = (await admin.get(ADMIN)).text

    assert "Refused until" in seen
    assert "curl" in seen
    assert "End now" in seen
    own = (await admin.get(OWN)).text
    assert "What broke on" in own
    assert "curl" in own
