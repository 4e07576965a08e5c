import msgspec
import pytest
from support.rows import a_user, an_app_password, unused_id

from bitpail.errors import Conflict
from bitpail.model.trust_rules import TrustRule, TrustRuleId, TrustUse
from bitpail.store import app_passwords, trust_rules

pytestmark = pytest.mark.anyio

ISSUER = "https://ci.example.org"


async def a_rule(db, app_password, **changes):
    claims = {"repository": "acme/site", "a": "b"}
    rule = TrustRule(TrustRuleId(unused_id()), app_password.id, ISSUER, "git", claims, 900, 1, None)
    rule = msgspec.structs.replace(rule, **changes)
    await trust_rules.create(db, rule)
    return rule


def a_use(rule, token="t", **changes):
    return msgspec.structs.replace(TrustUse(token, rule.id, 10, 20, "somebody", "192.0.2.1"), **changes)


async def test_rules_are_found_by_issuer_and_user_with_their_app_password(db):
    alice, bob = await a_user(db), await a_user(db, "bob")
    ci, hers, other = [
        await an_app_password(db, who, label) for who, label in ((alice, "ci"), (alice, "two"), (bob, "x"))
    ]
    rules = [
        await a_rule(db, ci),
        await a_rule(db, hers, issuer="https://else.example.org", created_on=2),
        await a_rule(db, other, created_on=3),
    ]

    found = await trust_rules.by_issuer(db, ISSUER, 10)

    assert [(one.rule, one.app_password, one.user) for one in found] == [
        (rules[0], ci, alice),
        (rules[2], other, bob),
    ]
    assert list(found[0].rule.claims) == ["repository", "a"]
    assert [one.rule for one in await trust_rules.of_user(db, alice.id)] == rules[:2]
    assert [one.rule for one in await trust_rules.by_issuer(db, ISSUER, 1)] == rules[:1]
    assert await trust_rules.by_issuer(db, ISSUER + "/", 10) == []


async def test_a_revoked_app_password_has_none_and_each_has_one(db):
    ci = await an_app_password(db, await a_user(db))
    await a_rule(db, ci)

    with pytest.raises(Conflict):
        await a_rule(db, ci)
    await app_passwords.revoke(db, ci.id, 5)
    assert await trust_rules.by_issuer(db, ISSUER, 10) == []
    assert await trust_rules.of_user(db, ci.user_id) == []


async def test_a_token_is_used_once_by_whichever_rule(db):
    alice = await a_user(db)
    first = await a_rule(db, await an_app_password(db, alice, "one"))
    second = await a_rule(db, await an_app_password(db, alice, "two"))

    await trust_rules.use(db, a_use(first))

    for rule in (first, second):
        with pytest.raises(Conflict):
            await trust_rules.use(db, a_use(rule, used_on=11))
    await trust_rules.use(db, a_use(first, "other", used_on=12))
    assert [one.token for one in await trust_rules.uses_of(db, first.id, 10)] == ["other", "t"]
    assert [one.token for one in await trust_rules.uses_of(db, first.id, 1)] == ["other"]
    assert [one.rule.last_used_on for one in await trust_rules.of_user(db, alice.id)] == [12, None]


async def test_what_may_still_be_good_is_not_forgotten(db):
    rule = await a_rule(db, await an_app_password(db, await a_user(db)))
    for token, used_on, keep_until in (("old", 10, 20), ("good", 10, 200), ("new", 90, 95)):
        await trust_rules.use(db, a_use(rule, token, used_on=used_on, keep_until=keep_until))

    await trust_rules.sweep(db, 50, 100)

    assert {one.token for one in await trust_rules.uses_of(db, rule.id, 10)} == {"good", "new"}


async def test_short_lived_secrets_are_known_as_such_and_forgotten(db):
    ci = await an_app_password(db, await a_user(db))
    for name, ends_on in (("aaaaa", 100), ("bbbbb", 300), ("ccccc", None)):
        await app_passwords.add_secret(db, ci.id, name, b"digest", 1, 1, b"key", short_lived_until=ends_on)

    found = await app_passwords.by_lookup(db, "aaaaa")

    assert (found.is_short_lived, found.ends_on, found.public_key, found.lookup) == (
        True,
        100,
        b"key",
        "aaaaa",
    )
    assert not (await app_passwords.by_lookup(db, "ccccc")).is_short_lived
    listed = {state.lookup for state in await app_passwords.secrets_of(db, ci.id)}
    assert "ccccc" in listed
    assert not listed & {"aaaaa", "bbbbb"}
    await app_passwords.forget_ended(db, ci.id, 200)
    assert await app_passwords.by_lookup(db, "aaaaa") is None
    assert await app_passwords.by_lookup(db, "bbbbb") is not None
    assert await app_passwords.by_lookup(db, "ccccc") is not None


async def test_a_public_key_is_written_once(db):
    ci = await an_app_password(db, await a_user(db))
    await app_passwords.add_secret(db, ci.id, "aaaaa", b"digest", 1, 1)

    await app_passwords.put_public_keys(db, [("aaaaa", b"first"), ("zzzzz", b"nobody's")])
    await app_passwords.put_public_keys(db, [("aaaaa", b"second")])

    assert (await app_passwords.by_lookup(db, "aaaaa")).public_key == b"first"
