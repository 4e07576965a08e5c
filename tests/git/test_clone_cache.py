"""One git for everybody who asks the same at once, a file for those who come later, and never half an answer."""

import asyncio
import os
from contextlib import aclosing, suppress

import pytest
from support.processes import children
from support.pushes import LIMITS

from bitpail.errors import GitError, Invalid
from bitpail.git.clone_cache import CloneCache, Wanted
from bitpail.git.clone_files import CloneFiles
from bitpail.git.directories import GitDirectory
from bitpail.wire.packet_lines import FLUSH, encode, parse

pytestmark = pytest.mark.anyio

FLOOD = 4 << 20


@pytest.fixture
def commit(server):
    """A commit whose pack is larger than what pipes and sockets hold."""
    blob = server.git("hash-object", "-w", "--stdin", stdin=os.urandom(FLOOD))
    tree = server.git("mktree", stdin=f"100644 blob {blob}\tfile\n".encode())
    made = server.git("commit-tree", tree, "-m", "large")
    server.git("update-ref", "refs/heads/main", made)
    return made


@pytest.fixture
async def cache(tmp_path, anyio_backend):
    made = CloneCache(tmp_path / "cache", 64 << 20)
    yield made
    await made.close()


def wanted(server, want, key="key", **changes):
    arguments = [f"want {want}\n".encode(), b"done\n"]
    request = encode(b"command=fetch\n") + b"0001" + b"".join(map(encode, arguments)) + FLUSH
    values = {"repository": "r", "is_whole": True, "is_likely": True, **changes}
    return Wanted(key=key, directory=GitDirectory(server.directory), request=request, **values)


async def read(answer):
    async with aclosing(answer.pieces) as pieces:
        return b"".join([piece async for piece in pieces])


def files(cache):
    return [path for path in cache._files.root.rglob("*") if path.is_file()]


def is_whole(answer):
    packets = parse(answer)
    return packets[0] == b"packfile\n" and answer.endswith(b"0000") and len(answer) > FLOOD


async def test_readers_at_once_share_one_git_and_later_ones_need_none(cache, server, commit):
    answers = [cache.answer(wanted(server, commit), LIMITS) for _ in range(8)]
    await asyncio.sleep(0)

    assert len(children()) <= 1
    given = await asyncio.gather(*map(read, answers))
    assert is_whole(given[0])
    assert set(given) == {given[0]}

    later = cache.answer(wanted(server, commit), LIMITS)
    assert later.length == len(given[0])
    assert await read(later) == given[0]
    assert children() == []
    counts = cache.counts
    assert (counts.misses, counts.follows, counts.hits, counts.passed) == (1, 7, 1, 0)
    assert counts.bytes == 8 * len(given[0])


async def test_a_slow_reader_and_one_that_leaves_disturb_nobody(cache, server, commit):
    leader, slow, follower = (cache.answer(wanted(server, commit), LIMITS).pieces for _ in range(3))
    first = await anext(slow)
    await anext(leader)
    await leader.aclose()

    whole = await read(type("Answer", (), {"pieces": follower}))

    assert is_whole(whole)
    assert children() == []  # git does not wait for the slow one
    assert first + b"".join([piece async for piece in slow]) == whole


async def test_when_nobody_is_left_git_ends_and_nothing_stays(cache, server, commit):
    server.git("config", "pack.compression", "9")
    readers = [cache.answer(wanted(server, commit), LIMITS).pieces for _ in range(2)]
    for reader in readers:
        await anext(reader)
    assert children()

    for reader in readers:
        await reader.aclose()
    async with asyncio.timeout(60):
        while children() or files(cache):
            await asyncio.sleep(0.01)

    assert is_whole(await read(cache.answer(wanted(server, commit), LIMITS)))


async def test_a_git_that_fails_or_is_killed_is_no_answer(cache, server, commit):
    with pytest.raises(Invalid):
        await read(cache.answer(wanted(server, "1" * 39), LIMITS))
    assert files(cache) == []

    answers = [cache.answer(wanted(server, commit), LIMITS) for _ in range(3)]
    firsts = [await anext(answer.pieces) for answer in answers]
    assert all(firsts)
    for child in children():
        child.kill()
    for answer in answers:
        with pytest.raises(GitError):
            await read(answer)
    assert files(cache) == []
    assert cache.answer(wanted(server, commit), LIMITS).length is None


async def test_what_breaks_off_in_git_itself_is_not_kept(cache, server, commit):
    blob = server.git("rev-parse", f"{commit}:file")
    (server.directory / "objects" / blob[:2] / blob[2:]).unlink()

    answer = cache.answer(wanted(server, commit), LIMITS)
    with suppress(GitError):
        await read(answer)

    assert files(cache) == []


async def test_what_is_asked_once_is_not_written(cache, server, commit):
    once = wanted(server, commit, is_likely=False)

    assert cache.answer(once, LIMITS) is None
    assert files(cache) == []
    assert is_whole(await read(cache.answer(once, LIMITS)))
    assert cache.answer(once, LIMITS).length


async def test_a_file_that_was_cut_or_changed_in_length_is_not_served(cache, server, commit):
    await read(cache.answer(wanted(server, commit), LIMITS))
    for damage in (lambda file: os.truncate(file, 1000), lambda file: os.truncate(file, 0)):
        (file,) = files(cache)
        damage(file)
        again = cache.answer(wanted(server, commit), LIMITS)
        assert again.length is None
        assert is_whole(await read(again))


async def test_what_was_not_used_for_longest_goes_first(tmp_path, server, commit):
    cache = CloneCache(tmp_path / "cache", int(2.5 * FLOOD))
    for key in ("one", "two"):
        await read(cache.answer(wanted(server, commit, key), LIMITS))
        await asyncio.sleep(0.02)
    assert cache.answer(wanted(server, commit, "one"), LIMITS).length
    await asyncio.sleep(0.02)
    await read(cache.answer(wanted(server, commit, "three"), LIMITS))
    await cache.close()

    assert sorted(path.name for path in files(cache)) == ["one", "three"]


async def test_nothing_is_kept_without_room_or_when_switched_off(tmp_path, server, commit):
    off = CloneCache(tmp_path / "off", 0)
    small = CloneCache(tmp_path / "small", FLOOD // 2)

    assert off.answer(wanted(server, commit), LIMITS) is None
    part = wanted(server, commit, is_whole=False)
    assert is_whole(await read(small.answer(part, LIMITS)))  # who reads it while it is made gets it
    await small.close()
    assert files(small) == []
    server.git("repack", "-q", "-a", "-d")
    assert small.answer(wanted(server, commit), LIMITS) is None
    assert not (tmp_path / "off").exists()
    assert not small._files.has_room(1 << 60)


async def test_a_directory_that_cannot_be_written_costs_the_cache_only(tmp_path, server, commit):
    (tmp_path / "file").write_text("")

    assert CloneCache(tmp_path / "file", 1 << 30).answer(wanted(server, commit), LIMITS) is None


async def test_what_crashes_left_is_removed_and_what_others_write_is_not(tmp_path, cache, server, commit):
    await read(cache.answer(wanted(server, commit), LIMITS))
    own, _ = CloneFiles(tmp_path / "cache", 1), cache.forget("other")
    _, running = own.begin("r")
    crashed = running.with_name(".999999999-17-1")
    reused = running.with_name(f".{os.getpid()}-17-1")
    for path in (crashed, reused):
        path.write_text("half of it")

    cache.sweep()

    assert sorted(path.name for path in files(cache)) == sorted(["key", running.name])
    cache.forget("r")
    assert files(cache) == []
