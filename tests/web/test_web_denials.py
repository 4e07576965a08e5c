"""Refusals that explain themselves, as pages."""

import msgspec
import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.store import users as store

pytestmark = pytest.mark.anyio

DENIALS = "/account/settings/denials/"
NOTES = "/2.0/repositories/ada/notes"


async def refused(server, user, path=NOTES, *scopes):
    answer = await server.client.get(path, auth=await server.auth(user, *scopes))
    assert answer.status in {403, 404}
    await server.application._site.behind.flush()
    return answer.headers["x-request-id"]


async def test_ones_own_refusals_are_listed_and_explained_with_what_to_do(server, page, ada):
    await server.repository("ada", "notes")
    request = await refused(server, ada, NOTES, "wiki")

    listed = (await page.get(DENIALS)).text
    text = (await page.get(f"{DENIALS}{request}/")).text

    assert f"{DENIALS}{request}/" in Page(listed).links
    assert f"GET {NOTES}" in listed
    assert "this needs repository, it has wiki" in text
    form = next(link for link in Page(text).links if "/new?" in link)
    boxes = Page((await page.get(form)).text).boxes
    assert {name for name, box in boxes.items() if box["ticked"]} == {"repository", "wiki"}


async def test_anothers_refusal_is_not_there_except_for_administrators(server, page, ada):
    grace = await server.user("grace", password=PASSWORD)
    await server.repository("ada", "notes")
    request = await refused(server, grace, NOTES, "wiki")
    other = await page.get(f"{DENIALS}{request}/")
    missing = await page.get(f"{DENIALS}{'0' * 16}/")

    assert (other.status, missing.status) == (404, 404)
    assert other.text.replace(request, "0" * 16) == missing.text
    assert "Nothing was refused" in (await page.get(DENIALS)).text
    admin = msgspec.structs.replace(
        grace, id=f"{grace.id[:-4]}aaaa", username="root", account_id="root", is_admin=True
    )
    from bitpail.policy.secrets import Secret
    from bitpail.services import account_passwords

    digest = await account_passwords.hash_password(Secret(PASSWORD))
    async with server.site.db.transaction() as db:
        await store.create(db, admin, password_digest=digest, email="root@example.org", confirmed=True)
    chief = Browser(server.application)
    await chief.log_in("root", PASSWORD)
    assert "grace" in (await chief.get(f"{DENIALS}{request}/")).text


@pytest.mark.parametrize("request_id", ["x" * 3000, "%00", "%ff", "..%2f", "-1", "<b>", "bp_" + "a" * 36])
async def test_whatever_is_asked_for_is_answered_by_a_page(page, request_id):
    answer = await page.get(f"{DENIALS}{request_id}/")

    assert answer.status in {404, 422}
    assert "<b>" not in answer.text
    assert "a" * 36 not in answer.text


async def test_strangers_are_led_to_the_log_in(server):
    answer = await Browser(server.application).get(f"{DENIALS}0000/")

    assert answer.status == 303
    assert answer.headers["location"].startswith("/login?next=")


async def test_a_page_that_is_refused_is_explained_like_any_other_request(server, page, ada):
    answer = await page.get("/admin/users/")

    assert answer.status == 403
    text = (await page.get(f"{DENIALS}{answer.headers['x-request-id']}/")).text
    assert "GET /admin/users/" in text
    assert "/new?" not in text


async def test_a_browser_is_called_as_people_call_it(server, page, ada):
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    await page.ask("GET", "/nobody/", headers=[("user-agent", agent)])

    text = (await page.get(DENIALS)).text

    assert "with Firefox on Linux" in text
    assert "Mozilla" not in text
