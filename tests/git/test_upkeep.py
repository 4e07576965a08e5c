"""Upkeep makes a directory fast again, loses nothing, and can be cut off at any moment."""

import asyncio
import fcntl
import os
import random
import resource
import shutil
import signal
import subprocess
import time

import psutil
import pytest
from support.clients import is_intact
from support.processes import children
from support.pushes import LIMITS, ZERO, leftovers, pieces, push, refs
from support.repositories import Repository

from bitpail.errors import Conflict, GitError, NotFound, Unavailable
from bitpail.git import transport
from bitpail.git.directories import GitDirectory
from bitpail.git.leftovers import remove_leftovers
from bitpail.git.pushing import clean_after_dead
from bitpail.git.transport import Service
from bitpail.git.upkeep import Plan, maintain
from bitpail.git.upkeep_state import look
from bitpail.wire.packet_lines import FLUSH, encode

pytestmark = pytest.mark.anyio

KILLS = 30
PUSHES = 200


PLAN = {"whole": False, "expire": None, "locks_age": 3600.0, "progress": lambda _: None}


@pytest.fixture(autouse=True)
def marks(tmp_path, monkeypatch):
    monkeypatch.setitem(PLAN, "marks", tmp_path / "marks")
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


def plan(**changes):
    return Plan(**PLAN | changes)


def the(server, *, adopted=False):
    return GitDirectory(server.directory, adopted)


def packs(server):
    return sorted(path.name for path in (server.directory / "objects/pack").glob("*.pack"))


def temporary(server):
    """Whatever a git that ended leaves to nobody."""
    names = [path.name for path in server.directory.rglob("*")]
    return [name for name in names if name.startswith(("tmp_", ".tmp-")) or name.endswith((".lock", ".new"))]


def clone(server, target):
    """The refs of a fetch of everything."""
    made = Repository(target)
    made.git("fetch", "--quiet", f"file://{server.path}", "+refs/*:refs/*")
    return refs(made)


def history(server, count):
    commits = [(number, [number - 1] if number else []) for number in range(count)]
    server.import_history(commits, [("refs/heads/main", count - 1)], files=50)


async def small_pushes(server, client, hooks, count, *, first=0):
    """Pushes of one commit each; what was acknowledged, by ref."""
    acknowledged = {}
    for number in range(first, first + count):
        branch = f"b{number % 20}"
        old = acknowledged.get(f"refs/heads/{branch}") or server.git(
            "rev-parse", "--verify", "-q", branch, check=False
        )
        new = client.commit(f"commit {number}", branch)
        request = push_request_of(client, old or ZERO, new, f"refs/heads/{branch}")
        answer = await push(server, hooks, request)
        assert f"ok refs/heads/{branch}" in answer, answer
        acknowledged[f"refs/heads/{branch}"] = new
    return acknowledged


def push_request_of(client, old, new, name):
    lines = f"{old} {new} {name}".encode() + b"\0report-status agent=test"
    excluded = "" if old == ZERO else f"^{old}\n"
    packed = client.raw("pack-objects", "--revs", "--stdout", "-q", stdin=f"{new}\n{excluded}".encode())
    return encode(lines) + FLUSH + packed


async def test_after_many_small_pushes_there_are_few_packs_and_everything_is_there(
    server, client, hooks, tmp_path
):
    acknowledged = await small_pushes(server, client, hooks, PUSHES)
    before = await look(the(server))

    after = await maintain(the(server), plan())

    assert (before.loose, before.loose_refs) == (PUSHES * 3, 20)
    assert (after.packs, after.loose, after.loose_refs, after.unindexed) == (1, 0, 0, 0)
    assert (after.has_bitmap, after.has_graph) == (True, True)
    assert dict(line.split(" ")[::-1] for line in refs(server).splitlines()) == acknowledged
    assert clone(server, tmp_path / "clone") == refs(server)
    assert is_intact(server.directory)
    assert temporary(server) == []
    assert await maintain(the(server), plan()) == after


async def test_each_pack_is_twice_the_next_so_old_history_is_rarely_written_again(server, client, hooks):
    history(server, 300)
    await maintain(the(server), plan(whole=True))
    (first,) = packs(server)

    for round_ in range(6):
        await small_pushes(server, client, hooks, 3, first=round_ * 3)
        await maintain(the(server), plan())
        assert first in packs(server)

    assert len(packs(server)) <= 3
    assert (await maintain(the(server), plan(whole=True))).packs == 1


async def test_what_no_ref_reaches_is_kept_until_it_was_found_twice(server):
    kept = server.commit("kept")
    lost = server.commit("lost", "branch")
    server.git("update-ref", "-d", "refs/heads/branch")
    long_ago = time.time() - 400 * 86400
    for path in (server.directory / "objects").rglob("*"):
        os.utime(path, (long_ago, long_ago))

    def has(commit):
        return server.git("cat-file", "-t", commit, check=False) == "commit"

    for _ in range(2):
        await maintain(the(server), plan(whole=True, expire=3600.0))
        assert has(lost), "it was pushed long ago, and found unreachable just now"
    await asyncio.sleep(2.1)
    (server.directory / "objects/tmp_objdir-incoming-x").mkdir()
    await maintain(the(server), plan(whole=True, expire=1.0))
    assert has(lost), "a push is under way, which may need it"
    (server.directory / "objects/tmp_objdir-incoming-x").rmdir()
    await asyncio.sleep(2.1)
    await maintain(the(server), plan(whole=True, expire=1.0))

    assert not has(lost)
    assert has(kept)
    assert is_intact(server.directory)


@pytest.mark.parametrize("kind", ["empty", "borrowing", "shallow", "worktree", "sha256"])
async def test_directories_of_every_kind_are_put_in_order(server, tmp_path, kind):
    origin = Repository(tmp_path / "origin.git")
    for number in range(5):
        origin.commit(f"commit {number}")
    if kind in {"borrowing", "shallow"}:
        shutil.rmtree(server.path)
        flags = {"borrowing": ["--shared"], "shallow": ["--depth=2", "--no-local"]}[kind]
        origin.git("clone", "--quiet", "--bare", *flags, str(origin.path), str(server.path))
    if kind == "sha256":
        shutil.rmtree(server.path)
        origin.git("init", "-q", "--bare", "--object-format=sha256", str(server.path))
    directory = the(server, adopted=kind in {"shallow", "worktree"})
    if kind == "worktree":
        server.commit()
        server.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "tree"), "main")
        directory = GitDirectory(server.directory / "worktrees/tree", adopted=True)
    if kind != "empty":
        server.commit("own", "mine")

    for whole in (False, True, False):
        state = await maintain(directory, plan(whole=whole, expire=1.0))

    assert state.loose == 0
    assert state.packs == (0 if kind == "empty" else 1)
    assert state.has_bitmap == (kind in {"worktree", "sha256"})
    assert is_intact(server.directory)


async def test_a_repository_that_is_not_there_is_said_to_be_gone(server):
    server.commit()
    shutil.rmtree(server.path)

    with pytest.raises(NotFound):
        await maintain(the(server), plan())


async def test_a_repository_that_goes_meanwhile_is_gone_and_does_not_come_back(server):
    server.commit()
    steps = []

    def go(step):
        steps.append(step)
        server.path.rename(server.path.with_name(".tmp-gone"))

    with pytest.raises(NotFound):
        await maintain(the(server), plan(progress=go))
    assert len(steps) == 1
    assert not server.path.exists()


async def test_two_are_never_at_one_directory_and_a_git_of_the_dead_counts(server):
    server.commit()
    held = os.open(server.directory / "objects", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    # The server has died, and a git that it had started lives on with the descriptor.
    orphan = subprocess.Popen(["sleep", "60"], pass_fds=[held])
    os.close(held)

    with pytest.raises(Conflict):
        await maintain(the(server), plan())
    orphan.kill()
    orphan.wait()

    assert (await maintain(the(server), plan())).packs == 1


async def test_git_gets_what_others_leave_of_the_processor(server):
    history(server, 3000)
    running = asyncio.create_task(maintain(the(server), plan(whole=True)))
    seen = []
    while not running.done():
        await asyncio.sleep(0.01)
        for process in children():
            try:
                seen.append(process.nice())
            except psutil.NoSuchProcess:
                continue
    await running

    assert seen
    # The moment between its start and our saying so is the only exception.
    assert seen.count(19) >= len(seen) - 5


async def test_leftovers_of_killed_gits_go_and_locks_of_living_ones_stay(server):
    server.commit()
    objects = server.directory / "objects"
    pack, graphs = objects / "pack", objects / "info/commit-graphs"
    graphs.mkdir(parents=True)
    ours = [
        pack / "tmp_pack_aB3",
        pack / ".tmp-99-pack-0.idx",
        pack / "multi-pack-index.lock",
        graphs / "tmp_graph_x",
    ]
    anybodys = [server.directory / "packed-refs.lock", server.directory / "refs/heads/main.lock"]
    for path in [*ours, *anybodys]:
        path.touch()
    open_one = pack / "tmp_idx_open"
    living = subprocess.Popen(["sh", "-c", f"exec sleep 60 >{open_one}"])
    while not open_one.exists():
        await asyncio.sleep(0.01)

    await maintain(the(server), plan())
    assert [path.exists() for path in [*ours, *anybodys]] == [False] * 4 + [True] * 2
    assert open_one.exists()

    living.kill()
    living.wait()
    long_ago = time.time() - 4000
    for path in anybodys:
        os.utime(path, (long_ago, long_ago))
    await maintain(the(server), plan())
    assert temporary(server) == []

    theirs = pack / "tmp_pack_theirs"
    theirs.touch()
    await maintain(the(server, adopted=True), plan())
    assert theirs.exists(), "in a directory that is not ours somebody may be at it by hand"


async def cleaned(server):
    """What is left of the killed; one that is still dying has its files open."""
    for _ in range(1500):
        remove_leftovers(server.directory, of_upkeep=True, locks_age=60)
        if not temporary(server):
            break
        await asyncio.sleep(0.02)
    return temporary(server)


async def test_killed_at_random_moments_it_leaves_a_whole_repository_every_time(server, client, hooks):
    chance = random.Random(5)
    history(server, 2000)
    acknowledged, cut = {}, 0
    began, clock = time.time(), time.monotonic()
    await maintain(the(server), plan(whole=True))
    longest = time.monotonic() - clock
    for number in range(KILLS):
        acknowledged |= await small_pushes(server, client, hooks, 2, first=2 * number)
        running = asyncio.create_task(maintain(the(server), plan(whole=number % 2 == 0, expire=1.0)))
        begun = time.monotonic()
        await asyncio.wait([running], timeout=chance.uniform(0, longest))
        if running.done():
            # It was quicker than the first one, or the machine is by now.
            longest = time.monotonic() - begun
        for process in children():
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        try:
            await running
        except GitError:
            cut += 1
        for path in (*server.directory.rglob("*.lock"), *server.directory.glob("packed-refs.new")):
            os.utime(path, (began - 60, began - 60))
        # The first that the next one does. Until then a lock may keep a push from a ref.
        assert await cleaned(server) == []
        assert is_intact(server.directory), number
        assert {name: server.git("rev-parse", name) for name in acknowledged} == acknowledged

    assert cut
    state = await maintain(the(server), plan())
    assert (state.loose, state.unindexed, state.has_bitmap) == (0, 0, True)
    assert temporary(server) == []
    assert leftovers(server) == []


async def test_refs_that_a_killed_git_was_packing_are_free_at_once(server, marks):
    tip = server.commit()
    for number in range(100):
        names = [f"create refs/heads/r{number}-{one} {tip}\n" for one in range(50)]
        server.git("update-ref", "--stdin", stdin="".join(names).encode())
        running = asyncio.create_task(maintain(the(server), plan()))
        while not running.done() and not any((server.directory / "refs/heads").glob("*.lock")):
            await asyncio.sleep(0)
        for process in children():
            process.kill()
        await asyncio.gather(running, return_exceptions=True)
        if any(server.directory.rglob("*.lock")):
            break

    assert any(server.directory.rglob("*.lock"))
    await asyncio.to_thread(clean_after_dead, marks)
    assert not [*server.directory.glob("refs/**/*.lock"), *server.directory.glob("*.lock")]
    assert not any(marks.iterdir())


async def test_a_stop_of_the_server_ends_git_and_leaves_nothing(server, marks):
    history(server, 2000)
    running = asyncio.create_task(maintain(the(server), plan(whole=True)))
    while not children():
        await asyncio.sleep(0.001)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert children() == []
    assert is_intact(server.directory)
    # A signal may find git between making a lock and noting that it is to be removed.
    await asyncio.to_thread(clean_after_dead, marks)
    await maintain(the(server), plan())
    assert temporary(server) == []


async def test_without_room_it_says_so_and_nothing_is_lost(server, tmp_path):
    blobs = [server.git("hash-object", "-w", "--stdin", stdin=os.urandom(200_000)) for _ in range(5)]
    tree = server.git(
        "mktree", stdin="".join(f"100644 blob {b}\tf{n}\n" for n, b in enumerate(blobs)).encode()
    )
    commit = server.git("commit-tree", tree, "-m", "large")
    server.git("update-ref", "refs/heads/main", commit)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    try:
        with pytest.raises((Unavailable, GitError)) as raised:
            await maintain(the(server), plan())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handled)

    assert is_intact(server.directory)
    assert temporary(server) == []
    assert refs(server) == f"{commit} refs/heads/main"
    assert "git repack" in str(raised.value) or "no room" in str(raised.value)
    assert (await maintain(the(server), plan())).packs == 1


async def test_a_full_disk_is_named_and_costs_nothing(client, tmp_path):
    mounted = tmp_path / "small"
    mounted.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(mounted)], capture_output=True
    )
    if done.returncode:
        pytest.skip("no file system can be mounted here; RLIMIT_FSIZE in the test before has to do")
    try:
        server = Repository(mounted / "server.git")
        blobs = [server.git("hash-object", "-w", "--stdin", stdin=os.urandom(200_000)) for _ in range(9)]
        lines = "".join(f"100644 blob {blob}\tf{number}\n" for number, blob in enumerate(blobs))
        commit = server.git("commit-tree", server.git("mktree", stdin=lines.encode()), "-m", "large")
        server.git("update-ref", "refs/heads/main", commit)

        with pytest.raises(Unavailable, match="no room on the disk"):
            await maintain(the(server), plan())

        assert is_intact(server.directory)
        assert temporary(server) == []
        assert refs(server) == f"{commit} refs/heads/main"
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


async def test_pushes_and_clones_meanwhile_lose_nothing(server, client, hooks, tmp_path):
    history(server, 1500)
    stopped, rounds, clones = False, 0, 0
    main = server.git("rev-parse", "main")

    async def keep_in_order():
        nonlocal rounds
        while not stopped:
            await maintain(the(server), plan(whole=rounds % 3 == 0, expire=60.0))
            rounds += 1

    async def keep_cloning():
        nonlocal clones
        arguments = b"".join(map(encode, [f"want {main}\n".encode(), b"done\n"]))
        request = encode(b"command=fetch\n") + b"0001" + arguments + FLUSH
        while not stopped:
            served = transport.serve(the(server), Service.UPLOAD_PACK, "version=2", pieces(request), LIMITS)
            answer = b"".join([piece async for piece in served])
            assert answer.endswith(b"0000")
            clones += 1

    async def push_then_stop():
        nonlocal stopped
        try:
            landed = await small_pushes(server, client, hooks, 60)
            while min(rounds, clones) < 3:
                await asyncio.sleep(0.01)
            return landed
        finally:
            stopped = True

    acknowledged, *_ = await asyncio.gather(push_then_stop(), keep_in_order(), keep_cloning())

    assert {name: server.git("rev-parse", name) for name in acknowledged} == acknowledged
    assert is_intact(server.directory)
    assert clone(server, tmp_path / "clone") == refs(server)


async def test_a_kept_cat_file_still_finds_everything_after_packing(server, objects):
    old = server.commit("old")
    directory = the(server)
    assert [one.hash for one in await objects.commits(directory, [old])] == [old]

    await maintain(directory, plan(whole=True))
    new = server.commit("new")
    await maintain(directory, plan(whole=True))
    older = server.git("rev-parse", f"{new}^{{tree}}")

    assert [one.hash for one in await objects.commits(directory, [new, old])] == [new, old]
    (tree,) = await objects.contents(directory, [older])
    assert tree.kind == "tree"
