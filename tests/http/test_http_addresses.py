import pytest
from starlette.datastructures import Headers

from bitpail.http.addresses import Addresses


def scope(peer="10.0.0.1", scheme="http"):
    return {"client": (peer, 1), "scheme": scheme, "server": ("127.0.0.1", 7990)}


def seen(addresses, headers, peer="10.0.0.1"):
    return addresses.client(scope(peer), Headers(headers)).address


def base(addresses, headers, peer="10.0.0.1"):
    return addresses.base(scope(peer), Headers(headers))


TRUSTING = Addresses("", ("10.0.0.0/8", "fd00::/8"))


def test_forwarded_headers_of_others_are_not_believed():
    forged = {"x-forwarded-for": "1.2.3.4", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https"}

    assert seen(TRUSTING, forged, "192.0.2.1") == "192.0.2.1"
    assert seen(Addresses("", ()), forged) == "10.0.0.1"
    assert base(TRUSTING, {**forged, "host": "real.example"}, "192.0.2.1") == "http://real.example"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 10.0.0.9", "192.0.2.7"),
        ("1.1.1.1, 192.0.2.7, 10.0.0.9", "192.0.2.7"),
        ("192.0.2.7, nonsense", "10.0.0.1"),
        ("nonsense, 192.0.2.7", "192.0.2.7"),
        ("", "10.0.0.1"),
        (" ,", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("10.0.0.8, 10.0.0.9", "10.0.0.8"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(forwarded, address):
    assert seen(TRUSTING, {"x-forwarded-for": forwarded}) == address


def test_a_header_that_comes_twice_is_one_list():
    headers = Headers(raw=[(b"x-forwarded-for", b"1.1.1.1"), (b"x-forwarded-for", b"192.0.2.7")])

    assert TRUSTING.client(scope(), headers).address == "192.0.2.7"


def test_a_trusted_proxy_names_host_and_scheme():
    headers = {"host": "inner", "x-forwarded-host": "git.example", "x-forwarded-proto": "https"}

    assert base(TRUSTING, headers) == "https://git.example"
    assert base(TRUSTING, {**headers, "x-forwarded-proto": "javascript"}) == "http://git.example"
    assert base(TRUSTING, {**headers, "x-forwarded-host": "a/b"}) == "https://127.0.0.1:7990"


def test_a_public_address_in_the_settings_goes_before_all():
    fixed = Addresses("https://git.example/", ("10.0.0.0/8",))

    assert base(fixed, {"host": "x", "x-forwarded-host": "y"}) == "https://git.example"


def test_a_socket_without_an_address_is_nobody_s_proxy():
    bare = {"client": None, "scheme": "http", "server": None}

    assert TRUSTING.client(bare, Headers({"x-forwarded-for": "1.2.3.4"})).address == ""
    assert TRUSTING.base(bare, Headers({})) == "http://localhost"


@pytest.mark.parametrize("odd", ["\x9b31m", "\x1b[2J", "\0", "\u202e", "\ud800", "\n"])
def test_what_a_client_calls_itself_steers_no_terminal(odd):
    """The attack: a list of app passwords, or the log, read at a terminal that takes the name of a client as a command."""
    sent = Headers(raw=[(b"user-agent", f"git/2 {odd}x".encode("utf-8", "surrogatepass"))])
    asked = {"client": ("10.1.2.3", 5), "scheme": "http", "server": None}

    agent = TRUSTING.client(asked, sent).agent

    assert agent.startswith("git/2 ")
    assert agent.isprintable()
