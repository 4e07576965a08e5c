"""The history of a file, from any page on, is what ``git log --follow`` says."""

import random

import pytest
from support.repositories import EPOCH, Repository

from bitpail.git import file_history
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import RepositoryPath

pytestmark = pytest.mark.anyio

NAMES = ["a.txt", "b.txt", "c.txt"]


@pytest.fixture
def git(tmp_path):
    return Repository(tmp_path / "git")


def make(git, seed, *, skewed=False, equal=False, commits=60):
    """A history with merges in which files change, move, are copied, go and come back: its tip and its files."""
    chance = random.Random(seed)
    trees, lines = [], []
    for number in range(commits):
        parents = []
        if trees:
            parents = [max(0, len(trees) - 1 - chance.randrange(4))]
            if number == commits - 1:
                parents = [commits - 2, commits - 3]
            elif chance.random() < 0.25:
                parents = list(dict.fromkeys([*parents, chance.randrange(len(trees))]))
        tree = dict(trees[parents[0]]) if parents else {"a.txt": text(chance)}
        change(chance, tree)
        time = EPOCH + (0 if equal else number * 10 + (chance.randrange(-400, 400) if skewed else 0))
        lines += [f"commit refs/import/c{number}", f"mark :{number + 1}", f"committer A <a@b.c> {time} +0000"]
        lines += ["data 1", "x"]
        lines += [f"{'merge' if place else 'from'} :{parent + 1}" for place, parent in enumerate(parents)]
        lines += ["deleteall"]
        for name, content in tree.items():
            lines += [f"M 100644 inline {name}", f"data {len(content)}", content]
        trees.append(tree)
    git.git("fast-import", "--quiet", "--date-format=raw-permissive", stdin="\n".join([*lines, ""]).encode())
    return git.git("rev-parse", f"refs/import/c{commits - 1}"), trees[-1]


def text(chance):
    return "".join(f"{chance.randrange(1000)} line {line}\n" for line in range(20))


def change(chance, tree):
    kind = chance.random()
    name = chance.choice(sorted(tree)) if tree else None
    if name is None or kind < 0.1:
        tree[chance.choice(NAMES)] = text(chance)
    elif kind < 0.6:
        lines = tree[name].splitlines()
        lines[chance.randrange(len(lines))] = f"changed {chance.randrange(10**6)}"
        tree[name] = "\n".join(lines) + "\n"
    elif kind < 0.8:
        tree[chance.choice(NAMES)] = tree.pop(name)
    elif kind < 0.9:
        tree[chance.choice(NAMES)] = tree[name]
    else:
        del tree[name]


def follow(git, tip, name):
    return git.git("log", "--follow", "--format=%H", tip, "--", name).split()


async def walked(git, tip, name, count, *, renames=True):
    directory = GitDirectory(git.directory)
    walk = file_history.begin(tip, RepositoryPath(name), renames=renames)
    found, anew = [], 0
    while walk is not None:
        anew += not walk.frontier
        page, walk = await file_history.page(directory, walk, count)
        assert page or not found
        found += page
    return found, anew


@pytest.mark.parametrize("seed", range(12))
async def test_pages_are_what_follow_says(git, seed):
    tip, tree = make(git, seed)

    for name in {*tree, "a.txt"}:
        for count in (1, 3, 7):
            found, anew = await walked(git, tip, name, count)
            assert [one.commit for one in found] == follow(git, tip, name)
            # Where clocks are right no page walks over what earlier ones did.
            assert anew == 0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("how", [{"skewed": True}, {"equal": True}, {"equal": True, "commits": 100}])
async def test_pages_are_what_follow_says_whatever_the_clocks_said(git, seed, how):
    tip, tree = make(git, seed, **how)

    for name in {*tree, "a.txt"}:
        for count in (1, 4):
            found, _ = await walked(git, tip, name, count)
            assert [one.commit for one in found] == follow(git, tip, name)


@pytest.mark.parametrize("seed", range(6))
async def test_without_renames_each_commit_that_touched_the_name_is_there(git, seed):
    tip, tree = make(git, seed)

    for name in {*tree, "a.txt"}:
        found, _ = await walked(git, tip, name, 4, renames=False)
        said = git.git("log", "--full-history", "--no-merges", "--no-renames", "--format=%H", tip, "--", name)
        assert [one.commit for one in found] == said.split()
        for one in found:
            there = git.git("ls-tree", one.commit, name) or git.git("ls-tree", f"{one.commit}^", name)
            assert one.entry.hash == there.split()[2]
            assert one.entry.path == name
