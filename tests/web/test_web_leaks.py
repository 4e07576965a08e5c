"""The page on which anybody revokes an app password that they hold."""

import pytest
from support.browser import Browser, Page

from bitpail.policy.secrets import generate

pytestmark = pytest.mark.anyio


async def test_a_stranger_revokes_what_they_paste_and_the_answer_is_always_the_same(server, ada):
    leaked, other = await server.auth(ada, "account"), await server.auth(ada, "account")
    browser, answers = Browser(server.application), []

    for shown in (leaked[1], f" {leaked[1]}\t", generate().reveal(), "hunter2", "é\u2028", "x" * 1000):
        answer = await browser.submit("/leaks", secret=shown)
        answers.append((answer.status, answer.headers["location"], (await browser.follow(answer)).text))

    assert len(set(answers)) == 1
    assert "it is revoked now" in answers[0][2]
    assert leaked[1] not in answers[0][1] + answers[0][2]
    assert (await server.client.get("/2.0/user", auth=leaked)).status == 401
    assert (await server.client.get("/2.0/user", auth=other)).status == 200


async def test_the_page_and_the_address_for_scanners_count_together(server):
    browser = Browser(server.application)
    for _ in range(6):
        await browser.submit("/leaks", secret=generate().reveal())
    scanned = [
        (
            await server.client.send_json("POST", "/bitpail/1/leaks/revoke", {"secret": generate().reveal()})
        ).status
        for _ in range(5)
    ]

    late = await browser.submit("/leaks", secret=generate().reveal())

    assert scanned == [202] * 4 + [429]
    assert late.status == 429
    assert int(late.headers["retry-after"]) >= 1


async def test_nothing_is_not_reported_and_another_sites_form_is_not_heard(server, ada):
    _, secret = await server.auth(ada, "account")
    browser = Browser(server.application)

    empty = await browser.submit("/leaks", secret="  ")
    forged = await browser.ask("POST", "/leaks", fields={"secret": secret})

    assert (empty.status, forged.status) == (422, 403)
    assert secret not in forged.text
    assert (await server.client.get("/2.0/user", auth=("ada", secret))).status == 200


async def test_the_page_is_found_from_the_log_in_and_asks_the_browser_to_keep_nothing(server):
    browser = Browser(server.application)

    assert "/leaks" in Page((await browser.get("/login")).text).links
    text = (await browser.get("/leaks")).text
    assert 'autocomplete="off"' in text
    assert not Page(text).inline
