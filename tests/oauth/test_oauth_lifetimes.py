"""The longest lifetime of the administrators' policy, and apps: what is older opens and refreshes nothing, and says why."""

import itertools

import pytest
from support.browser import PASSWORD, Browser
from support.oauth import AUTHORIZE, JWT_GRANT, App, challenge, ended, refused, told
from test_oauth_devices import begun, decided, poll
from test_oauth_own_grants import signed

from bitpail.model.audit import Filter
from bitpail.model.site_policy import NO_POLICY, SitePolicy
from bitpail.services import (
    audit,
    authentication,
    clock,
    oauth_authorization,
    oauth_consumers,
    oauth_devices,
    oauth_tokens,
    site_policy,
    users,
    workspaces,
)

pytestmark = pytest.mark.anyio

_NUMBERS = (str(number) for number in itertools.count())
HOUR, DAY = 3600, 24 * 3600
MONTH = 30 * DAY
OF_PEOPLE = ("authorization_code", "device")
OWN = ("client_credentials", "jwt")
ASK = "what the person allowed is longer ago than the policy of this server lets an app act: ask them again"
NEW_SECRET = (
    "the secret of the app is older than the policy of this server lets it act for its owner: "
    "an owner of its workspace makes a new one"
)


@pytest.fixture
def later(monkeypatch):
    """Moves the clock of apps and of the policy by seconds."""
    moved = [0]

    def now():
        return clock.now() + moved[0] * 1_000_000

    modules = (authentication, oauth_authorization, oauth_consumers, oauth_devices, oauth_tokens, site_policy)
    for module in modules:
        monkeypatch.setattr(module, "now", now)

    def move(seconds):
        moved[0] += seconds

    return move


async def made(app, page, kind, later):
    """The answer with the first tokens of a grant."""
    if kind == "authorization_code":
        return await app.tokens(page)
    if kind == "device":
        device = await begun(app)
        later(5)
        await decided(page, device, "allow")
        return (await poll(app, device)).json()
    answer = await again(app, kind)
    assert answer.status == 200, answer
    return answer.json()


async def again(app, kind):
    if kind == "jwt":
        return await app.token(JWT_GRANT, proved=False, assertion=signed(app, jti=next(_NUMBERS)))
    return await app.token("client_credentials")


async def kept_alive(app, tokens, later, seconds):
    """The newest tokens after some time, in which the app has refreshed every half day; or the answer that refused."""
    while seconds > 0:
        step = min(seconds, DAY // 2)
        later(step)
        seconds -= step
        answer = await app.refresh(tokens["refresh_token"])
        if answer.status != 200:
            return answer
        tokens = answer.json()
    return tokens


def said(answer):
    assert refused(answer) == "invalid_grant"
    return answer.json()["error_description"]


def held(server, seconds, *, existing_in=None):
    existing_from = site_policy.now() + existing_in * 1_000_000 if existing_in else None
    return site_policy.put(server.site, SitePolicy(longest_lifetime=seconds, existing_from=existing_from))


@pytest.fixture
async def under_policy(server, acme, grace, later):
    """An app that was registered while a policy said 30 days."""
    await held(server, MONTH)
    return await App.registered(server, acme, grace)


@pytest.mark.parametrize("kind", [*OF_PEOPLE, *OWN])
async def test_it_is_refreshed_until_the_lifetime_is_over_and_no_longer(
    server, under_policy, page, later, kind
):
    tokens = await made(under_policy, page, kind, later)

    tokens = await kept_alive(under_policy, tokens, later, MONTH - HOUR)

    # Of the last hour no token says that it lasts two.
    assert HOUR - 120 <= tokens["expires_in"] <= HOUR
    assert (await under_policy.user(tokens["access_token"])).status == 200
    later(HOUR)
    assert await ended(server, tokens["access_token"])
    assert said(await under_policy.refresh(tokens["refresh_token"])) == (
        ASK if kind in OF_PEOPLE else NEW_SECRET
    )
    shown = await under_policy.post("/site/oauth2/introspect", token=tokens["access_token"])
    assert shown.json() == {"active": False}


@pytest.mark.parametrize("kind", OWN)
async def test_a_secret_that_is_too_old_acts_for_nobody_until_there_is_a_new_one(
    server, under_policy, page, later, grace, kind
):
    later(MONTH)
    assert said(await again(under_policy, kind)) == NEW_SECRET

    renewed, secret = await oauth_consumers.make_secret(server.site, under_policy.consumer, by=grace)

    app = App(server, renewed, secret.reveal())
    answer = await again(app, kind)
    assert answer.status == 200
    assert (await app.user(answer.json()["access_token"])).status == 200


async def test_the_secret_still_proves_the_app_to_whom_people_allow_something(
    server, under_policy, page, later
):
    later(MONTH + DAY)

    tokens = await under_policy.tokens(page)

    assert (await under_policy.user(tokens["access_token"])).status == 200
    assert (await under_policy.refresh(tokens["refresh_token"])).status == 200


@pytest.mark.parametrize("kind", [*OF_PEOPLE, *OWN])
@pytest.mark.parametrize(("existing_in", "ends_after"), [(None, None), (2 * DAY, 2 * DAY + MONTH)])
async def test_what_there_was_before_a_policy_goes_on_until_an_announced_day_and_a_lifetime_more(
    server, app, page, later, kind, existing_in, ends_after
):
    tokens = await made(app, page, kind, later)
    later(60)
    await held(server, MONTH, existing_in=existing_in)

    tokens = await kept_alive(app, tokens, later, 3 * DAY)
    count = await site_policy.apply_due(server.site)
    assert await site_policy.apply_due(server.site) == 0
    if ends_after is None:
        assert count == 0
        tokens = await kept_alive(app, tokens, later, 2 * MONTH)
        assert (await app.user(tokens["access_token"])).status == 200
        return
    # The secret of the app and, of a person's, what they have allowed.
    assert count == (2 if kind in OF_PEOPLE else 1)
    tokens = await kept_alive(app, tokens, later, ends_after - 3 * DAY - HOUR)
    assert (await app.user(tokens["access_token"])).status == 200
    later(HOUR + 60)
    assert await ended(server, tokens["access_token"])
    assert said(await app.refresh(tokens["refresh_token"])) == (ASK if kind in OF_PEOPLE else NEW_SECRET)


async def test_tokens_that_are_out_end_with_a_lifetime_that_is_shorter_than_theirs(server, app, page, later):
    tokens = await app.tokens(page)
    await held(server, 600, existing_in=DAY + 60)
    later(DAY)
    fresh = (await app.refresh(tokens["refresh_token"])).json()
    later(120)

    await site_policy.apply_due(server.site)

    assert (await app.user(fresh["access_token"])).status == 200
    later(600)
    assert await ended(server, fresh["access_token"])


async def test_a_policy_that_is_taken_back_gives_nothing_back(server, under_policy, page, later):
    tokens = await under_policy.tokens(page)
    await site_policy.put(server.site, NO_POLICY)

    answer = await kept_alive(under_policy, tokens, later, MONTH)

    assert said(answer) == ASK
    fresh = await under_policy.allowed(page)
    assert set(fresh) == {"code", "state", "iss"}


async def test_the_page_says_until_when_and_asks_again_after_that(server, under_policy, page, later):
    question = await page.get(under_policy.address())
    end = (site_policy.now() + MONTH * 1_000_000) // 1_000_000
    assert "By the policy of this server it can do so until" in question.text
    told(await page.submit(AUTHORIZE, page=question, decision="allow"))
    later(DAY)

    # Asked for the same, nobody is asked; and the time doesn't begin anew.
    code = told(await page.get(under_policy.address()))["code"]
    tokens = (await under_policy.token("authorization_code", code=code)).json()
    later(MONTH - DAY - 60)
    assert (await under_policy.refresh(tokens["refresh_token"])).json()["expires_in"] <= 60
    assert (site_policy.now() // 1_000_000) <= end
    later(60)
    asked = await page.get(under_policy.address())
    assert asked.status == 200
    tokens = await under_policy.tokens(page)
    assert tokens["expires_in"] == 2 * HOUR
    later(MONTH - HOUR)
    assert (await under_policy.refresh(tokens["refresh_token"])).status == 200


async def test_connected_apps_say_until_when(server, app, page, later):
    settings = "/account/settings/app-authorizations/"
    await app.tokens(page)
    await held(server, MONTH, existing_in=2 * DAY)
    before = await page.get(settings)
    later(2 * DAY + 60)

    await site_policy.apply_due(server.site)

    assert "at the latest, by the policy" not in before.text
    assert "at the latest, by the policy" in (await page.get(settings)).text


async def test_administrators_see_first_how_many_get_an_end(server, app, public, page):
    await users.set_admin(server.site, "ada", admin=True)
    await app.tokens(page)
    await app.tokens(page)
    await app.token("client_credentials")
    form = {"days": "30", "existing_from": "2050-01-01T00:00"}

    shown = await page.submit("/admin/policy/", "/admin/policy/preview", **form)
    without = await page.submit("/admin/policy/", "/admin/policy/preview", days="30", existing_from="")

    assert "2 permissions that people have given apps, and the secret of 1 app get an end" in shown.text
    assert "OAuth apps</h2>" not in without.text
    assert await site_policy.current(server.site) == NO_POLICY


async def test_a_code_that_waited_too_long_is_exchanged_for_nothing(server, app, page, later):
    await held(server, 120)
    code = (await app.allowed(page))["code"]
    later(121)

    assert said(await app.token("authorization_code", code=code)) == ASK


async def test_a_public_app_and_a_device_say_until_when_too(server, public, page, later):
    await held(server, MONTH)
    question = await page.get(public.address(**challenge()))
    device = await begun(public, proved=False, client_id=public.key)
    typed = await page.submit("/login/device", user_code=device["user_code"])

    for shown in (question, typed):
        assert "By the policy of this server it can do so until" in shown.text
        assert "it has to ask you again" in shown.text


async def test_without_a_longest_lifetime_no_page_names_an_end(server, app, page):
    await site_policy.put(server.site, SitePolicy(places_required=True, networks=("192.0.2.0/24",)))

    question = await page.get(app.address())

    assert question.status == 200
    assert "By the policy" not in question.text
    tokens = await app.tokens(page)
    assert tokens["expires_in"] == 2 * HOUR
    assert (await app.user(tokens["access_token"])).status == 200


async def test_owners_of_the_app_read_until_when_its_secret_acts(server, under_policy, grace):
    browser = Browser(server.application)
    await browser.log_in("grace", PASSWORD)
    page = f"/acme/workspace/settings/oauth-consumers/{under_policy.consumer.id}"

    shown = await browser.get(page)

    assert "the app can act by its secret alone until" in shown.text
    await site_policy.put(server.site, NO_POLICY)
    acme = await workspaces.named(server.site, "acme")
    consumer = await oauth_consumers.one(server.site, acme, under_policy.key)
    assert consumer.acts_until is not None
    await oauth_consumers.make_secret(server.site, consumer, by=grace)
    assert "by its secret alone" not in (await browser.get(page)).text


async def test_what_the_day_did_is_in_the_audit_log(server, app, page, later):
    await app.tokens(page)
    await held(server, MONTH, existing_in=2 * DAY)
    later(2 * DAY + 60)

    await site_policy.apply_due(server.site)

    (event,) = [one async for one in audit.every(server.site, Filter(kind="policy.applied_to_apps"))]
    assert '"allowed_by_people":1' in event.detail
    assert '"secrets":1' in event.detail
