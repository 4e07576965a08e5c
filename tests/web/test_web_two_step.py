import re
import time

import pyotp
import pytest
from support.browser import PASSWORD, Browser, Page

from bitpail.services import two_step

PATH = "/account/settings/two-step/"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Each code works once, so a test that needs several moves the clock."""
    two_step._wrong.clear()
    clock = [time.time()]
    monkeypatch.setattr(two_step.time, "time", lambda: clock[0])

    def later(seconds=120):
        clock[0] += seconds
        return clock[0]

    return later


async def switched_on(page, clock):
    """The secret and the recovery codes."""
    shown = await page.get(PATH)
    secret = Page(shown.text).values["typed"]
    code = pyotp.TOTP(secret).at(int(clock(0)))
    answer = await page.submit("", f"{PATH}on/", page=shown, code=code, password=PASSWORD)
    assert answer.status == 200, answer.text
    shown = answer.text.partition("<pre")[2].partition("</pre>")[0]
    return secret, re.findall(r"[a-z2-7]{4}(?:-[a-z2-7]{4}){3}", shown)


async def asked_for_a_code(server):
    browser = Browser(server.application)
    shown = await browser.log_in("ada", PASSWORD)
    assert shown.status == 200
    assert "bitpail_session" not in browser.cookies
    return browser, shown


@pytest.mark.anyio
async def test_logging_in_asks_for_a_code_once_it_is_on(server, page, clock):
    secret, codes = await switched_on(page, clock)
    assert len(set(codes)) == 10

    browser, shown = await asked_for_a_code(server)
    code = pyotp.TOTP(secret).at(int(clock()))
    answer = await browser.submit("", "/login/code", page=shown, code=f"{code[:3]} {code[3:]}")

    assert answer.status == 303
    assert (await browser.get("/account/settings/")).status == 200


@pytest.mark.anyio
async def test_a_code_works_once(server, page, clock):
    secret, _ = await switched_on(page, clock)
    code = pyotp.TOTP(secret).at(int(clock()))
    first, shown = await asked_for_a_code(server)
    assert (await first.submit("", "/login/code", page=shown, code=code)).status == 303

    second, shown = await asked_for_a_code(server)

    assert (await second.submit("", "/login/code", page=shown, code=code)).status == 401
    assert "bitpail_session" not in second.cookies


@pytest.mark.anyio
async def test_the_code_that_switched_it_on_does_not_log_in(server, page, clock):
    secret, _ = await switched_on(page, clock)
    browser, shown = await asked_for_a_code(server)

    answer = await browser.submit("", "/login/code", page=shown, code=pyotp.TOTP(secret).at(int(clock(0))))

    assert answer.status == 401


@pytest.mark.anyio
async def test_a_recovery_code_works_once_and_even_while_codes_are_guessed(server, page, clock):
    _, codes = await switched_on(page, clock)
    browser, shown = await asked_for_a_code(server)
    for guess in range(6):
        answer = await browser.submit("", "/login/code", page=shown, code=f"00000{guess}")
    assert "Too many wrong codes" in answer.text

    assert (await browser.submit("", "/login/code", page=shown, code=codes[0].upper())).status == 303
    again, shown = await asked_for_a_code(server)
    assert (await again.submit("", "/login/code", page=shown, code=codes[0])).status == 401
    assert "9 recovery codes left" in (await page.get(PATH)).text


@pytest.mark.anyio
async def test_guessing_codes_stops_even_a_right_one(server, page, clock):
    secret, _ = await switched_on(page, clock)
    browser, shown = await asked_for_a_code(server)
    for guess in range(5):
        await browser.submit("", "/login/code", page=shown, code=f"00000{guess}")

    answer = await browser.submit("", "/login/code", page=shown, code=pyotp.TOTP(secret).at(int(clock())))

    assert answer.status == 401


@pytest.mark.anyio
async def test_what_stands_for_the_password_is_of_no_use_elsewhere_forged_or_late(
    server, page, clock, monkeypatch
):
    from bitpail.services import sessions

    secret, _ = await switched_on(page, clock)
    browser, shown = await asked_for_a_code(server)
    ticket = dict(Page(shown.text).form("/login/code").fields)["ticket"]
    code = pyotp.TOTP(secret).at(int(clock()))
    other, others = await asked_for_a_code(server)

    answer = await other.submit("", "/login/code", page=others, ticket=ticket, code=code)
    assert "log in again" in answer.text
    for forged in (
        "",
        "1",
        ticket[:-1] + ("1" if ticket.endswith("0") else "0"),
        "9" + ticket,
        "99999999999999999999." + ticket,
    ):
        answer = await browser.submit("", "/login/code", page=shown, ticket=forged, code=code)
        assert answer.status == 401
    at = sessions.now()
    monkeypatch.setattr(sessions, "now", lambda: at + 301 * 1_000_000)
    assert (await browser.submit("", "/login/code", page=shown, code=code)).status == 401
    monkeypatch.setattr(sessions, "now", lambda: at)
    assert (await browser.submit("", "/login/code", page=shown, code=code)).status == 303


@pytest.mark.anyio
async def test_the_database_alone_does_not_hold_the_secret_or_a_recovery_code(settings, page, clock):
    secret, codes = await switched_on(page, clock)

    for file in settings.data_path.glob("bitpail.sqlite3*"):
        content = file.read_bytes()
        for text in (secret, *codes, *(code.replace("-", "") for code in codes)):
            assert text.encode() not in content


@pytest.mark.anyio
async def test_switching_on_wants_a_right_code_and_the_account_password(server, page, ada, clock):
    shown = await page.get(PATH)
    code = pyotp.TOTP(Page(shown.text).values["typed"]).at(int(clock(0)))

    for wrong in ({"code": "000000", "password": PASSWORD}, {"code": code, "password": "wrong"}):
        answer = await page.submit("", f"{PATH}on/", page=shown, **wrong)
        assert answer.status == 422
        assert Page(answer.text).values["typed"] == Page(shown.text).values["typed"]

    assert not await two_step.is_on(server.site, ada)


@pytest.mark.anyio
async def test_switching_off_and_new_codes_want_the_account_password(server, page, ada, clock):
    _, codes = await switched_on(page, clock)

    assert (await page.submit(PATH, f"{PATH}off/", password="wrong")).status == 422
    assert (await page.submit(PATH, f"{PATH}codes/", password="wrong")).status == 422
    renewed = await page.submit(PATH, f"{PATH}codes/", password=PASSWORD)
    assert codes[0] not in renewed.text
    browser, shown = await asked_for_a_code(server)
    assert (await browser.submit("", "/login/code", page=shown, code=codes[0])).status == 401
    assert (await page.submit(PATH, f"{PATH}off/", password=PASSWORD)).status == 303
    assert not await two_step.is_on(server.site, ada)
    assert (await Browser(server.application).log_in("ada", PASSWORD)).status == 303


@pytest.mark.anyio
async def test_an_app_password_needs_no_code(server, page, ada, clock):
    await switched_on(page, clock)

    assert (await server.client.get("/2.0/user", auth=await server.auth(ada, "account"))).status == 200
