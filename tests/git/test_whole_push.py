"""A small push that is called whole makes nothing reachable that was neither sent nor reachable before."""

import random
from collections import Counter
from pathlib import Path

import pytest

from bitpail.git.directories import GitDirectory
from bitpail.git.objects import Objects
from bitpail.git.whole_push import is_whole

pytestmark = pytest.mark.anyio


class Pushing:
    """What is written is sent: it lies in quarantine, beside the repository's own objects."""

    def __init__(self, server, place: Path) -> None:
        self.server, self.place = server, place
        place.mkdir()
        self.env = {
            "GIT_OBJECT_DIRECTORY": str(place),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(server.directory / "objects"),
        }

    def git(self, *arguments, stdin=b""):
        return self.server.git(*arguments, stdin=stdin, **self.env)

    def blob(self, text):
        return self.git("hash-object", "-w", "--stdin", stdin=text.encode())

    def tree(self, entries):
        lines = [
            f"{'040000 tree' if kind == 'tree' else '100644 blob'} {name}\t{path}\n"
            for path, kind, name in entries
        ]
        return self.git("mktree", "--missing", stdin="".join(lines).encode())

    def commit(self, tree, *parents):
        return self.git("commit-tree", tree, "-m", "c", *(part for one in parents for part in ("-p", one)))

    def tag(self, target, kind="commit"):
        text = f"object {target}\ntype {kind}\ntag t\ntagger A <a@example.org> 1 +0000\n\nm\n"
        return self.git("mktag", stdin=text.encode())

    def sent(self):
        return {path.parent.name + path.name for path in self.place.glob("??/*")}

    def newly_reachable(self, *new):
        """As git sees it, once the push has landed."""
        listed = self.git("rev-list", "--objects", "--no-object-names", *new, "--not", "--all")
        return set(listed.split())

    async def is_whole(self, *new):
        tips = set(self.server.git("for-each-ref", "--format=%(objectname)").split())
        objects = Objects()
        try:
            return await is_whole(objects, GitDirectory(self.server.directory), self.place, new, tips)
        finally:
            await objects.close()


@pytest.fixture
def history(server):
    """A tip with a directory in it, and a commit that no ref holds any more."""
    gone = server.commit("secret", branch="gone")
    server.git("update-ref", "-d", "refs/heads/gone")
    file = server.git("hash-object", "-w", "--stdin", stdin=b"file\n")
    inner = server.git("mktree", stdin=f"100644 blob {file}\tinside.txt\n".encode())
    top = server.git("mktree", stdin=f"040000 tree {inner}\tdir\n100644 blob {file}\ttop.txt\n".encode())
    main = server.git("commit-tree", top, "-m", "first")
    server.git("update-ref", "refs/heads/main", main)
    return {
        "main": main, "top": top, "inner": inner, "file": file, "gone": gone,
        "secret": server.git("rev-parse", f"{gone}:file.txt"), "secret tree": f"{gone}^{{tree}}",
    }  # fmt: skip


@pytest.fixture
def pushing(server, history, tmp_path):
    return Pushing(server, tmp_path / "quarantine")


async def test_everyday_pushes_are_whole(history, pushing):
    new = pushing.blob("new\n")
    inner = pushing.tree([("inside.txt", "blob", history["file"]), ("new.txt", "blob", new)])
    top = pushing.tree([("dir", "tree", inner), ("top.txt", "blob", history["file"])])
    first = pushing.commit(top, history["main"])
    second = pushing.commit(pushing.tree([("dir", "tree", inner)]), first)
    merge = pushing.commit(top, second, history["main"])
    root = pushing.commit(pushing.tree([("new.txt", "blob", new)]))
    for name in (first, second, merge, root, pushing.tag(merge), pushing.tag(history["main"])):
        assert await pushing.is_whole(name)


async def test_what_was_not_sent_and_is_no_parent_s_is_not_called_whole(history, pushing):
    secret = pushing.tree([("a.txt", "blob", history["secret"])])
    for name in (
        history["gone"],
        pushing.commit(secret, history["main"]),
        pushing.commit(secret),
        pushing.commit(pushing.git("rev-parse", history["secret tree"]), history["main"]),
        pushing.commit(history["top"], history["gone"]),
        pushing.commit(history["top"], history["main"], history["gone"]),
        pushing.tag(history["gone"]),
        pushing.tag(history["secret"], "blob"),
        # It is reachable, but only an exact look can tell.
        pushing.commit(pushing.tree([("elsewhere.txt", "blob", history["file"])]), history["main"]),
    ):
        assert not await pushing.is_whole(name)
        assert not await pushing.is_whole(history["main"], name)


async def test_a_tree_that_holds_itself_by_many_names_is_looked_at_once(history, pushing):
    inner = pushing.tree([("file", "blob", pushing.blob("x"))])
    for _ in range(60):
        inner = pushing.tree([(f"{number}", "tree", inner) for number in range(50)])

    assert await pushing.is_whole(pushing.commit(inner, history["main"]))


async def test_what_is_large_is_left_to_git(history, pushing):
    new = pushing.blob("new\n")
    tree = pushing.tree([(f"{number:050}", "blob", new) for number in range(20_000)])

    assert not await pushing.is_whole(pushing.commit(tree, history["main"]))


async def test_a_pack_that_stayed_one_is_left_to_git(history, pushing):
    commit = pushing.commit(history["top"], history["main"])
    assert await pushing.is_whole(commit)
    pushing.git("repack", "-a", "-d", "-q")
    (pushing.place / "pack").mkdir(exist_ok=True)
    (pushing.place / "pack/pack-1.pack").touch()

    assert not await pushing.is_whole(commit)


async def test_whatever_is_called_whole_git_finds_whole_too(server, history, pushing):
    chance = random.Random(1)
    blobs = [history["secret"], history["file"], *(pushing.blob(f"{number}") for number in range(6))]
    stored = [history["inner"], history["top"], server.git("rev-parse", history["secret tree"])]
    answers = Counter()
    trees, commits = list(stored), [history["gone"], history["main"]]
    for _ in range(90):
        entries = [(name, "blob", chance.choice(blobs)) for name in ("inside.txt", "top.txt")]
        entries.append(("dir", "tree", chance.choice([history["inner"], *trees])))
        tree = pushing.tree(chance.sample(entries, chance.randint(1, 3)))
        parents = {chance.choice([history["main"], commits[-1]]), chance.choice(commits)}
        commit = pushing.commit(tree, *sorted(parents))
        whole = await pushing.is_whole(commit)
        answers[whole] += 1
        if whole:
            assert pushing.newly_reachable(commit) <= pushing.sent()
            trees.append(tree)
            commits.append(commit)

    assert min(answers[True], answers[False]) > 20
