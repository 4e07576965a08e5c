"""Whatever is sent as a body: no failure of the server, no traceback, no word about its files, and no touch on them."""

import gzip
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.hostile import CODE, TOY, check, quickly

pytestmark = pytest.mark.anyio


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
    for kind in (
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data",
        "\xff",
    ):
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


@pytest.mark.parametrize(
    "form", [b"%FF", b"a=%FF", b"\xff=1", b"&".join([b"a=1"] * 1001), b"include=%ED%A0%80"]
)
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
        answer = await world.client.request(
            "POST", path, body=pieces, headers=headers, auth=world.auth_of_ada
        )
        check(world, answer)
        assert answer.status == 413


_PACKED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize(
    "packed", [b"", b"{}", _PACKED[:-3], _PACKED + b"x"], ids=["none", "plain", "cut", "more"]
)
async def test_gzip_that_is_broken_is_refused(world, packed):
    headers = [("content-encoding", "gzip")]
    answer = await world.client.request("PUT", TOY, body=packed, headers=headers, auth=world.auth_of_ada)

    check(world, answer)
    assert answer.status == 400
