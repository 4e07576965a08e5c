"""Lines and the commits that they are from, as git blame has them."""

import os

import pytest
from support.files import commit_files
from support.repositories import Repository

from bitpail.git.blame import blame
from bitpail.git.directories import GitDirectory

pytestmark = pytest.mark.anyio


@pytest.fixture
def git(tmp_path):
    return Repository(tmp_path / "git")


async def parts(git, commit, path, first, last, seconds=60.0):
    return await blame(GitDirectory(git.path, adopted=False), commit, path, first, last, seconds)


@pytest.mark.parametrize("names", [("a.txt", "b.txt"), ('q"\\', "x\ty é"), ("dir/line\nend", b"\xff")])
async def test_each_line_has_its_commit_its_old_name_and_what_was_before(git, names):
    old, new = names
    first = commit_files(git, {old: "1\n2\n3\n4\n5\n6\n7\n8\n"})
    second = commit_files(git, {new: "1\n2\n3\n4\n5\n6\n7\n8\n"})
    third = commit_files(git, {new: "1\n2\nx\n4\n5\n6\n7\n8\n9\n"})
    old, new = (
        name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name for name in names
    )

    found, is_whole = await parts(git, third, new, 2, 9)

    assert is_whole
    assert [(one.first, one.count, one.commit, one.path) for one in found] == [
        (2, 1, first, old),
        (3, 1, third, new),
        (4, 5, first, old),
        (9, 1, third, new),
    ]
    assert found[1].previous == (second, new)
    assert found[0].previous is None


async def test_a_message_can_be_no_part_of_the_answer(git):
    commit_files(git, {"a": "1\n"})
    tree = git.git("rev-parse", "HEAD^{tree}")
    hostile = git.git(
        "commit-tree", tree, "-m", "previous x\nfilename y", GIT_AUTHOR_NAME="filename z", GIT_COMMITTER_NAME="previous"
    )  # fmt: skip

    found, _ = await parts(git, hostile, "a", 1, 1)

    assert [(one.commit, one.path, one.previous) for one in found] == [(hostile, "a", None)]


async def test_when_time_is_up_there_is_what_was_found_so_far(git):
    first = commit_files(git, {"a": "1\n" * 100})
    tip = commit_files(git, {"a": "1\n" * 99 + "2\n"})
    # Who opens it waits for a writer that never comes: git knows of the last line when it gets here.
    stuck = git.path / "objects" / first[:2] / first[2:]
    stuck.unlink()
    os.mkfifo(stuck)

    found, is_whole = await parts(git, tip, "a", 1, 100, seconds=1.0)

    assert not is_whole
    assert all((one.first, one.count, one.commit) == (100, 1, tip) for one in found)
