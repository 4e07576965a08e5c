"""How far branches are from the main one, by one git for many; what one has that another has not."""

import random

import pytest
from support.repositories import EPOCH, Repository

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


@pytest.mark.parametrize("has_graph", [True, False])
@pytest.mark.parametrize("skew", [0, 300])
async def test_what_one_has_is_what_git_finds_and_shows_where_both_parted(git, skew, has_graph):
    chance = random.Random(skew)
    commits = []
    for number in range(120):
        near = range(max(0, number - 12), number)
        parents = chance.sample(near, min(len(near), chance.choice([0, 1, 1, 1, 1, 1, 1, 2])))
        commits.append((EPOCH + number * 10 + chance.randint(-skew, skew), parents))
    git.import_history(commits, [(f"refs/heads/b{number}", number) for number in range(120)])
    if has_graph:
        git.git("commit-graph", "write", "--reachable")
    hashes = git.git("for-each-ref", "--format=%(objectname)").split()
    directory = GitDirectory(git.path)
    seen = set()

    for one, other in [chance.sample(hashes, 2) for _ in range(60)]:
        span = f"{other}..{one}"
        found = await distances.only_in(directory, one, other, 1000, 10)
        few = await distances.only_in(directory, one, other, 3, 10)
        listed = found.commits(1000)
        met = set(git.git("merge-base", "--all", one, other, check=False).split())

        assert set(listed) == set(git.git("rev-list", span).split())
        assert listed == git.git("rev-list", "--date-order", span).split()
        assert few.commits(1000) == listed[:3]
        assert (found.is_cut, few.is_cut) == (False, len(listed) > 3)
        if listed:
            entrances = found.entrances()
            assert met <= entrances
            seen.add(min(len(entrances), 2))
            # One alone is the one, and none says that there is none.
            assert len(entrances) > 1 or met == entrances
    assert seen == {0, 1, 2}
