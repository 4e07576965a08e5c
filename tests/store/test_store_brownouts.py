import msgspec
import pytest
from support.rows import a_user, an_app_password

from bitpail.model.brownouts import Affected
from bitpail.model.credentials import CredentialKind
from bitpail.model.denials import Denial, DenialReason
from bitpail.model.usage import UsageKey
from bitpail.store import app_passwords, brownouts, denials, usage, users

pytestmark = pytest.mark.anyio

DAY = 86_400_000_000
NOW = 100 * DAY + 5


def used(app_password, client="git", day=99, count=1, scope="repository"):
    return UsageKey(app_password.id, day, scope, "", "192.0.2.1", client), count


async def test_who_has_used_what_of_late_is_added_up_by_password_and_client(db):
    alice, bob = await a_user(db), await a_user(db, "bob")
    ci, other = await an_app_password(db, alice, "ci"), await an_app_password(db, bob, "laptop")
    await usage.add(
        db,
        [
            used(ci, count=3),
            used(ci, day=98, count=4),
            used(ci, "curl"),
            used(ci, "old", day=10),
            used(other, count=2, scope="wiki"),
        ],
    )

    found = await brownouts.used(db, NOW - 30 * DAY, NOW, 10)

    assert found == [
        Affected("alice", ci.id, "ci", "git", 7, 99 * DAY),
        Affected("bob", other.id, "laptop", "git", 2, 99 * DAY),
        Affected("alice", ci.id, "ci", "curl", 1, 99 * DAY),
    ]
    assert await brownouts.used(db, NOW - 30 * DAY, NOW, 1) == found[:1]
    assert await brownouts.used(db, NOW - 30 * DAY, NOW, 10, bob.id) == [found[1]]


async def test_what_has_ended_and_other_kinds_would_not_break(db):
    alice = await a_user(db)
    revoked = await an_app_password(db, alice, "revoked")
    expired = await an_app_password(db, alice, "expired", expires_on=NOW)
    token = await an_app_password(db, alice, "token", kind=CredentialKind.API_TOKEN)
    await usage.add(db, [used(revoked), used(expired), used(token)])
    await app_passwords.revoke(db, revoked.id, 5)

    assert await brownouts.used(db, NOW - 30 * DAY, NOW, 10) == []


async def test_of_who_counts_nothing_the_last_use_is_known(db):
    alice, bob = await a_user(db, records_usage=False), await a_user(db, "bob")
    await users.set_records_usage(db, alice.id, records=False)
    uses = {"last_used_on": NOW - 5, "last_used_address": "192.0.2.1", "last_used_client": "git/2.47"}
    quiet = await an_app_password(db, alice, "quiet", **uses)
    await an_app_password(db, alice, "long ago", **{**uses, "last_used_on": NOW - 40 * DAY})
    await an_app_password(db, alice, "never")
    await an_app_password(db, bob, "counted", **uses)

    found = await brownouts.used(db, NOW - 30 * DAY, NOW, 10)

    assert found == [Affected("alice", quiet.id, "quiet", "git/2.47", 1, NOW - 5)]
    assert await brownouts.used(db, NOW - 30 * DAY, NOW, 10, bob.id) == []


async def test_who_was_refused_in_a_window_by_the_rules_of_a_year(db):
    alice, bob = await a_user(db), await a_user(db, "bob")
    ci = await an_app_password(db, alice, "ci")

    def denial(number, at, reason=DenialReason.YEAR, client="git"):
        return Denial(
            f"{number:016x}", at, alice.id, ci.id, "GET", "/", "192.0.2.1", client, reason, (), (), ""
        )

    await denials.add_all(
        db,
        [
            denial(1, 100),
            denial(2, 150),
            denial(3, 150, client="curl"),
            denial(4, 99),
            denial(5, 200),
            denial(6, 150, DenialReason.SCOPE),
        ],
    )

    found = await brownouts.refused(db, 100, 200, 10)

    assert found == [
        Affected("alice", ci.id, "ci", "git", 2, 150),
        Affected("alice", ci.id, "ci", "curl", 1, 150),
    ]
    assert await brownouts.refused(db, 100, 200, 10, alice.id) == found
    assert await brownouts.refused(db, 100, 200, 10, bob.id) == []
    assert msgspec.structs.astuple(found[0])[0] == "alice"
