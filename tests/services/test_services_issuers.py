"""Whose an ID token is: keys fetched and kept, algorithms not to be talked into, addresses that are not asked."""

import asyncio
import json
import socket
from itertools import pairwise
from types import SimpleNamespace

import pytest
from support.issuer import issuing, part

from bitpail.errors import Invalid
from bitpail.services import issuers as module
from bitpail.services import outbound
from bitpail.services.issuers import Issuers, issuer_of, signed_part
from bitpail.services.outbound import Fetcher, Unreachable

pytestmark = pytest.mark.anyio


@pytest.fixture
def issuer():
    with issuing() as one:
        yield one


@pytest.fixture
def issuers(issuer):
    return Issuers((issuer.url,))


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
async def test_what_the_issuer_has_signed_is_known_by_its_key(issuer, issuers, alg):
    issuer.key("other", alg)

    claims = await issuers.verify(issuer.token("other", ref="refs/heads/x"), issuer.url)

    assert (claims["iss"], claims["ref"]) == (issuer.url, "refs/heads/x")


async def test_keys_are_fetched_once_and_again_only_for_one_that_is_not_known(issuer, issuers, monkeypatch):
    for _ in range(3):
        await issuers.verify(issuer.token(), issuer.url)
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]

    # A key of today: who has just asked does not ask again, whoever makes up names of keys.
    issuer.key("new")
    for kid in ("new", "made-up", "made-up-too"):
        with pytest.raises(Invalid, match="does not publish"):
            await issuers.verify(issuer.token("new", header={"kid": kid}), issuer.url)
    assert len(issuer.asked) == 2

    monkeypatch.setattr(module, "_AGAIN", 0.0)
    await issuers.verify(issuer.token("new"), issuer.url)
    assert len(issuer.asked) == 4


async def test_many_at_once_ask_once(issuer, issuers):
    await asyncio.gather(*(issuers.verify(issuer.token(), issuer.url) for _ in range(20)))

    assert len(issuer.asked) == 2


async def test_keys_that_were_right_go_on_while_the_issuer_is_away(issuer, issuers, monkeypatch):
    await issuers.verify(issuer.token(), issuer.url)
    monkeypatch.setattr(module, "_FRESH", 0.0)
    monkeypatch.setattr(module, "_AGAIN", 0.0)
    issuer.answers["/keys"] = 500

    assert await issuers.verify(issuer.token(), issuer.url)
    monkeypatch.setattr(module, "_STALE", 0.0)
    with pytest.raises(Unreachable, match="answers 500"):
        await issuers.verify(issuer.token(), issuer.url)


async def test_an_issuer_that_fails_again_and_again_is_asked_less_and_less(issuer, issuers, monkeypatch):
    at = [0.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: at[0]))
    issuer.answers["/.well-known/openid-configuration"] = 500
    times = []
    while at[0] < 3600:
        before = len(issuer.asked)
        with pytest.raises(Unreachable, match="answers 500"):
            await issuers.verify(issuer.token(), issuer.url)
        times += [at[0]] * (len(issuer.asked) - before)
        at[0] += 30

    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert gaps == [60, 120, 240, 480, 600, 600, 600, 600]
    issuer.answers.clear()
    at[0] += 600
    assert await issuers.verify(issuer.token(), issuer.url)


async def test_many_issuers_of_one_user_do_not_push_out_those_that_are_needed(issuer, monkeypatch):
    monkeypatch.setattr(module, "_MOST_ISSUERS", 3)
    with issuing() as other:
        asked = Issuers((issuer.url, other.url))
        await asked.verify(issuer.token(), issuer.url)
        for number in range(6):
            asked._keep(f"https://{number}.example.org", module._Kept([], 0.0, 0.0, failed="x"))
            await asked.verify(issuer.token(), issuer.url)

    assert len(issuer.asked) == 2
    assert len(asked._kept) == 3


async def test_an_issuer_that_does_not_answer_is_not_asked_with_every_token(issuer, issuers):
    issuer.answers["/keys"] = 404
    for _ in range(3):
        with pytest.raises(Unreachable, match="answers 404"):
            await issuers.verify(issuer.token(), issuer.url)

    assert len(issuer.asked) == 2


@pytest.mark.parametrize(
    "made",
    [
        lambda issuer: issuer.signed_with_public_key(),
        lambda issuer: issuer.unsigned(),
        lambda issuer: issuer.unsigned("None"),
        lambda issuer: issuer.unsigned("RS256"),
        lambda issuer: issuer.unsigned("HS256"),
        lambda issuer: issuer.unsigned("RS512"),
        lambda issuer: issuer.token(header={"crit": ["exp"]}),
        lambda issuer: issuer.token(header={"b64": False}),
        lambda issuer: issuer.token(iss="https://token.actions.githubusercontent.com"),
        lambda issuer: issuer.token(iss=issuer.url + "/"),
        lambda issuer: issuer.token(iss=None),
    ],
    ids=range(11),
)
async def test_no_header_talks_the_server_into_another_algorithm_or_issuer(issuer, issuers, made):
    with pytest.raises(Invalid):
        await issuers.verify(made(issuer), issuer.url)


async def test_a_key_in_the_header_is_not_looked_at(issuer, issuers):
    with issuing() as attacker:
        attacker.key("own")
        own = attacker.keys["own"][1].as_dict(private=False)
        forged = attacker.token(
            "own", header={"kid": "rsa", "jwk": own, "jku": f"{attacker.url}/keys"}, iss=issuer.url
        )

        with pytest.raises(Invalid, match="signature"):
            await issuers.verify(forged, issuer.url)
        assert attacker.asked == []


async def test_a_changed_token_is_refused(issuer, issuers):
    head, body, signature = issuer.token().split(".")
    other = issuer.token(ref="refs/heads/other").split(".")[1]

    for changed in (
        f"{head}.{other}.{signature}",
        f"{head}.{body}.{signature[:-8]}AAAAAAAA",
        f"{head}.{body}.",
    ):
        with pytest.raises(Invalid):
            await issuers.verify(changed, issuer.url)


async def test_a_key_of_another_kind_than_the_algorithm_is_none(issuer, issuers):
    issuer.key("ec", "ES256")
    rsa, ec = issuer.token(), issuer.token("ec")

    for token, kid in ((rsa, "ec"), (ec, "rsa")):
        alg = "RS256" if token is rsa else "ES256"
        swapped = part({"alg": alg, "kid": kid}) + token[token.index(".") :]
        with pytest.raises(Invalid, match="does not publish"):
            await issuers.verify(swapped, issuer.url)


async def test_without_the_name_of_a_key_there_must_be_but_one(issuer, issuers, monkeypatch):
    monkeypatch.setattr(module, "_AGAIN", 0.0)
    assert await issuers.verify(issuer.token(header={"kid": None}), issuer.url)

    issuer.key("second")
    monkeypatch.setattr(module, "_FRESH", 0.0)
    with pytest.raises(Invalid, match="does not publish"):
        await issuers.verify(issuer.token(header={"kid": None}), issuer.url)


async def test_weak_strange_and_broken_keys_are_passed_over(issuer, issuers):

    weak = {"kty": "RSA", "n": part(b"\xc1" * 128), "e": "AQAB"}
    good = issuer.published()[0]
    strange = [
        {**weak, "kid": "weak", "use": "sig"},
        {**good, "kid": "enc", "use": "enc"},
        {**good, "kid": "alg", "alg": "RS512"},
        {**good, "kid": "list", "alg": ["RS256"]},
        {**good, "kid": "lists", "kty": ["RSA"], "use": ["sig"]},
        {**good, "kid": "number", "n": 7},
        {**good, "kid": "other", "alg": "Ed25519"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"},
        {"kty": "RSA", "kid": "broken"},
        {"kty": "EC", "crv": "P-256", "x": "!", "y": 7, "kid": "point"},
        {},
    ]
    issuer.answers["/keys"] = json.dumps({"keys": [*strange, good]}).encode()

    assert await issuers.verify(issuer.token(), issuer.url)
    for one in strange:
        with pytest.raises(Invalid):
            await issuers.verify(issuer.token(header={"kid": one.get("kid", "none")}), issuer.url)


@pytest.mark.parametrize(
    "answers",
    [
        {"/keys": b"<html>"},
        {"/keys": b"[]"},
        {"/keys": b'{"keys": {}}'},
        {"/keys": b"[" * 100_000},
        {"/keys": b" " * (outbound.LARGEST + 1)},
        {"/keys": 302},
        {"/.well-known/openid-configuration": b"{}"},
        {"/.well-known/openid-configuration": 301},
    ],
    ids=range(8),
)
async def test_an_answer_that_is_none_is_an_error_and_no_more(issuer, issuers, answers):
    issuer.answers = answers

    with pytest.raises(Unreachable):
        await issuers.verify(issuer.token(), issuer.url)
    assert "/elsewhere" not in issuer.asked


async def test_a_document_about_another_issuer_is_not_believed(issuer, issuers):
    issuer.says_it_is = "https://gitlab.com"

    with pytest.raises(Unreachable, match="another issuer"):
        await issuers.verify(issuer.token(), issuer.url)


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "ftp://x.org/", "x", "https://ada:x@x.org/", ""])
async def test_keys_are_sought_nowhere_but_by_http(issuer, issuers, uri):
    issuer.jwks_uri = uri

    with pytest.raises(Unreachable):
        await issuers.verify(issuer.token(), issuer.url)


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "..", "a.b", "a.b.c.d", "a.b.c", "ä.b.c", f"{part([])}.{part([])}.x", "!.!.!"),
        *(f"{part({})}.{part({'iss': 7})}.x", f"{part(b'[' * 5000)}.{part(b'[' * 5000)}.x", "x" * 20_000),
    ],
    ids=range(12),
)
async def test_what_is_no_token_costs_no_request(issuer, issuers, text):
    with pytest.raises(Invalid):
        issuer_of(text)
    with pytest.raises(Invalid):
        await issuers.verify(text, issuer.url)
    assert issuer.asked == []


def test_a_token_without_a_number_is_known_by_what_was_signed():
    assert signed_part("a.b.c") == signed_part("a.b.d") == "a.b"


# Addresses --------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost.:443/",
        "https://0/",
    ],
)
async def test_this_machine_is_not_asked_under_any_of_its_names(url):
    with pytest.raises(Unreachable, match=r"network of our own|no host"):
        await Fetcher().get(url, is_private=False)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://example.org/",
            "https://example.org:8443/",
            "https://example.org:22/",
            "file:///etc/passwd",
        ),
        *("https://ada:x@example.org/", "https://", "gopher://example.org/", "https://example.org/a b", "x"),
        *("https://example.org/\r\nHost: x", "https://[", "https://example.org:port/"),
    ],
)
async def test_what_is_not_plainly_https_is_not_asked(url):
    with pytest.raises(Unreachable):
        await Fetcher().get(url, is_private=False)


async def test_a_name_that_leads_to_us_after_it_was_judged_does_not(issuer, monkeypatch):
    """The attack: a name that is public when it is judged, and ours when it is connected to."""
    answers = iter(["8.8.8.8", "127.0.0.1"])

    def looked_up(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    connected = []

    def refuse(address, timeout):
        connected.append((*address, timeout > 0))
        raise ConnectionRefusedError

    monkeypatch.setattr(outbound.socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(outbound.socket, "create_connection", refuse)

    with pytest.raises(Unreachable):
        await Fetcher().get("https://rebinding.example.org/", is_private=False)
    assert connected == [("8.8.8.8", 443, True)]


async def test_one_public_address_among_others_is_not_enough(monkeypatch):
    def looked_up(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", looked_up)
    with pytest.raises(Unreachable, match="network of our own"):
        await Fetcher().get("https://both.example.org/", is_private=False)


async def test_who_says_nothing_and_who_says_it_slowly_are_left(monkeypatch):
    monkeypatch.setattr(outbound, "_SECONDS", 0.5)

    async def drip(reader, writer):
        try:
            for _ in range(600):
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(0.1)
        except ConnectionError:
            pass
        finally:
            writer.close()

    slow = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = slow.sockets[0].getsockname()[1]

    with pytest.raises(Unreachable):
        async with asyncio.timeout(30):
            await Fetcher().get(f"http://127.0.0.1:{port}/", is_private=True)

    slow.close()


async def test_who_names_many_that_hang_waits_for_those_alone(issuer, monkeypatch):
    """The attack: one user's rules name addresses that take a connection and say nothing; all others waited too."""
    monkeypatch.setattr(outbound, "_SECONDS", 600.0)
    monkeypatch.setattr(outbound, "_TURN", 600.0)
    connected = []

    async def hang(_reader, writer):
        connected.append(writer)

    silent = await asyncio.start_server(hang, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/"
    fetcher = Fetcher()
    waiting = [asyncio.create_task(fetcher.get(url, is_private=True, line="mallory")) for _ in range(40)]
    while not connected:
        await asyncio.sleep(0.01)

    async with asyncio.timeout(60):
        assert await fetcher.get(f"{issuer.url}/keys", is_private=True, line="ada")

    assert len(connected) == 1
    assert not any(task.done() for task in waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    silent.close()
    for writer in connected:
        writer.close()


async def test_nobody_waits_for_a_turn_without_end(issuer, monkeypatch):
    monkeypatch.setattr(outbound, "_TURN", 0.1)
    fetcher = Fetcher()
    turn = fetcher._lines["mallory"] = asyncio.Lock()

    async with turn:
        with pytest.raises(Unreachable, match="of the same user take too long"):
            await fetcher.get(f"{issuer.url}/keys", is_private=True, line="mallory")

    assert await fetcher.get(f"{issuer.url}/keys", is_private=True, line="mallory")
