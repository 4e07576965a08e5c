"""Lines of files that hold some words, whatever the files are called and whatever is looked for."""

import pytest
from support.repositories import Repository

from bitpail.errors import Invalid
from bitpail.git import grep
from bitpail.git.directories import GitDirectory

pytestmark = pytest.mark.anyio


@pytest.fixture
def git(tmp_path):
    return Repository(tmp_path / "repo.git")


@pytest.fixture
def made(git):
    """A commit of files by their names, any bytes."""

    def make(files):
        index = {"GIT_INDEX_FILE": str(git.path / "index-of-test")}
        git.git("read-tree", "--empty", **index)
        for name, content in files.items():
            blob = git.git("hash-object", "-w", "--stdin", stdin=content)
            line = f"100644 {blob}\t".encode() + name + b"\0"
            git.git("update-index", "-z", "--index-info", stdin=line, **index)
        return git.git("commit-tree", git.git("write-tree", **index), "-m", "x")

    return make


async def found(git, commit, *words):
    listed = await grep.lines(GitDirectory(git.path), commit, words)
    return [(line.path, line.number, line.text) for line in listed]


async def test_a_file_must_have_all_of_the_words_and_each_line_one(git, made):
    commit = made({b"a": b"One\nno\ntwo ONE\n", b"b": b"one\n", b"c": b"\0one two\n"})

    assert await found(git, commit, "one", "TWO") == [("a", 1, "One"), ("a", 3, "two ONE")]
    assert await found(git, commit, "three") == []


async def test_no_name_of_a_file_is_taken_for_anything_else(git, made):
    names = [b"-e", b"a\nb:1", b"\xff", b"x y", b"a:2:b"]
    commit = made(dict.fromkeys(names, b"word\n"))

    listed = await found(git, commit, "word")

    assert {path.encode("utf-8", "surrogateescape") for path, _, _ in listed} == set(names)
    assert {(number, text) for _, number, text in listed} == {(1, "word")}


@pytest.mark.parametrize("word", ["--open-files-in-pager=id", "-e", "a.*b", "(", "\\", "^w"])
async def test_no_word_is_an_option_or_a_pattern(git, made, word):
    commit = made({b"a": word.encode("utf-8", "surrogateescape") + b"\n", b"b": b"wab\n"})

    assert [path for path, _, _ in await found(git, commit, word)] == ["a"]


async def test_only_a_whole_hash_is_looked_into(git, made):
    made({b"a": b"x\n"})

    for name in ("main", "--all", "HEAD"):
        with pytest.raises(Invalid):
            await found(git, name, "x")
