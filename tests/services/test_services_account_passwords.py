import asyncio
from types import SimpleNamespace

import pytest

from bitpail.errors import Invalid
from bitpail.model.access import Client
from bitpail.policy.secrets import Secret
from bitpail.services import account_passwords, throttle
from bitpail.services.account_passwords import hash_password, recognises

pytestmark = pytest.mark.anyio

RIGHT = Secret("correct horse battery")
HERE, THERE = Client("192.0.2.1", ""), Client("192.0.2.2", "")


@pytest.fixture
async def site(server):
    await server.user("grace", password=RIGHT.reveal())
    return server.site


@pytest.mark.parametrize("length", [0, 7, 1025])
async def test_too_short_and_too_long_ones_are_refused(length):
    with pytest.raises(Invalid):
        await hash_password(Secret("x" * length))


async def test_the_digest_is_argon2id_and_salted():
    first, second = [await hash_password(Secret("ä" * 8)) for _ in range(2)]

    assert first.startswith("$argon2id$")
    assert first != second


async def test_the_right_one_is_recognised(site):
    assert await recognises(site, "grace", RIGHT, HERE)
    assert not await recognises(site, "grace", Secret("wrong"), HERE)
    assert not await recognises(site, "nobody", RIGHT, HERE)


async def test_after_five_tries_an_address_is_told_nothing_for_a_minute(site, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(throttle, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    for _ in range(5):
        assert not await recognises(site, "grace", Secret("wrong"), HERE)

    assert not await recognises(site, "grace", RIGHT, HERE)
    assert await recognises(site, "grace", RIGHT, THERE)

    clock[0] += 61
    assert await recognises(site, "grace", RIGHT, HERE)


async def test_many_at_once_cost_two_hashes_at_most(site, monkeypatch):
    running, most = 0, 0
    real = account_passwords._verify

    def counted(digest, secret):
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return real(digest, secret)
        finally:
            running -= 1

    monkeypatch.setattr(account_passwords, "_verify", counted)
    addresses = [Client(f"192.0.2.{number}", "") for number in range(30)]

    found = await asyncio.gather(*(recognises(site, "grace", RIGHT, address) for address in addresses))

    assert most <= 2
    assert found.count(True) <= 4


async def test_an_unknown_name_costs_the_same_hash(site, monkeypatch):
    digests = []
    real = account_passwords._verify
    monkeypatch.setattr(
        account_passwords, "_verify", lambda digest, secret: digests.append(digest) or real(digest, secret)
    )

    await recognises(site, "grace", Secret("wrong"), HERE)
    await recognises(site, "nobody", Secret("wrong"), HERE)

    parameters = [digest.split("$")[1:4] for digest in digests]
    assert len(parameters) == 2
    assert parameters[0] == parameters[1]


async def test_an_absurdly_long_one_is_not_hashed(site, monkeypatch):
    monkeypatch.setattr(account_passwords, "_verify", None)

    assert not await recognises(site, "grace", Secret("x" * 1025), HERE)


def test_the_memory_of_tries_stays_bounded():
    allowance = throttle.Allowance(1, 60.0)
    for number in range(60_000):
        allowance.take(str(number))

    assert len(allowance._by_address) == 50_000
    assert not allowance.take("59999")
    assert allowance.take("0")


def test_the_tries_of_one_ipv6_network_are_counted_together():
    allowance = throttle.Allowance(1, 60.0)

    assert allowance.take("2001:db8::1")
    assert not allowance.take("2001:db8::2")
    assert allowance.take("2001:db8:0:1::1")
