"""Whatever a client sends: no failure of the server, no traceback, no word about its files, and no touch on them."""

import gzip
import json
from base64 import b64encode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.asgi import basic
from support.repositories import Repository

from bitpail.api.routes import ROUTES
from bitpail.smart_http.routes import ROUTES as GIT_ROUTES

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
TOY = "/2.0/repositories/ada/toy"

quickly = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

NASTY = [
    *(b"-x", b"--output=x", b"--upload-pack=touch%20x", b"-", b"--", b"..", b".", b"%2e%2e", b"..%2F..%2Fmade.git"),
    *(b"%2Fetc%2Fpasswd", b"%00", b"a%00b", b"\x00", b"%FF%FE", b"\xff", b"%C0%AE%C0%AE", b"%ED%A0%80", b"%"),
    *(b"%zz", b"%2", b"%252e%252e", b"%5c..%5c", b"x" * 5000, b"%41" * 3000, b"/" * 300, b"a/" * 300, b""),
    *(b"%7B%7D", b"%7B..%7D", b"%7B%00%7D", b"{}", b"{%2F}", b"%7Ba%7D%7Bb%7D", b"%7B" + b"0" * 5000 + b"%7D"),
    *(b"code.git", b"code.git.git", b".git", b"code%2Ewiki", b"HEAD", b"refs", b"objects", b"config", b"hooks"),
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


@pytest.fixture
async def world(server, ada, git, tmp_path):
    """Two repositories, and a watch over everything beside the data directory."""
    git.commit("first")
    (tmp_path / "secret.txt").write_text("treasure")
    outside = Repository(tmp_path / "outside.git")
    outside.commit("not ours")
    await server.adopted("ada", "code", git, public=True)
    await server.repository("ada", "toy")
    server.auth_of_ada = await server.auth(
        ada, "account", "repository:write", "repository:admin", "wiki", "project"
    )
    server.untouched = snapshot(server, tmp_path)
    yield server
    assert snapshot(server, tmp_path) == server.untouched


def snapshot(server, root):
    """Every file that is not in the data directory, with its size and time."""
    data = server.settings.data_path
    files = [path for path in root.rglob("*") if data not in (path, *path.parents)]
    return {path: (path.lstat().st_size, path.lstat().st_mtime_ns) for path in files}


def check(server, answer):
    assert 200 <= answer.status < 500, answer
    text = answer.body.decode("utf-8", "replace")
    for word in ("Traceback", str(server.settings.data_path.parent), "treasure", "sqlite3", "bp_", 'File "'):
        assert word not in text, answer
    for name, value in answer.raw_headers:
        assert "\r" not in value
        assert "\n" not in value
        assert name != "set-cookie"
    if answer.path.startswith("/2.0/") and answer.status >= 400:
        assert answer.headers["content-type"].startswith("application/json"), answer
        assert answer.json()["type"] == "error"
        assert answer.message


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
    *("٣", "１", "²", "\0", "1\0", "1;2", "\ud800".encode("utf-8", "replace").decode(), "2", "00000000000000000001"),
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
        assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_a_credential_beside_another_is_refused_even_if_one_is_good(world):
    good = basic(*world.auth_of_ada)
    for headers in ([good, basic("x", "y")], [basic("x", "y"), good], [good, good], [good, "Bearer x"]):
        answer = await world.client.get("/2.0/user", headers=[("authorization", value) for value in headers])
        check(world, answer)
        assert answer.status == 401


async def test_a_good_secret_with_more_around_it_is_not_good(world):
    name, secret = world.auth_of_ada
    for other in (secret + " ", " " + secret, secret + "\0", secret.upper(), secret[:-1], secret + "\n", secret * 2):
        assert (await world.client.get("/2.0/user", auth=(name, other))).status == 401
    assert (await world.client.get("/2.0/user", auth=(name, secret))).status == 200


members = st.sampled_from(
    [*("name", "description", "website", "language", "scm", "is_private", "has_wiki", "has_issues"), *("fork_policy", "project", "")]
)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(members, values, max_size=4).map(lambda value: json.dumps(value).encode())


@quickly
@given(body=objects | values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50))
@example(body=b"")
@example(body=b"\xff\xfe")
@example(body=b'{"name": "\xff"}')
@example(body=b'{"name": "\\ud800"}')
@example(body=b"[" * 200_000)
@example(body=b'{"a":' * 100_000)
@example(body=b'{"project": ' + b'{"key": ' * 90_000)
@example(body=b'{"is_private": 1' + b"0" * 100_000 + b"}")
@example(body=b'{"size": 1e99999}')
@example(body=b'{"name": "a", "name": 5}')
@example(body=b"\xef\xbb\xbf{}")
@example(body="{}".encode("utf-16"))
@example(body=b'{"description": "' + b"x" * 200_000 + b'"}')
@example(body=b"null")
@example(body=b"{}{}")
async def test_bodies(world, body):
    for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "\xff"):
        for method, path in (("PUT", TOY), ("POST", TOY), ("POST", f"{CODE}/commits")):
            headers = [("content-type", kind)]
            answer = await world.client.request(
                method, path, body=body, headers=headers, auth=world.auth_of_ada
            )
            check(world, answer)


@pytest.mark.parametrize("content", [b"{", b"[]", b"5", b'"x"', b"null", b"\xff", b"[" * 100_000, b"{}x"])
async def test_a_body_that_is_no_object_is_refused(world, content):
    answer = await world.client.request("PUT", TOY, body=content, auth=world.auth_of_ada)

    assert answer.status == 400
    assert answer.message.startswith("the body")


@pytest.mark.parametrize("form", [b"%FF", b"a=%FF", b"\xff=1", b"&".join([b"a=1"] * 1001), b"include=%ED%A0%80"])
async def test_a_form_that_is_none_is_refused(world, form):
    headers = [("content-type", "application/x-www-form-urlencoded")]
    answer = await world.client.request(
        "POST", f"{CODE}/commits", body=form, headers=headers, auth=world.auth_of_ada
    )

    check(world, answer)
    assert answer.status == 400


@pytest.mark.parametrize("path", [TOY, f"{CODE}/commits"])
async def test_bodies_over_the_limit_are_refused_however_they_come(world, path):
    limit = world.settings.api_body_limit
    bomb = gzip.compress(b" " * 300_000_000, 1)
    for pieces, headers in (
        ([b" " * (limit + 1)], []),
        ([b" " * 1000] * (limit // 1000 + 1), []),
        ([bomb], [("content-encoding", "gzip")]),
        ([gzip.compress(b" " * (limit + 1))], [("content-encoding", "gzip")]),
    ):
        answer = await world.client.request("POST", path, body=pieces, headers=headers, auth=world.auth_of_ada)
        check(world, answer)
        assert answer.status == 413


_PACKED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize("packed", [b"", b"{}", _PACKED[:-3], _PACKED + b"x"], ids=["none", "plain", "cut", "more"])
async def test_gzip_that_is_broken_is_refused(world, packed):
    headers = [("content-encoding", "gzip")]
    answer = await world.client.request("PUT", TOY, body=packed, headers=headers, auth=world.auth_of_ada)

    check(world, answer)
    assert answer.status == 400


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    service=st.sampled_from(["git-upload-pack", "git-receive-pack"]),
    wiki=st.booleans(),
    body=st.binary(max_size=60) | st.sampled_from([b"0000", b"0001", b"ffff", b"0004", b"0003", b"-001", b"0009done\n"]),
    protocol=st.sampled_from([None, "version=2", "version=1", "version=2:x=\xff", "\0", "x" * 9000, "version=2\n"]),
)
@example(service="git-upload-pack", wiki=False, body=b"0032want " + b"0" * 40 + b"\n00000009done\n", protocol=None)
@example(service="git-upload-pack", wiki=False, body=b"0014command=ls-refs\n0000", protocol="version=2")
@example(service="git-upload-pack", wiki=False, body=b"0014command=exploit\n0000", protocol="version=2")
async def test_what_is_not_the_git_protocol(world, service, wiki, body, protocol):
    headers = [("content-type", f"application/x-{service}-request")]
    if protocol is not None:
        headers.append(("git-protocol", protocol))
    path = f"/ada/toy.git{'/wiki' if wiki else ''}/{service}"

    check(world, await world.client.request("POST", path, body=body, headers=headers, auth=world.auth_of_ada))


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-git-receive-pack-request", "\xff"])
async def test_git_wants_its_own_content_type(world, kind):
    answer = await world.client.request(
        "POST", "/ada/code.git/git-upload-pack", body=b"0000", headers=[("content-type", kind)]
    )

    check(world, answer)
    assert answer.status == 400


async def test_a_fetch_that_asks_without_end_is_refused(world):
    world_limit = world.settings.git_request_limit
    line = b"0032have " + b"1" * 40 + b"\n"
    packed = gzip.compress(line * (world_limit // len(line) + 10), 1)
    headers = [("content-type", "application/x-git-upload-pack-request"), ("content-encoding", "gzip")]

    answer = await world.client.request("POST", "/ada/code.git/git-upload-pack", body=packed, headers=headers)

    assert answer.status in {400, 413}


@pytest.mark.parametrize("path", ["HEAD", "info/refs", "objects/info/packs", "config", "objects/../config"])
@pytest.mark.parametrize("base", ["/ada/code.git", "/ada/code", "/ada/toy.git", "/ada/toy.git/wiki"])
async def test_no_file_is_served(world, base, path):
    answer = await world.client.get(f"{base}/{path}", auth=world.auth_of_ada)

    check(world, answer)
    assert answer.status in {403, 404}
