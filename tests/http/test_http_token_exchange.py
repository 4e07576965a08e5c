"""A CI's job trades its ID token for an app password of some minutes: RFC 8693, with the attacks on it."""

import asyncio
import time
from urllib.parse import urlencode

import pytest
from support.issuer import issuing
from support.site import serving, settings_in
from support.token_exchange import (
    EXCHANGE,
    FORM,
    ID_TOKEN,
    NOTES,
    TOKEN,
    exchange,
    make,
    trusting,
    with_repositories,
    wrong,
)

pytestmark = pytest.mark.anyio

GIT = "/ada/notes.git/info/refs?service="


@pytest.fixture
def settings(tmp_path, migrated_file, issuer):
    return trusting(tmp_path / "data", migrated_file, issuer)


@pytest.fixture
async def ada(server):
    return await with_repositories(server)


async def test_a_job_gets_a_secret_for_minutes_with_what_the_rule_gives(server, issuer, rule):
    answer = await exchange(server, issuer.token())

    assert answer.status == 200
    told = answer.json()
    secret = told.pop("access_token")
    assert 840 <= told.pop("expires_in") <= 900
    assert told == {
        "issued_token_type": "urn:bitpail:token-type:app-password",
        "token_type": "N_A",
        "scope": "repository:write",
        "username": "ada",
    }
    assert answer.headers["cache-control"] == "no-store"
    auth = ("ada", secret)
    assert (await server.client.get(NOTES, auth=auth)).status == 200
    assert (await server.client.get(f"{GIT}git-receive-pack", auth=auth)).status == 200
    # The limits of the rule are those of each secret.
    assert (await server.client.get("/2.0/repositories/ada/other", auth=auth)).status == 403
    assert (await server.client.get("/2.0/user", auth=auth)).status == 403


@pytest.mark.parametrize("alg", ["ES256", "EdDSA"])
async def test_whichever_good_algorithm_the_issuer_signs_with(server, issuer, rule, alg):
    issuer.key(alg, alg)
    server.application._site.issuers._kept.clear()

    assert (await exchange(server, issuer.token(alg))).status == 200


async def test_a_scope_only_narrows(server, issuer, rule):
    answer = await exchange(server, issuer.token(), scope="repository")

    assert answer.json()["scope"] == "repository"
    auth = ("ada", answer.json()["access_token"])
    assert (await server.client.get(NOTES, auth=auth)).status == 200
    assert (await server.client.get(f"{GIT}git-receive-pack", auth=auth)).status == 403
    for scope in ("account", "everything", "repository:admin wiki"):
        wrong(await exchange(server, issuer.token(), scope=scope), "invalid_scope")
    wider = await exchange(server, issuer.token(), scope="repository:write account")
    assert wider.json()["scope"] == "repository:write"


async def test_a_token_is_taken_once(server, issuer, rule):
    token = issuer.token()
    assert (await exchange(server, token)).status == 200

    assert "exchanged before" in wrong(await exchange(server, token))
    # The same token in other clothes: a second signature of the same, the same number in a new one.
    assert "exchanged before" in wrong(await exchange(server, issuer.token(jti=f"token {issuer.number}")))


async def test_a_token_without_a_number_is_taken_once_too(server, issuer, rule):
    issuer.key("ec", "ES256")
    server.application._site.issuers._kept.clear()
    claims = issuer.claims(jti=None)
    first, again = (issuer.token("ec", **claims) for _ in range(2))
    assert first != again
    assert first.rpartition(".")[0] == again.rpartition(".")[0]

    assert (await exchange(server, first)).status == 200
    assert "exchanged before" in wrong(await exchange(server, again))


async def test_of_many_at_once_with_the_same_token_one_gets_a_secret(server, issuer, rule):
    token = issuer.token()

    answers = await asyncio.gather(*(exchange(server, token) for _ in range(8)))

    assert sorted(answer.status for answer in answers) == [200] + [400] * 7


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://another.example.org"},
        {"aud": None},
        {"repository": "acme/other"},
        {"repository": "acme/site-evil"},
        {"repository": None},
        {"ref": "refs/tags/v1"},
        {"ref": ["refs/heads/main"]},
    ],
    ids=range(7),
)
async def test_a_token_that_does_not_fit_learns_nothing_of_the_rule(server, issuer, rule, claims):
    assert wrong(await exchange(server, issuer.token(**claims))) == "no trust rule fits this ID token"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": -100},
        {"nbf": 1000},
        {"iat": 1000},
        {"exp": 90_000},
        {"exp": None},
        {"exp": "soon"},
    ],
    ids=range(6),
)
async def test_at_another_time_it_is_not_good(server, issuer, rule, claims):
    # Numbers are from when the test runs: much later than this file is read.
    claims = {name: int(time.time()) + far if isinstance(far, int) else far for name, far in claims.items()}

    assert "ID token" in wrong(await exchange(server, issuer.token(**claims)))


async def test_clocks_may_differ_by_a_minute(server, issuer, rule):
    at = int(time.time())

    assert (await exchange(server, issuer.token(exp=at - 30))).status == 200
    assert (await exchange(server, issuer.token(nbf=at + 50, iat=at + 50))).status == 200


async def test_forged_tokens_are_refused(server, issuer, rule):
    with issuing() as other:
        other.key("other")
        forged = [
            issuer.signed_with_public_key(),
            issuer.unsigned(),
            issuer.unsigned("HS256"),
            other.token("other", iss=issuer.url, header={"kid": "rsa"}),
            other.token("other", iss=issuer.url, header={"jku": f"{other.url}/keys"}),
            other.token("other"),
            issuer.token()[:-10] + "AAAAAAAAAA",
        ]
        for token in forged:
            wrong(await exchange(server, token))
        assert other.asked == []


async def test_an_issuer_that_no_rule_names_is_not_asked(server, rule):
    with issuing() as stranger:
        assert wrong(await exchange(server, stranger.token())) == "no trust rule fits this ID token"
        assert stranger.asked == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"actor_token": "x"}, "invalid_request"),
        ({"audience": "x"}, "invalid_request"),
        ({"resource": "https://git.example.org"}, "invalid_request"),
        ({"rule": "nothing"}, "invalid_request"),
        ({"rule": "\0"}, "invalid_request"),
    ],
    ids=range(10),
)
async def test_a_request_that_is_none_is_refused_in_the_words_of_oauth(server, issuer, rule, fields, code):
    wrong(await exchange(server, issuer.token(), **fields), code)


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "..", "é.é.é", "bp_" + "x" * 36, "\ud800", "x" * 20_000, ".".join(["e30"] * 3)],
    ids=range(9),
)
async def test_what_is_no_token_is_refused(server, rule, token):
    body = urlencode(
        {"grant_type": EXCHANGE, "subject_token_type": ID_TOKEN, "subject_token": token},
        errors="surrogatepass",
    ).encode()

    wrong(await server.client.request("POST", TOKEN, headers=FORM, body=body))


async def test_bodies_of_other_kinds_sizes_and_methods(server, issuer, rule):
    ask = server.client.request
    wrong(await ask("GET", TOKEN), status=405)
    wrong(await ask("PUT", TOKEN, headers=FORM, body=b"x"), status=405)
    wrong(await ask("POST", TOKEN, headers=[("content-type", "application/json")], body=b"{}"))
    wrong(await ask("POST", TOKEN, headers=FORM, body=b"\xff\xfe"))
    wrong(await ask("POST", TOKEN, headers=FORM, body=b"a=%ff"))
    wrong(await ask("POST", TOKEN, headers=FORM, body=b"&".join(b"a%d=" % n for n in range(100))))
    wrong(await ask("POST", TOKEN, headers=FORM, body=b"grant_type=a&grant_type=b"))
    wrong(await ask("POST", TOKEN, headers=FORM, body=b"x" * 70_000), status=413)
    token = issuer.token()
    split = f"grant_type={EXCHANGE}&subject_token_type={ID_TOKEN}&subject_token={token}".encode()
    assert (await ask("POST", TOKEN, headers=FORM, body=[split[:100], split[100:]])).status == 200


async def test_guessing_is_slowed_down(tmp_path, anyio_backend, migrated_file, issuer):
    settings = settings_in(tmp_path / "slow", migrated_file, private_issuers=(issuer.url,), free_guesses=3)
    async with serving(settings) as server:
        ada = await server.user("ada")
        await server.repository("ada", "notes")
        await make(server, ada, issuer, audience="https://git.example.org")
        for _ in range(3):
            wrong(await exchange(server, issuer.token(repository="acme/guess")))

        refused = await exchange(server, issuer.token(repository="acme/guess"))

        assert wrong(refused, "slow_down", 429)
        assert int(refused.headers["retry-after"]) >= 1


async def test_while_the_issuer_is_away_the_job_is_told_to_come_back(server, ada):
    with issuing() as away:
        server.application._site.issuers._private = frozenset({away.url})
        server.site.issuers._private = frozenset({away.url})
        await make(server, ada, away)
        away.answers["/keys"] = 500

        answer = await exchange(server, away.token())

    assert wrong(answer, "temporarily_unavailable", 503)
    assert answer.headers["retry-after"] == "60"
