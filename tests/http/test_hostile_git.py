"""Whatever is sent as Git's protocol: no failure of the server, no traceback, no word about its files, and no touch on them."""

import gzip

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.hostile import check

pytestmark = pytest.mark.anyio


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    service=st.sampled_from(["git-upload-pack", "git-receive-pack"]),
    wiki=st.booleans(),
    body=st.binary(max_size=60)
    | st.sampled_from([b"0000", b"0001", b"ffff", b"0004", b"0003", b"-001", b"0009done\n"]),
    protocol=st.sampled_from(
        [None, "version=2", "version=1", "version=2:x=\xff", "\0", "x" * 9000, "version=2\n"]
    ),
)
@example(
    service="git-upload-pack", wiki=False, body=b"0032want " + b"0" * 40 + b"\n00000009done\n", protocol=None
)
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


async def test_a_fetch_that_asks_without_end_is_refused(world, git):
    limit = world.settings.git_request_limit
    want = b"0032want " + git.git("rev-parse", "main").encode() + b"\n"
    packed = gzip.compress(want * (limit // len(want) + 10), 1)
    headers = [("content-type", "application/x-git-upload-pack-request"), ("content-encoding", "gzip")]

    answer = await world.client.request("POST", "/ada/code.git/git-upload-pack", body=packed, headers=headers)

    assert answer.status == 413


@pytest.mark.parametrize("path", ["HEAD", "info/refs", "objects/info/packs", "config", "objects/../config"])
@pytest.mark.parametrize("base", ["/ada/code.git", "/ada/code", "/ada/toy.git", "/ada/toy.git/wiki"])
async def test_no_file_is_served(world, base, path):
    answer = await world.client.get(f"{base}/{path}", auth=world.auth_of_ada)

    check(world, answer)
    assert answer.status in {403, 404}


@pytest.mark.parametrize("protocol", [[], [("git-protocol", "version=2")]])
async def test_a_fetch_of_what_is_not_there_is_told_so_in_a_whole_answer(world, protocol):
    headers = [("content-type", "application/x-git-upload-pack-request"), *protocol]
    want = b"0032want " + b"1" * 40 + b"\n"
    command = b"0011command=fetch0001" if protocol else b""
    body = command + want + (b"" if protocol else b"0000") + b"0009done\n" + (b"0000" if protocol else b"")

    answer = await world.client.request("POST", "/ada/code.git/git-upload-pack", body=body, headers=headers)

    assert answer.status == 200
    assert b"ERR upload-pack: not our ref" in answer.body
