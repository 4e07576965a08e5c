import asyncio
import os
import resource
import subprocess
from contextlib import aclosing

import pytest
from support.processes import becomes, children
from support.pushes import LIMITS, ZERO, accept, leftovers, pieces, push, push_request, refs
from support.repositories import Repository

from bitpail.errors import GitError, Invalid
from bitpail.git import main_branch, transport
from bitpail.git.directories import GitDirectory
from bitpail.git.transport import Limits, Service
from bitpail.wire.packet_lines import FLUSH, encode, parse

pytestmark = pytest.mark.anyio


async def test_an_accepted_push_lands_and_the_judge_saw_all_of_it(server, client, hooks):
    commit = client.commit()
    seen = []

    async def judge(pushed):
        quarantined = [path.name for path in pushed.quarantine.iterdir()]
        seen.append((pushed.updates, bool(quarantined), refs(server)))
        return []

    updates = [(ZERO, commit, "refs/heads/main"), (ZERO, commit, "refs/heads/ü")]
    answer = await push(server, hooks, push_request(client, *updates), judge)

    assert "unpack ok" in answer
    assert "ok refs/heads/main" in answer
    assert refs(server).count(commit) == 2
    ((found, quarantined, before),) = seen
    assert [(u.old, u.new, u.name) for u in found] == [(o, n, name.encode()) for o, n, name in updates]
    assert quarantined
    assert before == ""
    assert leftovers(server) == []


async def test_a_refused_push_changes_nothing_and_says_why(server, client, hooks):
    commit = client.commit()

    async def judge(pushed):
        return ["refs/heads/main: not today", "ok", "two\nlines \x1b[31m"]

    answer = await push(server, hooks, push_request(client, (ZERO, commit, "refs/heads/main")), judge)

    assert "refs/heads/main: not today" in answer
    assert "\x1b" not in answer
    assert "ng refs/heads/main pre-receive hook declined" in answer
    assert refs(server) == ""
    assert server.git("cat-file", "-t", commit, check=False) == ""
    assert leftovers(server) == []


async def test_a_judge_that_fails_refuses(server, client, hooks):
    commit = client.commit()

    async def judge(pushed):
        raise RuntimeError("the database is away")

    with pytest.raises(RuntimeError):
        await push(server, hooks, push_request(client, (ZERO, commit, "refs/heads/main")), judge)

    assert refs(server) == ""


def test_the_hook_refuses_when_nobody_answers(hooks):
    command = f"{hooks}/pre-receive 8>/dev/null 9</dev/null"

    done = subprocess.run(["/bin/sh", "-c", command], input=b"old new name\n", capture_output=True)

    assert done.returncode == 1
    assert b"did not answer" in done.stderr


async def test_hidden_refs_can_be_neither_seen_nor_pushed(server, client, hooks):
    commit = client.commit()
    await push(server, hooks, push_request(client, (ZERO, commit, "refs/heads/main")))
    server.git("update-ref", "refs/pull-requests/1/from", commit)
    server.git("config", "transfer.hideRefs", "!refs/pull-requests")

    answer = await push(server, hooks, push_request(client, (commit, ZERO, "refs/pull-requests/1/from")))
    advertised = await advertisement(server, Service.UPLOAD_PACK)

    assert "deny deleting a hidden ref" in answer
    assert b"refs/heads/main" in advertised
    assert b"pull-requests" not in advertised


async def advertisement(server, service, protocol=None):
    directory = GitDirectory(server.directory)
    return b"".join([piece async for piece in transport.advertise(directory, service, protocol, LIMITS)])


async def test_the_advertisement_is_gits_own(server, client, hooks):
    commit = client.commit()
    await push(server, hooks, push_request(client, (ZERO, commit, "refs/heads/main")))

    first = parse(await advertisement(server, Service.UPLOAD_PACK, "version=2"))
    old = parse(await advertisement(server, Service.RECEIVE_PACK))

    assert first[0] == b"version 2\n"
    assert commit.encode() in old[0]
    assert not any(b"session-id" in packet for packet in first if isinstance(packet, bytes))


@pytest.mark.parametrize(
    ("header", "kept"),
    [("version=2", "version=2"), ("version=1:x", "version=1:x")]
    # Git hears no more of these than that it knows, so that both speak the same version.
    + [("version=2:object-format=sha1", "version=2"), ("version=2" + ":a" * 60, "version=2")]
    + [(bad, None) for bad in (None, "", "2", "version=22", "version=2\n", "version=2;id")],
)
def test_only_a_plain_protocol_reaches_git(header, kept):
    assert transport.checked_protocol(header) == kept


def fetch_request(*wants):
    capabilities = [b"command=fetch", b"agent=test", b"session-id=1234", b"object-format=sha1"]
    arguments = [b"no-progress", *(b"want %b" % want.encode() for want in wants), b"done"]
    return b"".join(map(encode, capabilities)) + b"0001" + b"".join(map(encode, arguments)) + FLUSH


async def test_a_fetch_with_a_session_id_is_served(server, hooks, client):
    commit = client.commit()
    await push(server, hooks, push_request(client, (ZERO, commit, "refs/heads/main")))
    directory = GitDirectory(server.directory)

    served = transport.serve(
        directory, Service.UPLOAD_PACK, "version=2", pieces(fetch_request(commit)), LIMITS
    )
    packets = parse(b"".join([piece async for piece in served]))

    assert packets[0] == b"packfile\n"
    assert packets[1].startswith(b"\x01PACK")


async def test_a_fetch_that_git_does_not_understand_is_the_client_s_mistake(server):
    directory = GitDirectory(server.directory)

    with pytest.raises(Invalid):
        _ = [
            p
            async for p in transport.serve(
                directory, Service.UPLOAD_PACK, "version=2", pieces(b"junk"), LIMITS
            )
        ]

    assert children() == []


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A repository of 32 MiB and a request that pushes all of it."""
    repository = Repository(tmp_path_factory.mktemp("big") / "r.git")
    repository.git("config", "core.compression", "0")
    blobs = [repository.git("hash-object", "-w", "--stdin", stdin=os.urandom(1 << 20)) for _ in range(32)]
    lines = "".join(f"100644 blob {blob}\tf{number}\n" for number, blob in enumerate(blobs))
    commit = repository.git("commit-tree", repository.git("mktree", stdin=lines.encode()), "-m", "big")
    repository.git("update-ref", "refs/heads/main", commit)
    return repository, commit, push_request(repository, (ZERO, commit, "refs/heads/main"))


async def test_a_reader_that_stalls_or_leaves_holds_nothing(big):
    repository, commit, _ = big
    directory = GitDirectory(repository.directory)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = pieces(fetch_request(commit))

    async with aclosing(transport.serve(directory, Service.UPLOAD_PACK, "version=2", body, LIMITS)) as served:
        first = await anext(served)
        await asyncio.sleep(0.3)
        second = await anext(served)
        assert children() != []

    assert max(len(first), len(second)) <= 65536
    assert children() == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 10_000


async def test_a_large_push_streams_with_flat_memory(big, hooks, tmp_path):
    target = Repository(tmp_path / "target.git")
    _, commit, request = big
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    async def body():
        for start in range(0, len(request), 65536):
            yield request[start : start + 65536]

    served = transport.serve(
        GitDirectory(target.path), Service.RECEIVE_PACK, None, body(), LIMITS, judge=accept, hooks=hooks
    )
    answer = b"".join([piece async for piece in served])

    assert b"ok refs/heads/main" in answer
    assert target.git("rev-parse", "main") == commit
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 10_000


async def test_a_push_over_the_limit_is_refused(big, hooks, tmp_path):
    target = Repository(tmp_path / "target.git")
    _, _, request = big

    served = transport.serve(
        GitDirectory(target.path),
        Service.RECEIVE_PACK,
        None,
        pieces(request),
        Limits(push_limit=1_000_000),
        judge=accept,
        hooks=hooks,
    )
    answer = b"".join([piece async for piece in served])

    assert b"ng refs/heads/main" in answer
    assert refs(target) == ""
    assert leftovers(target) == []


@pytest.mark.parametrize("how", ["cancelled", "broken off", "idle", "closed early"])
async def test_an_unfinished_push_leaves_neither_process_nor_files(how, big, hooks, tmp_path):
    target = Repository(tmp_path / "target.git")
    _, _, request = big

    async def body():
        for start in range(0, len(request) // 2, 65536):
            yield request[start : start + 65536]
        if how == "broken off":
            raise ConnectionResetError
        if how != "closed early":
            await asyncio.sleep(60)

    async def receive():
        limits = Limits(idle=0.5) if how == "idle" else LIMITS
        served = transport.serve(
            GitDirectory(target.path), Service.RECEIVE_PACK, None, body(), limits, judge=accept, hooks=hooks
        )
        async with aclosing(served):
            return [piece async for piece in served]

    task = asyncio.create_task(receive())
    if how == "cancelled":
        assert await becomes(lambda: leftovers(target) != [])
        task.cancel()
    error = {"cancelled": asyncio.CancelledError, "broken off": ConnectionResetError, "idle": GitError}.get(
        how
    )
    if error is not None:
        with pytest.raises(error):
            await task
    else:
        await task

    assert children() == []
    assert leftovers(target) == []
    assert refs(target) == ""


async def test_the_hook_may_be_cancelled_while_the_judge_thinks(server, client, hooks):
    commit = client.commit()
    asked = asyncio.Event()

    async def judge(pushed):
        asked.set()
        await asyncio.sleep(60)
        return []

    task = asyncio.create_task(
        push(server, hooks, push_request(client, (ZERO, commit, "refs/heads/main")), judge)
    )
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert children() == []
    assert refs(server) == ""
    assert leftovers(server) == []


@pytest.mark.parametrize(
    ("branches", "head"),
    [(["main", "x"], None), (["a", "master"], "master"), (["zeta", "beta"], "beta"), ([], None)],
)
async def test_head_follows_the_first_push(branches, head, server, objects):
    for branch in branches:
        server.commit(branch=branch)

    assert await main_branch.after_push(objects, GitDirectory(server.path)) == head

    assert server.git("symbolic-ref", "HEAD") == f"refs/heads/{head or 'main'}"
