"""Whatever a client sends: no failure of the server, no traceback, no word about its files, and no touch on them."""

from base64 import b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.asgi import basic
from support.hostile import CODE, check, quickly

from bitpail.api.routes import ROUTES
from bitpail.smart_http.routes import ROUTES as GIT_ROUTES

pytestmark = pytest.mark.anyio

NASTY = [
    *(
        b"-x",
        b"--output=x",
        b"--upload-pack=touch%20x",
        b"-",
        b"--",
        b"..",
        b".",
        b"%2e%2e",
        b"..%2F..%2Fmade.git",
    ),
    *(b"%2Fetc%2Fpasswd", b"%00", b"a%00b", b"\x00", b"%FF%FE", b"\xff", b"%C0%AE%C0%AE", b"%ED%A0%80", b"%"),
    *(b"%zz", b"%2", b"%252e%252e", b"%5c..%5c", b"x" * 5000, b"%41" * 3000, b"/" * 300, b"a/" * 300, b""),
    *(
        b"%7B%7D",
        b"%7B..%7D",
        b"%7B%00%7D",
        b"{}",
        b"{%2F}",
        b"%7Ba%7D%7Bb%7D",
        b"%7B" + b"0" * 5000 + b"%7D",
    ),
    *(
        b"code.git",
        b"code.git.git",
        b".git",
        b"code%2Ewiki",
        b"HEAD",
        b"refs",
        b"objects",
        b"config",
        b"hooks",
    ),
    *(b"main%5E%7B%2Fx%7D", b"main..v1", b":%2Ffirst", b"@%7B-1%7D", b"$(id)", b"%60id%60", b";id", b"%0Aid"),
    *(b"ext::sh", b"%D9%A3", b"%F0%9F%98%80", b"code", b"ada", b"main", b"0000", b"%0d%0aSet-Cookie:x=1"),
]
segments = st.one_of(st.sampled_from(NASTY), st.binary(max_size=30).map(lambda raw: raw.replace(b"?", b"")))
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"])


@st.composite
def paths(draw):
    """A route's address with one or all of its parameters made nasty, or nothing like a route."""
    template = draw(st.sampled_from([route.template for route in (*ROUTES, *GIT_ROUTES)]))
    known = {"{workspace}": b"ada", "{repo_slug}": b"code"}
    parts = []
    for part in template.strip("/").split("/"):
        if part in known and draw(st.booleans()):
            parts.append(known[part])
        else:
            parts.append(draw(segments) if part.startswith("{") else part.encode())
    if draw(st.integers(0, 9)) == 0:
        parts.insert(draw(st.integers(0, len(parts))), draw(segments))
    return b"/" + b"/".join(parts)


@quickly
@given(path=paths(), method=methods, known=st.booleans())
@example(path=b"/2.0/repositories/..%2F..%2Foutside/code", method="GET", known=True)
@example(path=b"/ada/..%2Foutside.git/info/refs", method="GET", known=True)
@example(path=b"", method="GET", known=False)
@example(path=b"*", method="OPTIONS", known=False)
async def test_addresses(world, path, method, known):
    auth = world.auth_of_ada if known else None

    check(world, await world.client.request(method, path, auth=auth))
    check(world, await world.client.request(method, path + b"?service=git-upload-pack", auth=auth))


@quickly
@given(path=st.binary(max_size=100).map(lambda raw: b"/" + raw.replace(b"?", b"")))
async def test_addresses_like_no_route(world, path):
    check(world, await world.client.get(path))
    check(world, await world.client.get(b"/2.0" + path))


@quickly
@given(slug=segments)
async def test_slugs_of_new_repositories_name_no_directory(world, slug):
    answer = await world.client.request("POST", b"/2.0/repositories/ada/" + slug, auth=world.auth_of_ada)

    check(world, answer)
    for directory in world.site.repositories.glob("*/*"):
        assert len(directory.name) == len("00000000-0000-4000-8000-000000000000.git")


NUMBERS = [
    *("0", "-1", "1e9", "1000000000", "1000000001", "9" * 5000, "", "+1", "0x1", "1_0", "NaN", " 1", "1 "),
    *(
        "٣",
        "１",
        "²",
        "\0",
        "1\0",
        "1;2",
        "\ud800".encode("utf-8", "replace").decode(),
        "2",
        "00000000000000000001",
    ),
]
LISTS = ["/2.0/user/emails", "/2.0/repositories/ada", f"{CODE}/commits", f"{CODE}/refs", f"{CODE}/refs/tags"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("name", ["page", "pagelen"])
async def test_numbers_of_a_query(world, path, name):
    for number in NUMBERS:
        answer = await world.client.get(path, query={name: number}, auth=world.auth_of_ada)
        check(world, answer)
        assert answer.status in {200, 400} if number in {"2", "00000000000000000001", "1000000000"} else 400


@quickly
@given(raw=st.binary(max_size=60), path=st.sampled_from([*LISTS, "/ada/code.git/info/refs", "/2.0/user"]))
@example(raw=b"service=git-upload-pack&service=git-receive-pack", path="/ada/code.git/info/refs")
@example(raw=b"service=git-upload-pack%2F..%2Fx", path="/ada/code.git/info/refs")
@example(raw=b"service=%00", path="/ada/code.git/info/refs")
@example(raw=b"service=%FF%ED%A0%80", path="/ada/code.git/info/refs")
@example(raw=b"&".join([b"include=main"] * 5000), path=f"{CODE}/commits")
@example(raw=b"page=1&page=x", path="/2.0/repositories/ada")
async def test_queries(world, raw, path):
    check(world, await world.client.get(path.encode() + b"?" + raw, auth=world.auth_of_ada))


@quickly
@given(value=st.binary(max_size=80))
@example(value=b"\xff\xfe")
@example(value=b"Basic " + b64encode(b"no colon"))
@example(value=b"Basic " + b64encode(b"ada:with:colon"))
@example(value=b"Basic " + b64encode(b"ada\x00:\x00"))
@example(value=b"Basic " + b64encode("ädä:wörd".encode()))
@example(value=b"Basic " + b64encode("ädä:wörd".encode("latin-1")))
@example(value=b"Basic " + b64encode(b"x" * 1_000_000 + b":y"))
@example(value=b"Basic " + b64encode(b"ada:" + b"x" * 5000))
@example(value=b"Basic ====")
@example(value=b"Basic")
@example(value=b"Bearer \xff")
async def test_credentials_that_are_none(world, value):
    for path in ("/2.0/user", CODE, "/ada/code.git/info/refs?service=git-upload-pack"):
        answer = await world.client.get(path, headers=[(b"authorization", value)])
        check(world, answer)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith(("Basic ", "Bearer "))


async def test_a_credential_beside_another_is_refused_even_if_one_is_good(world):
    good = basic(*world.auth_of_ada)
    for headers in ([good, basic("x", "y")], [basic("x", "y"), good], [good, good], [good, "Bearer x"]):
        answer = await world.client.get("/2.0/user", headers=[("authorization", value) for value in headers])
        check(world, answer)
        assert answer.status == 401


async def test_a_good_secret_with_more_around_it_is_not_good(world):
    name, secret = world.auth_of_ada
    for other in (
        secret + " ",
        " " + secret,
        secret + "\0",
        secret.upper(),
        secret[:-1],
        secret + "\n",
        secret * 2,
    ):
        assert (await world.client.get("/2.0/user", auth=(name, other))).status == 401
    assert (await world.client.get("/2.0/user", auth=(name, secret))).status == 200
