"""A CI's job trades its ID token for an app password of some minutes: RFC 8693, with the attacks on it."""

import asyncio
import json
import time
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select, update
from support.issuer import issuing
from support.site import serving, settings_in

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.audit import Filter, Kind
from bitpail.model.scopes import Scope
from bitpail.policy import trust_rules as policy
from bitpail.policy.secrets import Secret
from bitpail.services import advice, app_passwords, audit, leaks, trust_rules, users
from bitpail.services.app_passwords import Wanted
from bitpail.services.clock import now
from bitpail.services.trust_rules import WantedRule
from bitpail.store import trust_rules as store
from bitpail.store.tables import app_password_secrets, metadata, trust_uses
from bitpail.store.tables import app_passwords as app_password_rows

pytestmark = pytest.mark.anyio

TOKEN = "/bitpail/1/token"
NOTES = "/2.0/repositories/ada/notes"
GIT = "/ada/notes.git/info/refs?service="
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
FORM = [("content-type", "application/x-www-form-urlencoded")]


@pytest.fixture(scope="module")
def issuer():
    with issuing() as one:
        yield one


@pytest.fixture
async def server(anyio_backend, tmp_path, migrated_file, issuer):
    settings = settings_in(
        tmp_path / "data",
        migrated_file,
        private_issuers=(issuer.url,),
        public_url="https://git.example.org",
        free_guesses=1000,
    )
    async with serving(settings) as started:
        yield started


@pytest.fixture
async def ada(server):
    made = await server.user("ada")
    await server.repository("ada", "notes")
    await server.repository("ada", "other")
    return made


@pytest.fixture
async def rule(server, ada, issuer):
    return await make(server, ada, issuer)


async def make(server, user, issuer, label="ci", **more):
    wanted = {"permissions": ("repository:write",), "repositories": ("ada/notes",), "branches": ("bot/*",)}
    given = {name: more.pop(name) for name in list(more) if name in Wanted.__struct_fields__}
    more["lifetime"] = more.pop("lives", policy.DEFAULT_LIFETIME)
    claims = more.pop("claims", {"repository": "acme/site", "ref": "refs/heads/*"})
    return await trust_rules.create(
        server.site,
        user,
        WantedRule(
            app_password=Wanted(label=label, **{**wanted, **given}), issuer=issuer.url, claims=claims, **more
        ),
    )


async def exchange(server, token, **more):
    fields = {"grant_type": EXCHANGE, "subject_token_type": ID_TOKEN, "subject_token": token, **more}
    body = urlencode({name: value for name, value in fields.items() if value is not None}).encode()
    return await server.client.request("POST", TOKEN, headers=FORM, body=body)


def wrong(answer, code="invalid_request", status=400):
    assert answer.status == status, answer
    assert answer.json()["error"] == code
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["error_description"]


async def test_a_job_gets_a_secret_for_minutes_with_what_the_rule_gives(server, issuer, rule):
    answer = await exchange(server, issuer.token())

    assert answer.status == 200
    told = answer.json()
    secret = told.pop("access_token")
    assert 890 <= told.pop("expires_in") <= 900
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


async def test_it_ends_with_its_minutes(server, ada, issuer):
    rule = await make(server, ada, issuer, lives=60)
    secret = (await exchange(server, issuer.token())).json()["access_token"]

    await _age(server, rule, 61)

    answer = await server.client.get(NOTES, auth=("ada", secret))
    assert answer.status == 401
    assert 'app password \\"ci\\" has expired' in answer.text
    events = [one async for one in audit.every(server.site, Filter(kind=Kind.APP_PASSWORD_EXPIRED))]
    assert events == []


async def _age(server, rule, seconds):
    await server.site.db.run(
        update(app_password_secrets).values(ends_on=app_password_secrets.c.ends_on - seconds * 1_000_000)
    )


async def test_revoking_the_app_password_ends_what_was_handed_out_and_the_rule(server, ada, issuer, rule):
    secret = (await exchange(server, issuer.token())).json()["access_token"]

    await trust_rules.remove(server.site, ada, "ci")

    assert (await server.client.get(NOTES, auth=("ada", secret))).status == 401
    assert wrong(await exchange(server, issuer.token())) == "no trust rule fits this ID token"
    assert await trust_rules.of_user(server.site, ada) == []
    with pytest.raises(NotFound):
        await trust_rules.remove(server.site, ada, "ci")


async def test_nobody_gets_one_for_an_account_that_is_off_or_a_rule_that_has_ended(server, ada, issuer):
    await make(server, ada, issuer, "short")
    await make(server, ada, issuer, "over", claims={"repository": "acme/over"})
    await server.site.db.run(
        update(app_password_rows).where(app_password_rows.c.label == "over").values(expires_on=now() - 1)
    )
    assert "no trust rule" in wrong(await exchange(server, issuer.token(repository="acme/over")))
    await users.set_active(server.site, "ada", active=False)
    assert "no trust rule" in wrong(await exchange(server, issuer.token()))


async def test_a_secret_does_not_outlive_its_rule(server, ada, issuer):
    await make(server, ada, issuer)
    await server.site.db.run(update(app_password_rows).values(expires_on=now() + 120 * 1_000_000))

    assert (await exchange(server, issuer.token())).json()["expires_in"] <= 120


async def test_of_two_rules_that_fit_one_is_named(server, ada, issuer, rule):
    second = await make(
        server, ada, issuer, "second", permissions=("repository",), claims={"repository": "acme/*"}
    )

    assert "name one by rule=LABEL" in wrong(await exchange(server, issuer.token()))
    for name in ("second", second.rule.id):
        assert (await exchange(server, issuer.token(), rule=name)).json()["scope"] == "repository"
    assert (await exchange(server, issuer.token(), rule="ci")).json()["scope"] == "repository:write"


async def test_what_is_handed_out_is_written_down_and_no_token_is(server, ada, issuer, rule):
    token = issuer.token()
    secret = (await exchange(server, token)).json()["access_token"]
    await server.client.get(NOTES, auth=("ada", secret))
    await server.application._site.behind.flush()

    (use,) = await trust_rules.uses(server.site, rule.rule)
    assert (use.subject, use.address) == ("repo:acme/site:ref:refs/heads/main", "192.0.2.1")
    (event,) = [one async for one in audit.every(server.site, Filter(kind=Kind.TRUST_RULE_USED))]
    assert json.loads(event.detail)["subject"] == use.subject
    found = await trust_rules.labelled(server.site, ada, "ci")
    assert found.rule.last_used_on
    assert found.app_password.last_used_on
    assert (await leaks.live(server.site, Secret(secret))).app_password.id == rule.app_password.id
    for table in metadata.sorted_tables:
        for row in await server.site.db.all(select(*table.c)):
            assert token not in repr(row)
            assert token.split(".")[2] not in repr(row)
            assert secret not in repr(row)


async def test_secrets_that_ended_are_forgotten_and_the_exchanges_after_a_month(server, ada, issuer, rule):
    for _ in range(3):
        await exchange(server, issuer.token())
    await _age(server, rule, 3 * 86_400)
    await exchange(server, issuer.token())
    count = select(func.count()).select_from(app_password_secrets)
    assert (await server.site.db.one(count))[0] == 1

    month = 31 * 86_400 * 1_000_000
    await server.site.db.run(update(trust_uses).values(used_on=trust_uses.c.used_on - month))
    await trust_rules.forget_old(server.site)
    assert len(await store.uses_of(server.site.db, rule.rule.id, 10)) == 4
    await server.site.db.run(update(trust_uses).values(keep_until=trust_uses.c.keep_until - month))
    await trust_rules.forget_old(server.site)
    assert await store.uses_of(server.site.db, rule.rule.id, 10) == []


async def test_it_is_not_rotated_nor_shown_as_being_rotated(server, ada, issuer, rule):
    for _ in range(2):
        await exchange(server, issuer.token())

    assert await app_passwords.rotation(server.site, ada, "ci") is None
    with pytest.raises(Invalid, match="no lasting secret"):
        await app_passwords.rotate(server.site, ada, "ci", 3600)
    # Nor is it replaced by one that would have a lasting secret.
    with pytest.raises(Invalid, match="no lasting secret"):
        await advice.replace(server.site, ada, "ci", (Scope.REPOSITORY,), 3600)
    assert [one.label for one in await app_passwords.of_user(server.site, ada)] == ["ci"]
    with pytest.raises(NotFound):
        await app_passwords.finish_rotation(server.site, ada, "ci")


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


# Rules ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"issuer": "http://ci.example.org"}, "private_issuers"),
        ({"issuer": "nonsense"}, "not an issuer"),
        ({"claims": {}}, "whose jobs"),
        ({"claims": {"repository": "*"}}, "whose jobs"),
        ({"lives": 59}, "1 to 60 minutes"),
        ({"lives": 3601}, "1 to 60 minutes"),
        ({"audience": "a b"}, "audience"),
        ({"audience": '"; rm -rf /'}, "audience"),
        ({"permissions": ()}, "at least one permission"),
        ({"permissions": ("all",)}, "not a permission"),
        ({"label": ""}, "label"),
    ],
    ids=range(11),
)
async def test_what_is_wrong_with_a_rule_is_said_and_nothing_is_made(server, ada, issuer, more, words):
    class Elsewhere:
        url = more.pop("issuer", issuer.url)

    with pytest.raises(Invalid, match=words):
        await make(server, ada, Elsewhere, **more)
    assert await app_passwords.of_user(server.site, ada) == []


async def test_a_label_is_taken_once_and_there_are_so_many_rules(server, ada, issuer, rule, monkeypatch):
    with pytest.raises(Conflict):
        await make(server, ada, issuer)
    monkeypatch.setattr(trust_rules, "MOST_RULES", 1)
    with pytest.raises(Invalid, match="as many as possible"):
        await make(server, ada, issuer, "second")


async def test_a_token_is_tried_without_being_used_up(server, ada, issuer, rule):
    await make(server, ada, issuer, "tags", claims={"repository": "acme/site", "ref": "refs/tags/*"})
    token = issuer.token()

    tried = {one.label: one.misfit for one in await trust_rules.tried(server.site, ada, token)}

    assert tried["ci"] is None
    assert tried["tags"] == "its ref is 'refs/heads/main', not 'refs/tags/*'"
    assert (await exchange(server, token, rule="ci")).status == 200
    grace = await server.user("grace")
    assert await trust_rules.tried(server.site, grace, token) == []


async def test_by_our_own_api_no_credential_makes_a_rule_that_is_wider_than_itself(server, ada, issuer):
    manager = await server.auth(ada, "repository", "bitpail:app-password:write")
    body = {
        "label": "ci",
        "permissions": ["repository"],
        "issuer": issuer.url,
        "claims": {"repository": "acme/site"},
    }

    async def ask(method, path, body=None, auth=manager):
        if body is None:
            return await server.client.request(method, f"/bitpail/1{path}", auth=auth)
        return await server.client.send_json(method, f"/bitpail/1{path}", body, auth=auth)

    assert (await ask("POST", "/trust-rules", {**body, "permissions": ["repository:write"]})).status == 403
    made = await ask("POST", "/trust-rules", body)
    assert made.status == 201
    assert made.json()["lifetime"] == policy.DEFAULT_LIFETIME
    assert [one["label"] for one in (await ask("GET", "/trust-rules")).json()] == ["ci"]
    assert (await exchange(server, issuer.token())).status == 200
    (use,) = (await ask("GET", "/trust-rules/ci/uses")).json()
    assert use["subject"].startswith("repo:acme/site")
    assert (await ask("POST", "/id-tokens/try", {"token": issuer.token()})).json() == [
        {"label": "ci", "misfit": None}
    ]
    narrow = await server.auth(ada, "wiki", "bitpail:app-password:write")
    assert (await ask("GET", "/trust-rules", auth=narrow)).json() == []
    assert (await ask("DELETE", "/trust-rules/ci", auth=narrow)).status == 403
    assert (await ask("DELETE", "/trust-rules/ci")).status == 204
    assert (await ask("GET", "/trust-rules/ci/uses")).status == 404
    stranger = await server.auth(await server.user("grace"), "bitpail:app-password:write", "repository")
    assert (await ask("GET", "/trust-rules", auth=stranger)).json() == []
