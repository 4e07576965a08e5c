"""Git's credential helper asks to be let in, somebody allows it in the browser, and it gets a password of minutes."""

import asyncio
import json
import time

import pytest
from sqlalchemy import select, update
from support.browser import PASSWORD, Browser

from bitpail.model.audit import Filter, Kind
from bitpail.model.site_policy import SitePolicy
from bitpail.policy import secrets
from bitpail.services import app_passwords, audit, git_logins, site_policy, users
from bitpail.store.tables import app_password_secrets, metadata
from bitpail.store.tables import git_logins as rows

pytestmark = pytest.mark.anyio

BEGIN, FETCH = "/bitpail/1/git-login", "/bitpail/1/git-login/password"
PAGE, DECIDE = "/login/git", "/login/git/decide"
NOTES = "/2.0/repositories/ada/notes"
GIT = "/ada/notes.git/info/refs?service="


@pytest.fixture
async def ada(server):
    made = await server.user("ada", password=PASSWORD)
    await server.repository("ada", "notes")
    await server.repository("ada", "other")
    return made


@pytest.fixture
async def page(server, ada):
    browser = Browser(server.application)
    await browser.log_in("ada", PASSWORD)
    return browser


async def begin(server, repository="ada/notes", machine="laptop"):
    answer = await server.client.send_json("POST", BEGIN, {"repository": repository, "machine": machine})
    assert answer.status == 200, answer
    return answer.json()


async def fetch(server, begun):
    return await server.client.send_json("POST", FETCH, {"device_code": begun["device_code"]})


async def confirm(page, begun, **fields):
    """Type the code, then decide."""
    sent = {"user_code": begun["user_code"], "may": "write", "minutes": "15", "decision": "allow", **fields}
    asked = await page.submit(PAGE, PAGE, user_code=begun["user_code"])
    form = [*_token(asked.text), *sent.items()]
    return await page.ask("POST", DECIDE, fields=form)


def _token(text):
    from support.browser import Page

    return [(name, value) for name, value in Page(text).form(DECIDE).fields if name == "form_token"]


def error(answer, code, status=400):
    assert answer.status == status, answer
    assert answer.json()["error"] == code
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["error_description"]


async def test_it_waits_is_allowed_and_gets_a_password_for_one_repository(server, page):
    begun = await begin(server)
    assert begun["verification_uri"].endswith(PAGE)
    assert begun["user_code"] in begun["verification_uri_complete"]
    error(await fetch(server, begun), "authorization_pending")
    seen = await page.submit(PAGE, PAGE, user_code=begun["user_code"])
    for words in ("ada/notes", "laptop", "192.0.2.1", begun["user_code"]):
        assert words in seen.text

    done = await confirm(page, begun)

    assert done.headers["location"] == f"{PAGE}?done=allowed"
    answer = await fetch(server, begun)
    made = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert made["username"] == "ada"
    assert made["password"].startswith("bpn_")
    auth = ("ada", made["password"])
    assert (await server.client.get(f"{GIT}git-receive-pack", auth=auth)).status == 200
    assert (await server.client.get("/2.0/repositories/ada/other", auth=auth)).status == 403
    assert (await server.client.get("/2.0/user", auth=auth)).status == 403
    error(await fetch(server, begun), "expired_token")


async def test_whoever_allows_it_says_what_and_how_long(server, page):
    begun, began = await begin(server), time.time()
    await confirm(page, begun, may="read", minutes="60")

    made = (await fetch(server, begun)).json()

    auth = ("ada", made["password"])
    assert (await server.client.get(f"{GIT}git-upload-pack", auth=auth)).status == 200
    assert (await server.client.get(f"{GIT}git-receive-pack", auth=auth)).status == 403
    assert began + 3600 - 1 <= made["password_expiry_utc"] <= time.time() + 3600


async def test_refused_it_gets_nothing(server, page, ada):
    begun = await begin(server)
    done = await confirm(page, begun, decision="deny")

    assert done.headers["location"] == f"{PAGE}?done=denied"
    error(await fetch(server, begun), "access_denied")
    assert await app_passwords.of_user(server.site, ada) == []
    assert (await confirm_again(page, begun)).status == 422


async def confirm_again(page, begun):
    return await page.submit(PAGE, PAGE, user_code=begun["user_code"])


async def test_of_many_who_fetch_at_once_one_gets_it(server, page):
    begun = await begin(server)
    await confirm(page, begun)

    answers = await asyncio.gather(*(fetch(server, begun) for _ in range(6)))

    assert sorted(answer.status for answer in answers) == [200] + [400] * 5


async def test_nothing_lasting_is_made_and_nothing_secret_is_written(server, page, ada):
    begun = await begin(server)
    await confirm(page, begun)
    made = (await fetch(server, begun)).json()

    (one,) = await app_passwords.of_user(server.site, ada)
    assert one.label == git_logins.LABEL
    ends = await server.site.db.all(select(app_password_secrets.c.ends_on))
    assert [row[0] is not None for row in ends] == [True]
    (event,) = [one async for one in audit.every(server.site, Filter(kind=Kind.GIT_LOGIN_ALLOWED))]
    assert json.loads(event.detail)["repository"] == "ada/notes"
    for table in metadata.sorted_tables:
        for row in await server.site.db.all(select(*table.c)):
            assert begun["device_code"] not in repr(row)
            assert made["password"] not in repr(row)
    # The next one uses the same app password.
    again = await begin(server, "ada/other")
    await confirm(page, again)
    assert (await fetch(server, again)).status == 200
    assert len(await app_passwords.of_user(server.site, ada)) == 1
    await app_passwords.revoke(server.site, ada, git_logins.LABEL)
    assert (await server.client.get(NOTES, auth=("ada", made["password"]))).status == 401


async def test_a_code_in_the_address_is_filled_in_and_not_taken(server, page):
    begun = await begin(server)

    seen = await page.get(f"{PAGE}?user_code={begun['user_code']}")

    assert f'value="{begun["user_code"]}"' in seen.text
    assert "ada/notes" not in seen.text
    error(await fetch(server, begun), "authorization_pending")


async def test_somebody_elses_form_does_nothing(server, page):
    begun = await begin(server)
    sent = [("user_code", begun["user_code"]), ("decision", "allow"), ("may", "write"), ("minutes", "15")]

    forged = await page.ask("POST", DECIDE, fields=[*sent, ("form_token", "0" * 64)])

    assert forged.status == 403
    error(await fetch(server, begun), "authorization_pending")


async def test_nobody_allows_without_a_log_in(server, ada):
    begun = await begin(server)
    stranger = Browser(server.application)

    for method, path in (("GET", PAGE), ("POST", PAGE), ("POST", DECIDE)):
        answer = await stranger.ask(
            method, path, fields=[("user_code", begun["user_code"])] if method == "POST" else None
        )
        assert answer.status == 303
        assert answer.headers["location"].startswith("/login?")
    # A credential of git's or the API's is no log-in.
    auth = await server.auth(ada, "account:write", "repository:admin")
    answer = await server.client.request("POST", DECIDE, auth=auth, body=b"decision=allow")
    assert answer.status in {303, 403}
    error(await fetch(server, begun), "authorization_pending")


@pytest.mark.parametrize("repository", ["ada/nothing", "eve/secret"])
async def test_a_repository_that_they_do_not_see_is_not_there(server, page, repository):
    eve = await server.user("eve")
    await server.repository(eve.username, "secret")
    begun = await begin(server, repository)

    refused = await confirm(page, begun)

    assert refused.status == 422
    assert "No repository" in refused.text
    error(await fetch(server, begun), "authorization_pending")


@pytest.mark.parametrize(
    "fields", [{"minutes": "0"}, {"minutes": "600"}, {"minutes": "x"}, {"minutes": "-15"}, {"minutes": ""}]
)
async def test_no_other_times_are_taken(server, page, fields):
    begun = await begin(server)

    assert (await confirm(page, begun, **fields)).status == 422
    error(await fetch(server, begun), "authorization_pending")


async def test_after_ten_minutes_it_is_over(server, page):
    begun = await begin(server)
    await server.site.db.run(update(rows).values(expires_on=1))

    error(await fetch(server, begun), "expired_token")
    assert (await confirm_again(page, begun)).status == 422
    await git_logins.forget_old(server.site)
    assert await server.site.db.all(select(rows.c.digest)) == []


async def test_who_was_switched_off_meanwhile_lets_nobody_in(server, page):
    begun = await begin(server)
    await confirm(page, begun)
    await users.set_active(server.site, "ada", active=False)

    error(await fetch(server, begun), "access_denied")


async def test_a_policy_holds_for_it_too(server, page, ada):
    await site_policy.put(server.site, SitePolicy(places_required=True))
    begun = await begin(server)

    refused = await confirm(page, begun)

    assert refused.status == 422
    error(await fetch(server, begun), "authorization_pending")
    await site_policy.put(server.site, SitePolicy(longest_lifetime=3600))
    await confirm(page, begun)
    assert (await fetch(server, begun)).status == 200
    (one,) = await app_passwords.of_user(server.site, ada)
    assert one.expires_on is not None


@pytest.mark.parametrize("typed", ["", "BCDF", "BCDFGHJK", "aaaaaaaa", "x" * 5000, "\0", "BCDF-GHJK'; --"])
async def test_a_wrong_code_is_refused(server, page, typed):
    answer = await page.submit(PAGE, PAGE, user_code=typed)

    assert answer.status == 422
    assert "no git waits with this code" in answer.text.lower()


async def test_codes_are_not_guessed(server, page):
    server.application._site.throttle._free_tries = 3
    for number in range(4):
        answer = await page.submit(PAGE, PAGE, user_code=f"BCDFGHJ{'BCDFG'[number]}")

    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"x",
        b"\xff",
        b'{"repository": 7}',
        b'{"repository": "ada"}',
        b'{"repository": "ada/notes/x"}',
        b'{"repository": "../etc"}',
        b'{"repository": "ada/notes\\n"}',
        b'{"repository": "-x/notes"}',
        b'{"repository": "ada/notes", "more": 1}',
        b'{"repository": "ada/notes", "machine": "two\\nlines"}',
        b'{"repository": "ada/notes", "machine": "' + b"x" * 101 + b'"}',
        b"[" * 10_000,
    ],
    ids=range(15),
)
async def test_what_is_no_request_is_refused(server, ada, body):
    for path in (BEGIN, FETCH):
        error(await server.client.request("POST", path, body=body), "invalid_request")
    assert await server.site.db.all(select(rows.c.digest)) == []


async def test_other_methods_sizes_and_secrets(server, ada):
    error(await server.client.get(BEGIN), "invalid_request", 405)
    error(await server.client.request("POST", BEGIN, body=b"x" * 20_000), "invalid_request", 413)
    for code in ("", "x", "bp_" + "x" * 36, "\ud800", secrets.generate().reveal()):
        answer = await server.client.request("POST", FETCH, body=json.dumps({"device_code": code}).encode())
        assert answer.status == 400
        assert answer.json()["error"] in {"expired_token", "invalid_request"}


async def test_one_address_begins_so_many_and_no_more(server, ada):
    for _ in range(30):
        await begin(server)

    refused = await server.client.send_json("POST", BEGIN, {"repository": "ada/notes"})

    assert "try again" in error(refused, "slow_down", 429)
    assert len(await server.site.db.all(select(rows.c.digest))) == 30


async def test_what_a_machine_calls_itself_is_escaped(server, page):
    begun = await begin(server, machine="<script>alert(1)</script>")

    seen = await page.submit(PAGE, PAGE, user_code=begun["user_code"])

    assert "<script>alert" not in seen.text
    assert "&lt;script&gt;" in seen.text
