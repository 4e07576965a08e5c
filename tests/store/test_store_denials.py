import pytest
from support.rows import a_user, an_app_password, unused_id

from bitpail.model.credentials import CredentialKind
from bitpail.model.denials import Denial, DenialReason, KnownDenial
from bitpail.store import denials

pytestmark = pytest.mark.anyio


def denial(request_id, user_id, app_password_id=None, at=10):
    return Denial(
        request_id, at, user_id, app_password_id, "GET", "/2.0/ü", "192.0.2.1", "curl/8",
        DenialReason.SCOPE, ("wiki", "repository:write"), ("account",), 'a "limit"',
    )  # fmt: skip


async def test_a_denial_comes_back_with_the_names_of_who_was_refused(db):
    alice = await a_user(db)
    ci = await an_app_password(db, alice, "ci")
    of_ci, of_nobody = denial("r1", alice.id, ci.id), denial("r2", unused_id(), unused_id())

    await denials.add_all(db, [of_ci, of_nobody])
    await denials.add_all(db, [of_ci])
    await denials.add_all(db, [])

    assert await denials.by_request(db, "r1") == KnownDenial(
        of_ci, "alice", "ci", CredentialKind.APP_PASSWORD
    )
    assert await denials.by_request(db, "r2") == KnownDenial(of_nobody, None, None)
    assert await denials.by_request(db, "r3") is None


async def test_a_users_are_listed_newest_first_and_old_ones_swept(db):
    alice, bob = await a_user(db, "alice"), await a_user(db, "bob")
    made = [denial(f"r{at}", alice.id, at=at) for at in (1, 2, 3)]
    await denials.add_all(db, [*made, denial("his", bob.id)])

    assert [each.denial.request_id for each in await denials.of_user(db, alice.id, 2)] == ["r3", "r2"]
    await denials.sweep(db, 3)
    assert [each.denial for each in await denials.of_user(db, alice.id, 9)] == [made[2]]
