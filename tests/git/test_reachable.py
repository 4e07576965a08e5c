"""What refs reach may be had; nothing else, whatever git has of it."""

import pytest
from support.repositories import Repository

from bitpail.errors import GitError
from bitpail.git.directories import GitDirectory
from bitpail.git.reachable import Reachable, Tips

pytestmark = pytest.mark.anyio


@pytest.fixture
def made(server):
    """Objects by what they are: three commits, of which one was pushed away."""
    found = {"first": server.commit("one")}
    found["second"] = server.commit("two")
    found["gone"] = server.commit("secret")
    server.git("update-ref", "refs/heads/main", found["second"])
    server.git("tag", "-a", "-m", "v1", "v1", found["first"])
    server.git("tag", "-a", "-m", "v2", "v2", found["first"])
    found["tag"] = server.git("rev-parse", "refs/tags/v1")
    found["deleted tag"] = server.git("rev-parse", "refs/tags/v2")
    server.git("tag", "-d", "v2")
    server.git("tag", "-a", "-m", "outer", "outer", found["tag"])
    server.git("update-ref", "-d", "refs/tags/v1")
    for name in ("first", "second", "gone"):
        found[f"tree of {name}"] = server.git("rev-parse", f"{found[name]}^{{tree}}")
        found[f"blob of {name}"] = server.git("rev-parse", f"{found[name]}:file.txt")
    found["missing"] = "1" * 40
    return found


def tips(repository):
    hashes = repository.git("for-each-ref", "--format=%(objectname)").split()
    return Tips(frozenset(hashes), "".join(hashes).encode())


BEYOND = {"gone", "deleted tag", "tree of gone", "blob of gone", "missing"}


@pytest.mark.parametrize("bitmaps", [False, True])
async def test_each_kind_of_object_is_told_apart_with_bitmaps_and_without(server, made, bitmaps):
    if bitmaps:
        server.git("repack", "-q", "-a", "-d", "-k", "--write-bitmap-index")
        server.git("repack", "-q", "-a", "-d", "--keep-unreachable", "--write-bitmap-index")
    directory, reachable = GitDirectory(server.directory), Reachable()

    for _ in range(2):  # the second time from memory
        refused = {
            name for name, hash_ in made.items() if await reachable.beyond(directory, tips(server), [hash_])
        }
        assert refused == BEYOND


async def test_one_that_may_not_be_had_does_not_spoil_the_others(server, made):
    directory, reachable = GitDirectory(server.directory), Reachable()

    for bad in ("missing", "gone", "blob of gone"):
        asked = [made["first"], made["blob of first"], made[bad]]
        assert await reachable.beyond(directory, tips(server), asked) == {made[bad]}
        assert await reachable.beyond(directory, tips(server), asked[:2]) == set()


async def test_what_was_reachable_is_not_when_the_refs_have_changed(server, made):
    directory, reachable = GitDirectory(server.directory), Reachable()
    asked = [made["second"], made["blob of second"]]
    assert await reachable.beyond(directory, tips(server), asked) == set()

    server.git("update-ref", "refs/heads/main", made["first"])

    assert await reachable.beyond(directory, tips(server), asked) == set(asked)


async def test_commits_that_a_client_claims_are_only_hidden_if_they_are_there(server, made):
    directory, reachable = GitDirectory(server.directory), Reachable()
    asked = [made[name] for name in ("first", "gone", "missing", "second")]

    assert await reachable.hidden_commits(directory, tips(server), asked) == {made["gone"]}


async def test_nothing_is_reachable_in_an_empty_repository(tmp_path):
    empty = Repository(tmp_path / "empty.git")
    blob = empty.git("hash-object", "-w", "--stdin", stdin=b"x")

    assert await Reachable().beyond(GitDirectory(empty.directory), tips(empty), [blob]) == {blob}


async def test_looking_for_a_file_ends_in_time_and_refuses(server, made):
    server.git("config", "core.commitGraph", "false")
    directory = GitDirectory(server.directory)

    assert await Reachable(patience=0).beyond(directory, tips(server), [made["blob of first"]])


async def test_a_broken_repository_is_no_mistake_of_the_client(server, made):
    (server.directory / "objects" / made["second"][:2] / made["second"][2:]).unlink()

    with pytest.raises(GitError):
        await Reachable().beyond(GitDirectory(server.directory), tips(server), [made["first"]])
