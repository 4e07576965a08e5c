"""Refresh tokens: one exchange each, and the end of all that came of one that is shown twice."""

import asyncio

import pytest
from support.oauth import CALLBACK, App, ended, refused

from bitpail.services import authentication, clock, oauth_consumers, oauth_tokens

pytestmark = pytest.mark.anyio


async def test_a_refresh_token_is_exchanged_for_new_ones(app, page):
    tokens = await app.tokens(page)

    answer = await app.refresh(tokens["refresh_token"])

    assert answer.status == 200
    renewed = answer.json()
    assert renewed["state"] == "refresh_token"
    assert renewed["scopes"] == tokens["scopes"]
    assert (
        len(
            {
                tokens["access_token"],
                tokens["refresh_token"],
                renewed["access_token"],
                renewed["refresh_token"],
            }
        )
        == 4
    )
    assert (await app.user(renewed["access_token"])).status == 200
    assert (await app.refresh(renewed["refresh_token"])).status == 200


async def test_a_refresh_token_that_is_shown_twice_ends_everything(server, app, page):
    stolen = await app.tokens(page)
    thief = (await app.refresh(stolen["refresh_token"])).json()

    owner = await app.refresh(stolen["refresh_token"])

    assert refused(owner) == "invalid_grant"
    assert await ended(server, thief["access_token"])
    assert await ended(server, stolen["access_token"])
    assert refused(await app.refresh(thief["refresh_token"])) == "invalid_grant"


async def test_of_two_refreshes_at_once_one_wins_and_loses_what_it_won(server, app, page):
    tokens = await app.tokens(page)

    answers = await asyncio.gather(*(app.refresh(tokens["refresh_token"]) for _ in range(8)))

    won = [answer.json() for answer in answers if answer.status == 200]
    assert len(won) <= 1
    for one in won:
        assert await ended(server, one["access_token"])


async def test_a_refreshed_token_can_be_narrower_and_never_wider(app, page):
    tokens = await app.tokens(page, scope="account")

    assert refused(await app.refresh(tokens["refresh_token"], scope="repository")) == "invalid_scope"
    narrower = (await app.refresh(tokens["refresh_token"], scope="email")).json()
    wide_again = (await app.refresh(narrower["refresh_token"])).json()

    assert narrower["scopes"] == "email"
    assert (await app.user(narrower["access_token"])).status == 403
    assert wide_again["scopes"] == "account"


async def test_a_refresh_token_is_one_apps(server, acme, grace, app, page):
    other = await App.registered(server, acme, grace, name="Other")
    tokens = await app.tokens(page)

    assert refused(await other.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert (await app.refresh(tokens["refresh_token"])).status == 200


async def test_tokens_die_after_two_hours_and_three_months(server, app, page, monkeypatch):
    tokens = await app.tokens(page)
    at = clock.now()
    monkeypatch.setattr(authentication, "now", lambda: at + 7201 * 1_000_000)
    late = await app.user(tokens["access_token"])
    assert (late.status, late.json()["error"]) == (
        401,
        {
            "message": "Token is invalid, expired, or not supported for this endpoint.",
            "detail": 'The OAuth access token "Deploy bot" has expired.',
        },
    )
    monkeypatch.setattr(oauth_tokens, "now", lambda: at + 89 * 24 * 3600 * 1_000_000)
    tokens = (await app.refresh(tokens["refresh_token"])).json()

    monkeypatch.setattr(oauth_tokens, "now", lambda: at + (89 + 91) * 24 * 3600 * 1_000_000)
    assert refused(await app.refresh(tokens["refresh_token"])) == "invalid_grant"


async def test_a_token_is_no_wider_than_its_app_is_now(server, app, page, grace):
    tokens = await app.tokens(page)
    wanted = oauth_consumers.Wanted(name="Deploy bot", callback_url=CALLBACK, permissions=("repository",))

    await oauth_consumers.change(server.site, app.consumer, wanted, by=grace)

    assert (await app.user(tokens["access_token"])).status == 403
    assert refused(await app.refresh(tokens["refresh_token"], scope="account")) == "invalid_scope"
