"""The parts that the HTTP doors share, each by itself."""

import gzip
import zlib
from base64 import b64encode

import pytest
from starlette.datastructures import Headers

from bitpail.errors import Invalid, TooLarge
from bitpail.http.addresses import Addresses
from bitpail.http.bodies import Body, ClientGone
from bitpail.http.credentials import MalformedCredential, credential
from bitpail.http.routing import MethodNotAllowed, Opens, Route, Router
from bitpail.model.access import Need

pytestmark = pytest.mark.anyio


async def handler():
    """Never called: the router only finds it."""


def router(*templates):
    return Router(
        Route(method, template, Opens.SITE, Need(), handler)
        for method, _, template in (line.partition(" ") for line in templates)
    )


def found(routes, path, method="GET"):
    match = routes.find(method, path)
    return match and (match.route.template, match.parameters)


def test_a_literal_goes_before_a_parameter_and_a_parameter_before_a_rest():
    routes = router("GET /a/{rest...}", "GET /a/{x}/c", "GET /a/b/c", "GET /a/{x}")

    assert found(routes, b"/a/b/c") == ("/a/b/c", {})
    assert found(routes, b"/a/x/c") == ("/a/{x}/c", {"x": "x"})
    assert found(routes, b"/a/x") == ("/a/{x}", {"x": "x"})
    assert found(routes, b"/a/b") == ("/a/{x}", {"x": "b"})
    assert found(routes, b"/a/b/d/e") == ("/a/{rest...}", {"rest": "b/d/e"})
    assert found(routes, b"/a") is None
    assert found(routes, b"/b") is None


def test_a_literal_that_leads_nowhere_is_given_up_for_a_parameter():
    routes = router("GET /a/b/c", "GET /a/{x}/d")

    assert found(routes, b"/a/b/d") == ("/a/{x}/d", {"x": "b"})


def test_the_order_in_which_routes_are_listed_changes_nothing():
    lines = ["GET /a/{rest...}", "GET /a/{x}/c", "GET /a/b/c"]

    for path in (b"/a/b/c", b"/a/x/c", b"/a/b/x/c"):
        assert found(router(*lines), path) == found(router(*reversed(lines)), path)


def test_two_routes_for_one_address_are_refused():
    with pytest.raises(ValueError, match="two routes"):
        router("GET /a/{x}", "GET /a/{y}")
    router("GET /a/{x}", "POST /a/{y}")


def test_names_of_parameters_may_differ_by_method():
    routes = router("GET /a/{x}", "POST /a/{y}")

    assert found(routes, b"/a/1") == ("/a/{x}", {"x": "1"})
    assert found(routes, b"/a/1", "POST") == ("/a/{y}", {"y": "1"})


def test_an_encoded_slash_stays_inside_its_segment():
    routes = router("GET /a/{x}", "GET /a/{x}/c")

    assert found(routes, b"/a/b%2Fc") == ("/a/{x}", {"x": "b/c"})
    assert found(routes, b"/%61/b") == ("/a/{x}", {"x": "b"})


def test_a_parameter_is_never_empty():
    routes = router("GET /a/{x}/c")

    assert found(routes, b"/a//c") is None


@pytest.mark.parametrize("path", [b"/a/%00", b"/a/\x00", b"/a/%FF", b"/a/\xff", b"/a/%ED%A0%80", b"/a/%C0%AE"])
def test_a_path_is_utf_8_without_nul(path):
    with pytest.raises(Invalid):
        router("GET /a/{x}").find("GET", path)


def test_head_finds_get_and_other_methods_are_told_what_there_is():
    routes = router("GET /a", "POST /a")

    assert found(routes, b"/a", "HEAD") == ("/a", {})
    with pytest.raises(MethodNotAllowed) as refused:
        routes.find("DELETE", b"/a")
    assert {"GET", "POST"} <= set(refused.value.allowed)


def test_a_long_path_is_looked_up_quickly():
    routes = router("GET /{a}/{b}/x/{rest...}", "GET /{a}/b/{c}/{rest...}", "GET /a/{b}/{c}/{rest...}")

    assert found(routes, b"/a/b/y" + b"/z" * 30_000)[0] == "/a/{b}/{c}/{rest...}"


# Addresses


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


# Bodies


def body(*pieces, limit=0, encoding=None, gone=False, idle_timeout=5.0):
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    waiting.append({"type": "http.disconnect"} if gone else {"type": "http.request", "body": b""})
    messages = iter(waiting)

    async def receive():
        return next(messages)

    return Body(receive, Headers({"content-encoding": encoding} if encoding else {}), limit, idle_timeout)


async def test_a_body_is_read_to_its_end():
    whole = body(b"ab", b"", b"c")

    assert await whole.whole() == b"abc"
    assert whole.finished.is_set()


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
@pytest.mark.parametrize("size", [0, 1, 100_000, 3_000_000])
async def test_gzip_is_unpacked_however_it_is_cut(encoding, size):
    content = bytes(range(256)) * (size // 256 + 1)
    packed = gzip.compress(content)

    assert await body(packed, encoding=encoding).whole() == content
    pieces = [packed[at : at + 7] for at in range(0, len(packed), 7)]
    assert await body(*pieces, encoding=encoding).whole() == content


@pytest.mark.parametrize("cut", [0, 5, -9, -1])
async def test_gzip_that_is_cut_is_refused(cut):
    packed = gzip.compress(b"hello" * 100)

    with pytest.raises(Invalid, match="cut short"):
        await body(packed[:cut], encoding="gzip").whole()


@pytest.mark.parametrize("content", [b"plain", zlib.compress(b"x"), b"\x1f\x8b\x08\xff" * 9])
async def test_what_is_not_gzip_is_refused(content):
    with pytest.raises(Invalid):
        await body(content, encoding="gzip").whole()


async def test_something_after_the_gzip_is_refused():
    packed = gzip.compress(b"x")

    for pieces in ([packed + b"y"], [packed, b"y"]):
        with pytest.raises(Invalid):
            await body(*pieces, encoding="gzip").whole()


async def test_a_gzip_bomb_ends_at_the_limit():
    packed = gzip.compress(bytes(500_000_000), 1)
    bomb = body(packed, limit=1_000_000, encoding="gzip")
    total = 0

    with pytest.raises(TooLarge):
        async for piece in bomb:
            assert len(piece) <= 64 * 1024
            total += len(piece)
    assert total <= 1_000_000


async def test_the_limit_is_of_the_body_unpacked():
    assert await body(b"x" * 10, limit=10).whole() == b"x" * 10
    for encoding, content in [(None, b"x" * 11), ("gzip", gzip.compress(b"x" * 11))]:
        with pytest.raises(TooLarge):
            await body(content, limit=10, encoding=encoding).whole()


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "x" * 1000])
async def test_other_encodings_are_refused(encoding):
    with pytest.raises(Invalid, match="not supported") as refused:
        body(b"", encoding=encoding)
    assert len(refused.value.message) < 200


async def test_a_client_that_leaves_is_noticed():
    with pytest.raises(ClientGone):
        await body(b"half", gone=True).whole()


async def test_a_client_that_says_nothing_is_not_waited_for():
    import asyncio

    async def receive():
        await asyncio.Event().wait()

    with pytest.raises(Invalid, match="nothing came"):
        await Body(receive, Headers({}), 0, 0.01).whole()


# Credentials


def presented(*values):
    return credential(Headers(raw=[(b"authorization", value) for value in values]))


def basic(content):
    return b"Basic " + b64encode(content)


@pytest.mark.parametrize(
    ("content", "name", "secret"),
    [
        (b"ada:word", "ada", "word"),
        (b"ada:wo:rd:", "ada", "wo:rd:"),
        (b":word", "", "word"),
        (b"ada:", "ada", ""),
        ("ädä:wörd".encode(), "ädä", "wörd"),
        (b"a\x00b:c\x00", "a\x00b", "c\x00"),
    ],
)
def test_name_and_secret_are_parted_at_the_first_colon(content, name, secret):
    found = presented(basic(content))

    assert (found.username, found.secret.reveal()) == (name, secret)


@pytest.mark.parametrize("scheme", [b"basic ", b"BASIC ", b"Basic   "])
def test_the_scheme_is_taken_in_any_case(scheme):
    assert presented(scheme + b64encode(b"ada:word")).username == "ada"


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"Basic", b"Basic ", b"Basic !!!", b"Basic YQ", b"Basic \xff\xfe", b"Bearer abc", b"Basic\tYTpi"),
        *(basic(b"no colon"), basic(b"\xff:\xfe"), basic(b"a:b") + b"\x80", basic(b"a:" + b"b" * 1_000_000)),
    ],
)
def test_what_is_no_credential_is_not_taken_for_anonymous(value):
    with pytest.raises(MalformedCredential) as refused:
        presented(value)
    assert len(refused.value.message) < 100


def test_two_headers_are_refused_and_none_is_anonymous():
    assert presented() is None
    with pytest.raises(MalformedCredential):
        presented(basic(b"a:b"), basic(b"a:b"))


def test_a_credential_does_not_print_its_secret():
    assert "word" not in repr(presented(basic(b"ada:word")))
