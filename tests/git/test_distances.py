"""How far branches are from the main one, by one git for many."""

import pytest
from support.repositories import Repository

from bitpail.git import distances
from bitpail.git.directories import GitDirectory

pytestmark = pytest.mark.anyio

MAIN = "refs/heads/main"


@pytest.fixture
def git(tmp_path):
    return Repository(tmp_path / "repo.git")


def commit(git, *parents, message="x"):
    tree = git.git("mktree", stdin=b"")
    return git.git("commit-tree", tree, "-m", message, *[word for one in parents for word in ("-p", one)])


async def test_many_branches_of_any_name_are_counted_as_each_alone_is(git):
    first = commit(git)
    main = commit(git, commit(git, first, message="a"), message="b")
    ahead = commit(git, first, message="c")
    apart = commit(git, message="nothing in common")
    tips = {MAIN: main, "refs/heads/a=b": first, "refs/heads/x/ü": ahead, "refs/heads/\udcff.y": apart}
    tips |= {"refs/heads/q'\"": commit(git, main, ahead, message="d"), "refs/heads/main.remote": main}
    for name, tip in tips.items():
        line = f"create {name}\0{tip}\0".encode("utf-8", "surrogateescape")
        git.raw("update-ref", "--stdin", "-z", stdin=line)
    directory = GitDirectory(git.path)

    found = await distances.of_branches(directory, list(tips), MAIN, 10)

    assert found == {tip: await distances.between(directory, tip, main, 10) for tip in tips.values()}
    assert found[ahead] == (1, 2)
    assert found[main] == (0, 0)


async def test_where_the_repository_says_where_a_branch_goes_it_is_left_out(git):
    first = commit(git)
    second = commit(git, first, message="a")
    for name, tip in (("main", second), ("own", first), ("other", first)):
        git.git("update-ref", f"refs/heads/{name}", tip)
    git.git("config", "branch.own.remote", "origin")
    git.git("config", "branch.own.merge", "refs/heads/other")

    found = await distances.of_branches(GitDirectory(git.path), ["refs/heads/own"], MAIN, 10)

    assert found == {}
