"""Trust rules: what makes one, and how long what they hand out lasts. The exchange itself is in test_http_token_exchange."""

import json

import pytest
from sqlalchemy import func, select, update
from support.token_exchange import NOTES, exchange, make, trusting, with_repositories, wrong

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.audit import Filter, Kind
from bitpail.model.scopes import Scope
from bitpail.policy import trust_rules as policy
from bitpail.policy.secrets import Secret
from bitpail.services import advice, app_passwords, audit, leaks, trust_rules, users
from bitpail.services.clock import now
from bitpail.services.outbound import Unreachable
from bitpail.store import trust_rules as store
from bitpail.store.tables import app_password_secrets, metadata, trust_uses
from bitpail.store.tables import app_passwords as app_password_rows
from bitpail.store.tables import trust_rules as rows

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path, migrated_file, issuer):
    return trusting(tmp_path / "data", migrated_file, issuer)


@pytest.fixture
async def ada(server):
    return await with_repositories(server)


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

    assert "name one by rule=ID" in wrong(await exchange(server, issuer.token()))
    for name in ("second", second.rule.id):
        assert (await exchange(server, issuer.token(), rule=name)).json()["scope"] == "repository"
    assert (await exchange(server, issuer.token(), rule="ci")).json()["scope"] == "repository:write"


async def test_a_strangers_rule_for_the_same_jobs_takes_none_of_them_away(server, ada, issuer, rule):
    """The attack: Mallory trusts Ada's jobs too, under the same label, so that theirs are refused as ambiguous."""
    mallory = await server.user("mallory")
    theirs = await make(server, mallory, issuer, rule.app_password.label, repositories=(), branches=())

    for named in ("", rule.app_password.label):
        answer = await exchange(server, issuer.token(), **({"rule": named} if named else {}))
        assert "more than one" in wrong(answer)
    answers = [await exchange(server, issuer.token(), rule=one.rule.id) for one in (rule, theirs)]
    assert [answer.json()["username"] for answer in answers] == ["ada", "mallory"]


async def test_however_many_rules_of_others_there_are_one_that_is_named_is_found(
    server, ada, issuer, rule, monkeypatch
):
    mallory = await server.user("mallory")
    older = await make(server, mallory, issuer, "older", repositories=(), branches=())
    await server.site.db.run(update(rows).where(rows.c.id == older.rule.id).values(created_on=1))
    monkeypatch.setattr(trust_rules, "_MOST_OF_ISSUER", 1)

    for named in (rule.rule.id, rule.app_password.label):
        answer = await exchange(server, issuer.token(), rule=named)
        assert answer.json()["username"] == "ada"
    for named in ("x", "\0", "' or ''='", older.rule.id + " "):
        assert "no trust rule fits" in wrong(await exchange(server, issuer.token(), rule=named))


async def test_a_subject_that_would_steer_a_terminal_is_kept_without_it(server, ada, issuer, rule):
    """The attack: the name of a branch or an environment stands in ``sub``, and the owner lists the uses."""
    answer = await exchange(server, issuer.token(sub="repo:acme/site:\x1b[2J\n\u202e\0"))

    assert answer.status == 200
    (use,) = await trust_rules.uses(server.site, rule.rule)
    assert use.subject == "repo:acme/site:?[2J???"


async def test_an_issuer_that_hangs_holds_up_its_own_user_alone(server, ada, issuer, rule, monkeypatch):
    seen = []

    async def verify(_token, at, line):
        seen.append((at, line))
        raise Unreachable("x")

    monkeypatch.setattr(server.application._site.issuers, "verify", verify)
    await exchange(server, issuer.token())
    mallory = await server.user("mallory")
    await make(server, mallory, issuer, repositories=(), branches=())
    await exchange(server, issuer.token())

    assert seen == [(issuer.url, ada.id), (issuer.url, issuer.url)]


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
