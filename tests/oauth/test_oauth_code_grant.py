"""The authorization code grant: RFC 6749 section 4.1, with the attacks of RFC 9700 as stories."""

import asyncio

import pytest
from support.asgi import Client
from support.browser import PASSWORD, Browser
from support.oauth import (
    AUTHORIZE,
    CALLBACK,
    ISSUER,
    VERIFIER,
    App,
    challenge,
    ended,
    refused,
    told,
)

from bitpail.services import clock, oauth_consumers, oauth_tokens, users
from bitpail.store import oauth_grants

pytestmark = pytest.mark.anyio


async def test_an_app_logs_somebody_in(app, page, ada):
    found = await app.allowed(page)
    answer = await app.token("authorization_code", code=found["code"])

    assert found == {"code": found["code"], "state": "st4te", "iss": ISSUER}
    assert answer.status == 200
    tokens = answer.json()
    assert {name: tokens[name] for name in ("token_type", "expires_in", "state")} == {
        "token_type": "bearer", "expires_in": 7200, "state": "authorization_code",
    }  # fmt: skip
    assert tokens["scopes"] == tokens["scope"] == "account repository:write"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    me = await app.user(tokens["access_token"])
    assert (me.status, me.json()["uuid"]) == (200, f"{{{ada.id}}}")
    assert me.headers["x-oauth-scopes"] == "account, repository:write"


async def test_somebody_who_is_not_logged_in_logs_in_first_and_is_asked_then(server, app, ada):
    browser = Browser(server.application)
    address = app.address()

    to_log_in = await browser.get(address)
    form = await browser.follow(to_log_in)
    back = await browser.submit("/login", page=form, username="ada", password=PASSWORD)
    question = await browser.follow(back)

    assert to_log_in.headers["location"].startswith("/login?next=%2Fsite%2Foauth2%2Fauthorize")
    assert "May “Deploy bot” act for you?" in question.text
    assert "https://app.example.org" in form.headers["content-security-policy"]
    assert (await browser.submit(AUTHORIZE, page=question, decision="allow")).status == 303


async def test_the_question_says_in_plain_words_what_the_app_could_do(app, page):
    shown = (await page.get(app.address())).text

    for words in (
        "read all your repositories and push to them",
        "see your profile, your e-mail addresses",
        "the workspace <code>acme</code>",
        "https://app.example.org",
        "You are <strong>ada</strong>",
    ):
        assert words in shown
    assert "delete your repositories" not in shown


async def test_somebody_who_refuses_gives_nothing(server, app, page):
    question = await page.get(app.address())

    answer = told(await page.submit(AUTHORIZE, page=question, decision="deny"))

    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "st4te", ISSUER)
    assert "code" not in answer
    assert (await page.get(app.address())).status == 200


async def test_who_has_allowed_it_is_asked_again_for_more_alone(app, page):
    await app.allowed(page, scope="account")

    less = await page.get(app.address(scope="email"))
    same = await page.get(app.address(scope="account"))
    more = await page.get(app.address(scope="account repository"))

    assert [told(less)["state"], told(same)["state"]] == ["st4te", "st4te"]
    assert more.status == 200
    assert "read all your repositories, private ones too" in more.text


async def test_who_asks_for_the_head_alone_gets_no_code(server, app, page):
    await app.tokens(page)

    looked = await page.ask("HEAD", app.address())

    assert looked.status == 200
    assert "location" not in looked.headers
    assert (await page.get(app.address())).status == 303


async def test_a_public_app_asks_each_time(public, page):
    await public.allowed(page, **challenge())

    again = await page.get(public.address(**challenge()))

    assert again.status == 200
    assert "can't prove that it is the one it says" in again.text


async def test_a_public_app_logs_in_with_pkce_and_without_a_secret(server, public, page):
    found = await public.allowed(page, **challenge())

    answer = await public.token(
        "authorization_code", proved=False, client_id=public.key, code=found["code"], code_verifier=VERIFIER
    )

    assert answer.status == 200
    assert (await public.user(answer.json()["access_token"])).status == 200
    renewed = await public.token(
        "refresh_token", proved=False, client_id=public.key, refresh_token=answer.json()["refresh_token"]
    )
    assert renewed.status == 200


async def test_a_confidential_app_needs_its_secret_whatever_it_proves_by_pkce(app, page):
    found = await app.allowed(page, **challenge())

    bare = await app.token(
        "authorization_code", proved=False, client_id=app.key, code=found["code"], code_verifier=VERIFIER
    )

    assert refused(bare) == "unauthorized_client"
    assert bare.json()["error_description"] == "Invalid OAuth client credentials"


@pytest.mark.parametrize("way", ["basic", "form", "basic and its key in the form"])
async def test_an_app_proves_itself_by_header_or_in_the_form(app, page, way):
    code = (await app.allowed(page))["code"]
    in_form = {"form": {"client_id": app.key, "client_secret": app.secret}}.get(way, {})
    in_form = {"client_id": app.key} if "key" in way else in_form

    answer = await app.token("authorization_code", proved=way != "form", code=code, **in_form)

    assert answer.status == 200


# --- What is told to the person, and never to whom the request names ---------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": ""},
        {"client_id": "nobody"},
        {"client_id": "a\0b"},
        {"client_id": "é" * 3000},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "https://app.example.org@evil.example/callback"},
        {"redirect_uri": "https://app.example.org.evil.example/callback"},
        {"redirect_uri": "https://app.example.org/callback/../evil"},
        {"redirect_uri": "https://app.example.org/callback/%2e%2e/evil"},
        {"redirect_uri": "http://app.example.org/callback"},
        {"redirect_uri": "javascript:alert(1)//"},
        {"redirect_uri": "//evil.example"},
        {"redirect_uri": CALLBACK + "#x"},
        {"redirect_uri": CALLBACK + "?code=mine"},
        # It would have to come back as it was.
        {"redirect_uri": CALLBACK, "state": "x" * 4001},
    ],
)
async def test_nobody_is_sent_anywhere_by_a_request_that_can_not_be_answered(app, page, changed):
    answer = await page.get(app.address(**changed))

    assert answer.status == 400
    assert "location" not in answer.headers
    assert "evil" not in answer.text
    assert "request is wrong" in answer.text
    assert "form-action 'self';" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_a_request_that_names_two_addresses_or_apps_goes_to_none(app, page, name):
    answer = await page.get(f"{app.address(redirect_uri=CALLBACK)}&{name}=x")

    assert answer.status == 400
    assert "location" not in answer.headers


async def test_the_same_is_judged_anew_when_the_answer_comes(app, page):
    question = await page.get(app.address())

    changed = await page.submit(
        AUTHORIZE, page=question, decision="allow", redirect_uri="https://evil.example/"
    )

    assert changed.status == 400
    assert "location" not in changed.headers


async def test_another_site_can_not_press_the_button(server, app, page, ada):
    shown = await page.get(app.address())
    fields = [("response_type", "code"), ("client_id", app.key), ("decision", "allow")]

    without = await page.ask("POST", AUTHORIZE, fields=fields)
    foreign = await page.ask(
        "POST",
        AUTHORIZE,
        fields=fields,
        headers=[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
    )

    assert [without.status, foreign.status] == [403, 403]
    assert await oauth_grants.consent(server.site.db, ada.id, app.consumer.id) is None
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert (shown.headers["x-frame-options"], shown.headers["referrer-policy"]) == ("DENY", "no-referrer")


# --- What the app is told -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "nothing"}, "invalid_scope"),
        ({"scope": "bitpail:site:admin"}, "invalid_scope"),
        ({"scope": "wiki"}, "invalid_scope"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "x" * 43}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"scope": "account " * 600}, "invalid_request"),
    ],
)
async def test_the_app_is_told_what_is_wrong_with_its_request(app, page, changed, error):
    answer = told(await page.get(app.address(**changed)))

    assert (answer["error"], answer["state"], answer["iss"]) == (error, "st4te", ISSUER)
    assert answer["error_description"]


async def test_a_public_app_without_pkce_is_refused(public, page):
    answer = told(await page.get(public.address()))

    assert (answer["error"], "code_challenge is missing" in answer["error_description"]) == (
        "invalid_request",
        True,
    )


async def test_a_parameter_that_is_there_twice_is_refused(app, page):
    assert told(await page.get(f"{app.address()}&scope=account&scope=email"))["error"] == "invalid_request"


@pytest.mark.parametrize("state", ["", "a b&c=d#e", "é\0\r\nLocation: https://evil.example", "x" * 4000])
async def test_state_comes_back_as_it_was(app, page, state):
    answer = await app.allowed(page, state=state)

    assert answer.get("state", "") == state


async def test_the_answer_goes_to_the_address_of_the_request_and_keeps_its_query(app, page):
    wanted = f"{CALLBACK}/deep?tenant=7"
    question = await page.get(app.address(redirect_uri=wanted))

    answer = await page.submit(AUTHORIZE, page=question, decision="allow")

    assert answer.headers["location"].startswith(f"{wanted}&code=bpc_")


# --- A code is one app's, for once, for minutes -----------------------------------------------


async def test_a_code_that_is_shown_twice_ends_what_it_opened(server, app, page):
    code = (await app.allowed(page))["code"]
    first = (await app.token("authorization_code", code=code)).json()

    again = await app.token("authorization_code", code=code)

    assert refused(again) == "invalid_grant"
    assert await ended(server, first["access_token"])
    assert refused(await app.refresh(first["refresh_token"])) == "invalid_grant"


async def test_of_two_exchanges_at_once_one_wins_and_loses_what_it_won(server, app, page):
    code = (await app.allowed(page))["code"]

    answers = await asyncio.gather(*(app.token("authorization_code", code=code) for _ in range(8)))

    won = [answer for answer in answers if answer.status == 200]
    assert len(won) <= 1
    assert all(refused(answer) == "invalid_grant" for answer in answers if answer not in won)
    for answer in won:
        assert await ended(server, answer.json()["access_token"])


async def test_a_code_of_another_app_opens_nothing_and_is_not_spent(server, acme, grace, app, page):
    other = await App.registered(server, acme, grace, name="Other")
    code = (await app.allowed(page))["code"]

    stolen = await other.token("authorization_code", code=code)

    assert refused(stolen) == "invalid_grant"
    assert (await app.token("authorization_code", code=code)).status == 200


async def test_a_code_is_exchanged_with_the_address_that_it_was_sent_to(app, page):
    wanted = f"{CALLBACK}/deep"
    code = await page.submit(
        AUTHORIZE, page=await page.get(app.address(redirect_uri=wanted)), decision="allow"
    )
    code = told(code, wanted)["code"]

    for wrong in ({}, {"redirect_uri": CALLBACK}, {"redirect_uri": f"{wanted}/"}):
        assert refused(await app.token("authorization_code", code=code, **wrong)) == "invalid_grant"
    assert (await app.token("authorization_code", code=code, redirect_uri=wanted)).status == 200


async def test_without_an_address_in_the_request_there_is_none_or_the_registered_one(app, page):
    for more in ({}, {"redirect_uri": CALLBACK}):
        code = (await app.allowed(page))["code"]
        assert (await app.token("authorization_code", code=code, **more)).status == 200
    code = (await app.allowed(page))["code"]
    assert (
        refused(await app.token("authorization_code", code=code, redirect_uri=f"{CALLBACK}/x"))
        == "invalid_grant"
    )


@pytest.mark.parametrize("verifier", [None, "x" * 43, VERIFIER + "x"])
async def test_whoever_overheard_a_code_lacks_the_verifier(app, page, verifier):
    code = (await app.allowed(page, **challenge()))["code"]
    proof = {"code_verifier": verifier} if verifier else {}

    assert refused(await app.token("authorization_code", code=code, **proof)) == "invalid_grant"


async def test_a_challenge_can_not_be_taken_out_of_a_request_unseen(app, page):
    """RFC 9700, section 4.8.2: the app means to prove itself, so its verifier must fit nothing."""
    code = (await app.allowed(page))["code"]

    assert (
        refused(await app.token("authorization_code", code=code, code_verifier=VERIFIER)) == "invalid_grant"
    )


async def test_a_code_from_before_an_app_became_public_needs_its_secret_still(server, app, page, grace):
    """The attack: a code that was overheard, of an app whose secret proves nobody from now on."""
    code = (await app.allowed(page))["code"]
    wanted = oauth_consumers.Wanted(
        name="Deploy bot", callback_url=CALLBACK, permissions=("account", "repository:write"), is_public=True
    )
    await oauth_consumers.change(server.site, app.consumer, wanted, by=grace)

    overheard = await app.token("authorization_code", proved=False, client_id=app.key, code=code)

    assert refused(overheard) == "invalid_grant"
    assert (await app.token("authorization_code", code=code)).status == 200


async def test_a_code_dies_after_minutes(app, page, monkeypatch):
    code = (await app.allowed(page))["code"]
    later = clock.now() + 301 * 1_000_000
    monkeypatch.setattr(oauth_tokens, "now", lambda: later)

    assert refused(await app.token("authorization_code", code=code)) == "invalid_grant"


@pytest.mark.parametrize("code", ["x", "bpc_" + "0" * 36, "é", "bpc_\0", "x" * 8000])
async def test_a_made_up_code_is_refused(app, code):
    assert refused(await app.token("authorization_code", code=code)) == "invalid_grant"


async def test_a_refresh_token_is_no_code_and_an_access_token_no_refresh_token(app, page):
    tokens = await app.tokens(page)

    for wrong in (tokens["refresh_token"], tokens["access_token"]):
        assert refused(await app.token("authorization_code", code=wrong)) == "invalid_grant"
    assert refused(await app.refresh(tokens["access_token"])) == "invalid_grant"


async def test_a_person_who_was_switched_off_gives_no_tokens(server, app, page):
    code = (await app.allowed(page))["code"]
    await users.set_active(server.site, "ada", active=False)

    assert refused(await app.token("authorization_code", code=code)) == "invalid_grant"


# --- What is kept, and what is not -----------------------------------------------------------


async def test_no_secret_is_in_the_database(server, app, page):
    code = (await app.allowed(page))["code"]
    tokens = (await app.token("authorization_code", code=code)).json()
    await server.site.behind.flush()

    content = b"".join(path.read_bytes() for path in server.settings.data_path.glob("bitpail.sqlite3*"))

    for secret in (code, tokens["access_token"], tokens["refresh_token"], app.secret):
        assert secret.encode() not in content
        assert secret[9:].encode() not in content


async def test_an_unknown_app_and_a_wrong_secret_sound_alike(app):
    unknown = await app.token("client_credentials", proved=False, client_id="nobody", client_secret="x")
    wrong = await app.token("client_credentials", proved=False, client_id=app.key, client_secret="x")

    assert [unknown.status, unknown.json()] == [wrong.status, wrong.json()]
    assert refused(wrong) == "unauthorized_client"


async def test_who_guesses_secrets_is_slowed_down_and_a_right_one_let_through(server, app):
    mallory = Client(server.application, peer="198.51.100.66")
    assert (await app.token("client_credentials")).status == 200

    answers = [
        await mallory.send_form(
            "POST", "/site/oauth2/access_token",
            {"grant_type": "client_credentials", "client_id": app.key, "client_secret": f"guess {n}"},
        )
        for n in range(12)
    ]  # fmt: skip

    assert [answers[0].status, answers[-1].status] == [400, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
