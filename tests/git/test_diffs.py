"""What differs between commits, as git tells it."""

import pytest

from bitpail.git import diffs
from bitpail.git.diffs import How, Sides
from bitpail.git.directories import GitDirectory

pytestmark = pytest.mark.anyio


def _commit(git, files, *parents):
    blobs = {name: git.git("hash-object", "-w", "--stdin", stdin=content) for name, content in files.items()}
    entries = "".join(f"100644 blob {blob}\t{name}\n" for name, blob in blobs.items())
    given = [word for parent in parents for word in ("-p", parent)]
    return git.git("commit-tree", git.git("mktree", stdin=entries.encode()), "-m", "a commit", *given)


async def test_the_beginning_of_a_difference_ends_with_a_whole_line_and_says_that_there_is_more(client):
    first = _commit(client, {"a": b""})
    second = _commit(client, {"a": b"".join(b"line %d\n" % number for number in range(1000))}, first)
    sides = Sides(first, second)

    part, is_whole = await diffs.beginning(GitDirectory(client.path), sides, How(), 500)
    everything, is_all = await diffs.beginning(GitDirectory(client.path), sides, How(), 1_000_000)

    assert (is_whole, is_all) == (False, True)
    assert part.endswith(b"\n")
    assert len(part) <= 500
    assert everything.startswith(part)
    assert everything.endswith(b"+line 999\n")
