"""What a client hears when every git that may run does, and what needs none."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from support.pushes import push_request
from support.site import serving, settings_in

from bitpail.wire.packet_lines import FLUSH, encode, parse

pytestmark = pytest.mark.anyio

V2 = [("content-type", "application/x-git-upload-pack-request"), ("git-protocol", "version=2")]
PUSH = [("content-type", "application/x-git-receive-pack-request")]
NOBODY = "0" * 40
SAID = "the server is busy: 1 of your own fetches and pushes are running, and none of them ended within 1 seconds"


@pytest.fixture
async def code(anyio_backend, tmp_path, migrated_file, git):
    """A repository at a server that runs one git at a time for each user."""
    settings = settings_in(tmp_path / "data", migrated_file, git_processes_per_user=1, git_queue_wait=1)
    git.commit("one")
    async with serving(settings) as server:
        server.ada = await server.user("ada")
        server.repository = await server.adopted("ada", "code", git)
        server.credential = await server.auth(server.ada, "repository:write")
        server.slots = server.application._site.slots
        server.git = git
        yield server


@asynccontextmanager
async def busy(code):
    async with code.slots.slot(str(code.ada.id), "another repository"):
        yield


def fetch(code, *more):
    wanted = f"want {code.git.git('rev-parse', 'main')}"
    lines = b"".join(encode(f"{line}\n".encode()) for line in (wanted, *more, "done"))
    body = encode(b"command=fetch\n") + b"0001" + lines + FLUSH
    return code.client.request(
        "POST", "/ada/code.git/git-upload-pack", body=body, headers=V2, auth=code.credential
    )


def push(code):
    tip = code.git.git("rev-parse", "main")
    body = push_request(code.git, (NOBODY, tip, "refs/heads/new"))
    return code.client.request(
        "POST", "/ada/code.git/git-receive-pack", body=body, headers=PUSH, auth=code.credential
    )


async def test_a_fetch_is_told_so_that_git_shows_it(code):
    async with busy(code):
        # Past the cache, and through it.
        for more in (["filter blob:none", f"have {NOBODY}"], []):
            answer = await fetch(code, *more)
            assert (answer.status, answer.headers["retry-after"]) == (200, "1")
            assert parse(answer.body) == [f"ERR {SAID}; try again in 1 seconds".encode()]

    assert b"packfile\n" in parse((await fetch(code)).body)


async def test_a_push_is_told_with_a_status_and_changes_nothing(code):
    async with busy(code):
        answer = await push(code)
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        assert answer.text == f"{SAID}; try again in 1 seconds\n"
        assert code.git.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"

    assert (await push(code)).status == 200
    assert "refs/heads/new" in code.git.git("for-each-ref", "--format=%(refname)")


async def test_a_branch_made_by_the_api_waits_as_a_push_does(code):
    wanted = {"name": "made", "target": {"hash": code.git.git("rev-parse", "main")}}
    address = "/2.0/repositories/ada/code/refs/branches"
    async with busy(code):
        answer = await code.client.send_json("POST", address, wanted, auth=code.credential)
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        assert answer.json()["error"]["detail"] == SAID

    assert (await code.client.send_json("POST", address, wanted, auth=code.credential)).status == 201


async def test_what_is_cached_or_asks_for_no_objects_needs_no_turn(code):
    first = await fetch(code)
    listing = encode(b"command=ls-refs\n") + b"0001" + FLUSH

    async with busy(code):
        again = await fetch(code)
        listed = await code.client.request(
            "POST", "/ada/code.git/git-upload-pack", body=listing, headers=V2, auth=code.credential
        )
        refs = await code.client.get("/ada/code.git/info/refs?service=git-receive-pack", auth=code.credential)

    assert again.headers["content-length"] == str(len(first.body))
    assert b"refs/heads/main" in listed.body
    assert b"refs/heads/main" in refs.body


async def test_whoever_waits_gets_the_turn_when_it_comes(code):
    async with busy(code):
        waiting = asyncio.create_task(fetch(code))
        while not code.slots.waiting:
            await asyncio.sleep(0.01)

    assert b"packfile\n" in parse((await waiting).body)
    assert (code.slots.running, code.slots.waiting) == (0, 0)
