"""What a credential has to be, and that nobody learns more than yes or no, not from the time it takes either."""

import msgspec
import pytest

from bitpail.model.access import ANONYMOUS, Client
from bitpail.model.scopes import Scope
from bitpail.policy import secrets
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, authentication, users
from bitpail.services.authentication import Credential, Reason, Unauthenticated, authenticate
from bitpail.store import app_passwords as store

pytestmark = pytest.mark.anyio

HERE = Client("192.0.2.1", "a test")


@pytest.fixture
async def site(server):
    return server.site


def of(auth):
    return Credential(auth[0], Secret(auth[1]))


async def refused(site, credential):
    with pytest.raises(Unauthenticated) as error:
        await authenticate(site, credential, HERE)
    return error.value.reason


async def test_a_good_credential_becomes_an_actor_with_all_that_its_scopes_cover(server, site, ada):
    auth = await server.auth(ada, "pullrequest:write")

    actor = await authenticate(site, of(auth), HERE)

    assert actor.user == ada
    assert actor.app_password.scopes == (Scope.PULLREQUEST_WRITE,)
    assert actor.scopes == {
        Scope.PULLREQUEST_WRITE,
        Scope.PULLREQUEST,
        Scope.REPOSITORY,
        Scope.REPOSITORY_WRITE,
    }
    assert await authenticate(site, None, HERE) is ANONYMOUS


class Work:
    """Counts look-ups, digests and comparisons."""

    def __init__(self, monkeypatch):
        self.done = []
        for place, name in [
            (authentication.app_passwords, "by_lookup"),
            (authentication.secrets, "digest"),
            (authentication, "compare_digest"),
        ]:
            self._count(monkeypatch, place, name)

    def _count(self, monkeypatch, place, name):
        real = getattr(place, name)

        def counted(*arguments):
            sizes = [len(argument) for argument in arguments if isinstance(argument, bytes)]
            self.done.append((name, sizes))
            return real(*arguments)

        monkeypatch.setattr(place, name, counted)


async def test_unknown_wrong_revoked_and_good_cost_the_same_work(server, site, ada, monkeypatch):
    good = await server.auth(ada, "account")
    made, revoked = await server.app_password(ada, "account")
    await app_passwords.revoke(site, ada, made.label)
    lookup = secrets.lookup_name(Secret(good[1]))
    others = ("ada", forged_with(lookup))
    unknown = ("ada", secrets.generate().reveal())
    stranger = ("eve", good[1])
    work, costs = Work(monkeypatch), []

    for auth in (good, unknown, others, revoked, stranger):
        work.done.clear()
        if auth is good:
            await authenticate(site, of(auth), HERE)
        else:
            assert await refused(site, of(auth)) is (Reason.REVOKED if auth is revoked else Reason.WRONG)
        costs.append(list(work.done))

    assert [name for name, _ in costs[0]] == ["by_lookup", "digest", "compare_digest"]
    assert all(cost == costs[0] for cost in costs)


def forged_with(lookup):
    """Another secret with the public name and the checksum of a known one."""
    body = lookup + "x" * (len(secrets.generate().reveal()) - len(lookup) - secrets.CHECKSUM_LENGTH)
    body = body[: len(body) - len(secrets.PREFIX)]
    made = secrets.PREFIX + body + secrets._checksum(body)
    assert secrets.looks_right(Secret(made))
    return made


async def test_what_has_not_the_form_costs_no_look_up(server, site, ada, monkeypatch):
    name, secret = await server.auth(ada, "account")
    swapped = "a" if secret[20] != "a" else "b"
    work = Work(monkeypatch)

    for other in (secret[:20] + swapped + secret[21:], secret[:-1], secret + "a", "", "x" * 5000, "\ud800"):
        assert await refused(site, Credential(name, Secret(other))) is Reason.WRONG

    assert not work.done


async def test_a_digest_under_a_key_that_is_gone_opens_nothing(server, site, ada, monkeypatch):
    auth = await server.auth(ada, "account")
    other = msgspec.structs.replace(site.keys, app_passwords={2: bytes(range(32))})

    await authenticate(site, of(auth), HERE)
    assert await refused(msgspec.structs.replace(site, keys=other), of(auth)) is Reason.WRONG


async def test_an_older_key_still_verifies_beside_a_newer_one(server, site, ada):
    auth = await server.auth(ada, "account")
    both = msgspec.structs.replace(site.keys, app_passwords={**site.keys.app_passwords, 2: bytes(range(32))})
    renewed = msgspec.structs.replace(site, keys=both)

    assert (await authenticate(renewed, of(auth), HERE)).user == ada
    _, secret = await app_passwords.create(
        renewed, ada, app_passwords.Wanted(label="newer", permissions=("account",))
    )
    stored = await store.by_lookup(site.db, secrets.lookup_name(secret))
    assert stored.key_number == 2
    assert (await authenticate(renewed, Credential("ada", secret), HERE)).user == ada
    assert await refused(site, Credential("ada", secret)) is Reason.WRONG


async def test_a_password_without_its_key_is_refused_even_with_an_empty_key(server, site, ada):
    auth = await server.auth(ada, "account")
    secret = Secret(auth[1])
    stored = await store.by_lookup(site.db, secrets.lookup_name(secret))
    unkeyed = msgspec.structs.replace(stored, digest=secrets.digest(secret, b""), key_number=99)

    assert not authentication.is_secret(site, of(auth).secret, unkeyed)


async def test_a_revoked_password_and_one_of_a_disabled_user_end_at_once(server, site, ada):
    first, auth = await server.app_password(ada, "account")
    other = await server.auth(ada, "account")

    await app_passwords.revoke(site, ada, first.label)
    assert await refused(site, of(auth)) is Reason.REVOKED
    assert (await authenticate(site, of(other), HERE)).user == ada

    await users.set_active(site, "ada", active=False)
    assert await refused(site, of(other)) is Reason.WRONG

    await users.set_active(site, "ada", active=True)
    assert (await authenticate(site, of(other), HERE)).user.is_active


async def test_an_address_for_a_name_is_told_apart_for_git_s_hint_only(server, site, ada):
    _, secret = await server.auth(ada, "account")

    assert await refused(site, Credential("ada@example.com", Secret(secret))) is Reason.EMAIL
    assert await refused(site, Credential("nobody@example.com", Secret("x"))) is Reason.EMAIL


async def test_an_account_password_opens_nothing_and_is_recognised(server, site):
    await server.user("grace", password="correct horse battery")

    assert await refused(site, of(("grace", "correct horse battery"))) is Reason.ACCOUNT_PASSWORD
    assert await refused(site, of(("GRACE", "correct horse battery"))) is Reason.ACCOUNT_PASSWORD
    assert await refused(site, of(("grace", "wrong horse battery"))) is Reason.WRONG
    assert await refused(site, of(("nobody", "correct horse battery"))) is Reason.WRONG


async def test_no_message_and_no_print_of_it_holds_a_secret(server, site, ada):
    auth = await server.auth(ada, "account")
    wrong = Credential("eve", Secret(auth[1]))

    with pytest.raises(Unauthenticated) as error:
        await authenticate(site, wrong, HERE)

    for text in (str(error.value), repr(error.value), repr(wrong), repr(site.keys), f"{wrong.secret}"):
        assert auth[1] not in text
        assert site.keys.cursors.hex() not in text
