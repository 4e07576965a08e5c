"""Whoever guesses is stopped, and nobody else: figures of the throttle."""

import tracemalloc
from types import SimpleNamespace

import pytest

from bitpail.model.access import Client
from bitpail.policy.secrets import Secret, generate
from bitpail.services import app_passwords
from bitpail.services import throttle as module
from bitpail.services.authentication import Credential, Reason, Unauthenticated, authenticate
from bitpail.services.throttle import FREE_TRIES, Throttle

pytestmark = pytest.mark.anyio

GUESSER, ELSEWHERE = "192.0.2.66", "198.51.100.1"


@pytest.fixture
def clock(monkeypatch):
    """It goes on when a test says so."""
    at = [1000.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: at[0]))
    return at


def guesses(throttle, number, address, start=0):
    """How many of so many different wrong secrets were judged at all."""
    judged = 0
    for guess in range(start, start + number):
        secret = Secret(f"guess {guess}")
        if not throttle.wait(secret, address):
            judged += 1
            throttle.wrong(secret, address)
    return judged


def test_of_100_000_guesses_from_one_address_a_handful_is_judged(clock):
    throttle = Throttle(bytes(32))

    judged = guesses(throttle, 100_000, GUESSER)

    assert judged == FREE_TRIES + 1
    assert throttle.wait(Secret("one more"), GUESSER) > 0
    assert throttle.wait(Secret("one more"), ELSEWHERE) == 0


def test_of_100_000_guesses_from_1_000_addresses_a_handful_of_each_is_judged(clock):
    throttle = Throttle(bytes(32))

    judged = sum(guesses(throttle, 100, f"10.0.{n // 250}.{n % 250}", n * 100) for n in range(1000))

    assert judged == 1000 * (FREE_TRIES + 1)


def test_the_wait_grows_and_has_an_end(clock):
    throttle = Throttle(bytes(32))
    waits = []

    for guess in range(40):
        wait = throttle.wrong(Secret(f"guess {guess}"), GUESSER)
        waits.append(wait)
        clock[0] += wait

    assert waits[:FREE_TRIES] == [0] * FREE_TRIES
    assert waits[FREE_TRIES : FREE_TRIES + 3] == [2, 4, 8]
    assert max(waits) == 900
    clock[0] += 3600
    assert throttle.wrong(Secret("after an hour"), GUESSER) == 0


def test_the_same_wrong_secret_counts_once():
    throttle = Throttle(bytes(32))

    waits = {throttle.wrong(Secret("forgotten in a job"), GUESSER) for _ in range(10_000)}

    assert waits == {0}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:0:ffff:ffff:ffff:ffff", True),
        ("2001:db8:0:0::1", "2001:db8::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.66", "192.0.2.66", True),
        ("::ffff:192.0.2.66", "::ffff:192.0.2.67", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_addresses_of_one_client_are_one(first, second, same):
    throttle = Throttle(bytes(32))

    guesses(throttle, FREE_TRIES + 1, first)

    assert (throttle.wait(Secret("next"), second) > 0) == same


def test_memory_stays_bounded_under_a_flood_of_addresses():
    throttle = Throttle(bytes(32))
    tracemalloc.start()

    for n in range(120_000):
        throttle.wrong(Secret(f"guess {n}"), f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    for n in range(30_000):
        throttle.right(Secret(f"right {n}"))
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert len(throttle._by_address) == 50_000
    assert len(throttle._right) == 10_000
    assert used < 64 << 20


async def present(server, secret, address=GUESSER, username="ada"):
    """What a request with that secret hears."""
    try:
        await authenticate(server.site, Credential(username, Secret(secret)), Client(address, "test"))
    except Unauthenticated as refused:
        return refused.reason
    return "in"


async def test_the_owner_gets_in_while_somebody_guesses(server, ada):
    _, (_, known) = await server.app_password(ada, "repository")
    _, (_, fresh) = await server.app_password(ada, "repository")
    assert await present(server, known) == "in"

    heard = [await present(server, generate().reveal()) for _ in range(200)]

    assert heard.count(Reason.WRONG) == FREE_TRIES
    assert set(heard[FREE_TRIES:]) == {Reason.THROTTLED}
    assert await present(server, known) == "in"
    assert await present(server, known, ELSEWHERE) == "in"
    assert await present(server, fresh, ELSEWHERE) == "in"
    # A secret that was never right before is not judged from where the guesses come.
    assert await present(server, generate().reveal()) is Reason.THROTTLED


async def test_a_secret_that_has_ended_is_never_throttled_and_throttles_nobody(server, ada):
    made, (_, revoked) = await server.app_password(ada, "repository")
    _, (_, good) = await server.app_password(ada, "repository")
    await app_passwords.revoke(server.site, ada, made.label)

    heard = {await present(server, revoked) for _ in range(1000)}

    assert heard == {Reason.REVOKED}
    assert await present(server, good) == "in"


async def test_a_mistyped_secret_shown_again_and_again_throttles_nobody(server, ada):
    _, (_, good) = await server.app_password(ada, "repository")
    mistyped = good[:-1] + ("a" if good[-1] != "a" else "b")

    heard = {await present(server, mistyped) for _ in range(300)}

    assert heard == {Reason.WRONG}
    assert await present(server, good) == "in"


async def test_a_right_secret_under_other_names_is_a_guess_too(server, ada):
    _, (_, good) = await server.app_password(ada, "repository")

    heard = [await present(server, good, username=f"user{n}") for n in range(30)]

    assert set(heard) == {Reason.WRONG}
    assert await present(server, good) == "in"


async def test_a_throttled_answer_says_how_long_to_wait(server, ada):
    headers = {"user-agent": "curl"}
    for _ in range(FREE_TRIES + 1):
        answer = await server.client.get("/2.0/user", auth=("ada", generate().reveal()), headers=headers)

    assert answer.status == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 2
