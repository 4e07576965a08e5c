"""The device flow: RFC 8628."""

import asyncio

import pytest
from support.browser import PASSWORD, Browser
from support.oauth import DEVICE_GRANT, ISSUER, App, refused

from bitpail.services import clock, oauth_devices, oauth_tokens

pytestmark = pytest.mark.anyio
BEGIN = "/site/oauth2/device_authorization"
PAGE = "/login/device"


async def begun(app, **more):
    answer = await app.post(BEGIN, **more)
    assert answer.status == 200, answer
    return answer.json()


async def poll(app, device, **more):
    return await app.token(DEVICE_GRANT, device_code=device["device_code"], **more)


@pytest.fixture
def hours(monkeypatch):
    """Moves the clock of devices by seconds."""
    moved = [0]

    def now():
        return clock.now() + moved[0] * 1_000_000

    for module in (oauth_devices, oauth_tokens):
        monkeypatch.setattr(module, "now", now)

    def move(seconds):
        moved[0] += seconds

    return move


async def decided(page, device, decision, **more):
    shown = await page.submit(PAGE, user_code=device["user_code"], **more)
    assert shown.status == 200, shown
    return await page.submit(f"{PAGE}/decide", page=shown, decision=decision)


async def test_a_device_without_a_browser_logs_in(server, app, page, ada, hours):
    device = await begun(app, scope="account")
    waiting = await poll(app, device)
    hours(5)

    done = await page.follow(await decided(page, device, "allow"))
    answer = await poll(app, device)

    assert device["verification_uri"] == f"{ISSUER}{PAGE}"
    assert device["verification_uri_complete"] == f"{ISSUER}{PAGE}?user_code={device['user_code']}"
    assert (device["expires_in"], device["interval"]) == (600, 5)
    assert refused(waiting) == "authorization_pending"
    assert "You can go back to your device." in done.text
    assert (answer.status, answer.json()["state"], answer.json()["scopes"]) == (200, DEVICE_GRANT, "account")
    assert (await app.user(answer.json()["access_token"])).json()["uuid"] == f"{{{ada.id}}}"


async def test_a_device_that_names_no_scope_needs_no_form(server, app):
    answer = await server.client.request("POST", BEGIN, headers=[app.basic()])

    assert answer.status == 200


async def test_the_person_is_told_who_asks_for_what_and_to_look_at_the_device(app, page):
    device = await begun(app)

    shown = (await page.submit(PAGE, user_code=device["user_code"].lower().replace("-", " "))).text

    for words in (
        "May “Deploy bot” act for you?", device["user_code"], "the workspace <code>acme</code>",
        "read all your repositories and push to them", "Go on only if you see this code on a device of your own",
    ):  # fmt: skip
        assert words in shown


async def test_a_code_in_the_address_is_filled_in_and_not_taken(app, page):
    device = await begun(app)

    shown = await page.get(f"{PAGE}?user_code={device['user_code']}")

    assert f'value="{device["user_code"]}"' in shown.text
    assert "Deploy bot" not in shown.text
    assert refused(await poll(app, device)) == "authorization_pending"


async def test_what_is_no_code_is_not_put_into_the_page(page):
    assert (
        "script"
        not in (await page.get(f"{PAGE}?user_code=<script>alert(1)</script>")).text.partition("<main")[2]
    )


async def test_who_refuses_gives_nothing(app, page, hours):
    device = await begun(app)
    await decided(page, device, "deny")

    assert refused(await poll(app, device)) == "access_denied"


async def test_a_device_that_asks_too_often_is_told_to_wait_longer(app, hours):
    device = await begun(app)
    assert refused(await poll(app, device)) == "authorization_pending"

    assert refused(await poll(app, device)) == "slow_down"
    hours(6)
    assert refused(await poll(app, device)) == "slow_down"
    hours(16)
    assert refused(await poll(app, device)) == "authorization_pending"


async def test_a_code_dies_after_ten_minutes(app, page, hours):
    device = await begun(app)
    hours(601)

    late = await page.submit(PAGE, user_code=device["user_code"])

    assert late.status == 422
    assert refused(await poll(app, device)) == "expired_token"


async def test_a_device_code_is_used_once(app, page, hours):
    device = await begun(app)
    await decided(page, device, "allow")

    answers = await asyncio.gather(*(poll(app, device) for _ in range(4)))
    hours(30)
    again = await poll(app, device)

    assert sum(answer.status == 200 for answer in answers) == 1
    assert refused(again) == "invalid_grant"
    assert (await page.submit(PAGE, user_code=device["user_code"])).status == 422


async def test_a_device_code_is_one_apps(server, acme, grace, app, page):
    other = await App.registered(server, acme, grace, name="Other")
    device = await begun(app)
    await decided(page, device, "allow")

    assert refused(await poll(other, device)) == "invalid_grant"
    assert (await poll(app, device)).status == 200


@pytest.mark.parametrize("code", ["x", "bpd_" + "0" * 36, "é", "bpd_\0"])
async def test_a_made_up_device_code_is_refused(app, code):
    assert refused(await app.token(DEVICE_GRANT, device_code=code)) == "invalid_grant"


async def test_a_public_app_needs_no_secret_and_a_confidential_one_its_own(public, app, page):
    device = await begun(public, proved=False, client_id=public.key)
    await decided(page, device, "allow")

    assert (await poll(public, device, proved=False, client_id=public.key)).status == 200
    without = await app.post(BEGIN, proved=False, client_id=app.key)
    assert (without.status, without.json()["error"]) == (401, "invalid_client")


async def test_another_site_can_not_decide(app, page, hours):
    device = await begun(app)

    forged = await page.ask(
        "POST", f"{PAGE}/decide", fields=[("user_code", device["user_code"]), ("decision", "allow")]
    )

    assert forged.status == 403
    assert refused(await poll(app, device)) == "authorization_pending"


async def test_who_guesses_codes_is_slowed_down(server, app, page):
    device = await begun(app)

    answers = [await page.submit(PAGE, user_code=f"BCDFGH{a}{b}") for a in "BCD" for b in "BCDFG"]

    assert answers[0].status == 422
    assert answers[-1].status == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await page.submit(PAGE, user_code=device["user_code"])).status == 429


async def test_who_is_not_logged_in_logs_in_first(server, app, ada):
    device = await begun(app)
    browser = Browser(server.application)

    back = await browser.submit(
        "/login",
        page=await browser.follow(await browser.get(f"{PAGE}?user_code={device['user_code']}")),
        username="ada",
        password=PASSWORD,
    )

    assert device["user_code"] in (await browser.follow(back)).text


async def test_taking_an_app_off_ends_a_device_that_waits_still(server, app, page, ada):
    device = await begun(app)
    await decided(page, device, "allow")

    await page.submit(f"/account/settings/app-authorizations/{app.consumer.id}/revoke")

    assert refused(await poll(app, device)) == "invalid_grant"


async def test_who_proves_nothing_begins_so_many_devices_a_minute(public, app):
    for _ in range(30):
        await begun(public, proved=False, client_id=public.key)

    more = await public.post(BEGIN, proved=False, client_id=public.key)

    assert (more.status, more.json()["error"]) == (429, "temporarily_unavailable")
    assert more.headers["retry-after"] == "60"
    # An app with its secret may ask for many people from one address.
    await begun(app)
    await begun(public)
