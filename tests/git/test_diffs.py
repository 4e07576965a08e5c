"""What differs between commits, as git tells it."""

import pytest
from support.repositories import Repository

from bitpail.git import diff_beginnings, diffs
from bitpail.git.diffs import How, Sides
from bitpail.git.directories import GitDirectory
from bitpail.wire import unified_diffs

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

    part, is_whole = await diff_beginnings.of_some(GitDirectory(client.path), sides, How(), 500)
    everything, is_all = await diff_beginnings.of_some(GitDirectory(client.path), sides, How(), 1_000_000)

    assert (is_whole, is_all) == (False, True)
    assert part.endswith(b"\n")
    assert len(part) <= 500
    assert everything.startswith(part)
    assert everything.endswith(b"+line 999\n")


async def test_one_look_tells_the_files_of_any_name_and_the_text_if_they_are_few(client):
    many = b"".join(b"line %d\n" % number for number in range(30))
    names = [b"plain", b"a\tb", b"n\nl", b'q"u\\', b"\xff", "\u00e9".encode(), b" "]
    first = _tree_of(client, {**dict.fromkeys(names, b"x\n"), b"old name": many})
    second = _tree_of(client, {**dict.fromkeys(names, b"y\n"), b"n\new \xfe": many})
    sides = Sides(client.git("commit-tree", first, "-m", "x"), client.git("commit-tree", second, "-m", "x"))
    directory = GitDirectory(client.path)
    wanted = {
        (one.status, one.old and one.old.path, one.new and one.new.path)
        for one in await diffs.files(directory, sides, How())
    }

    few = await diff_beginnings.of_all(directory, sides, How(), few=8, most=1_000_000)
    more = await diff_beginnings.of_all(directory, sides, How(), few=7, most=1_000_000)
    cut = await diff_beginnings.of_all(directory, sides, How(), few=8, most=300)

    for found in (few, more, cut):
        assert found.is_counted
        changed = [one.changed(0, 0, is_binary=False) for one in diff_beginnings.named(found.entries)]
        assert {(one.status, one.old and one.old.path, one.new and one.new.path) for one in changed} == wanted
    assert few.text == (await diff_beginnings.of_some(directory, sides, How(), 1_000_000))[0]
    assert few.is_whole
    assert more.is_whole
    assert few.text.startswith(more.text)
    assert more.text.count(b"diff --git ") == 7
    assert few.text.removeprefix(more.text).startswith(b"diff --git ")
    assert few.text.startswith(cut.text)
    assert cut.text.endswith(b"\n")
    assert not cut.is_whole


@pytest.mark.parametrize("few", range(1, 7))
async def test_the_text_of_the_first_files_ends_where_theirs_does(client, few):
    lie = b"diff --git a/x b/x\n"
    old = {"1": lie, "2": b"x\n", "3": b"", "4": b"a\0b", "5": b"moved\n" * 9, "7": b"y\n"}
    new = {"1": lie + lie, "2": b"y\n", "3": lie, "4": b"\0", "6": b"moved\n" * 9, "7": b"z\n"}
    first, second = _commit(client, old), _commit(client, new)
    # A file that becomes a link is removed and added: two sections.
    tree = (
        client.git("ls-tree", second).replace("100644 blob", "120000 blob", 2).replace("120000", "100644", 1)
    )
    second = client.git("commit-tree", client.git("mktree", stdin=tree.encode() + b"\n"), "-m", "x")
    directory, sides = GitDirectory(client.path), Sides(first, second)

    found = await diff_beginnings.of_all(directory, sides, How(), few=few, most=1_000_000)
    whole = await diff_beginnings.of_all(directory, sides, How(), few=50, most=1_000_000)

    names = [one.paths[-1] for one in diff_beginnings.named(found.entries)]
    assert names == ["1", "2", "3", "4", "6", "7"]
    sections = unified_diffs.parse(found.text)
    assert {section.paths[1] for section in sections} == set(names[:few])
    assert len(sections) == few + (few > 1)
    assert found.is_whole
    assert whole.text.startswith(found.text)


async def test_files_and_text_are_told_apart_in_sha256_too(tmp_path):
    git = Repository(tmp_path / "new.git", object_format="sha256")
    old, new = _commit(git, {"a": b"x\n", "b": b"x\n"}), _commit(git, {"a": b"y\n", "b": b"y\n"})

    found = await diff_beginnings.of_all(
        GitDirectory(git.path), Sides(old, new), How(), few=1, most=1_000_000
    )

    named = [(one.status, one.modes, one.paths) for one in diff_beginnings.named(found.entries)]
    assert named == [("M", ("100644", "100644"), (name,)) for name in "ab"]
    assert [section.paths[1] for section in unified_diffs.parse(found.text)] == ["a"]


async def test_with_white_space_ignored_no_text_of_many_is_read(client):
    """Any number of them may have none, and git would look at all."""
    first = _commit(client, {str(number): b"a b\n" for number in range(9)})
    second = _commit(client, {str(number): b"a  b\n" for number in range(9)}, first)
    how = How(ignore_whitespace=True)

    found = await diff_beginnings.of_all(
        GitDirectory(client.path), Sides(first, second), how, few=5, most=1_000_000
    )

    assert (len(found.entries), found.is_counted, found.text) == (9, True, None)


async def test_two_that_are_the_same_differ_in_nothing(client):
    commit = _commit(client, {"a": b"x\n"})

    found = await diff_beginnings.of_all(
        GitDirectory(client.path), Sides(commit, commit), How(), few=50, most=1000
    )

    assert (found.entries, found.is_counted, found.text, found.is_whole) == ([], True, b"", True)


def _tree_of(git, files):
    index = {"GIT_INDEX_FILE": str(git.path / "index-of-test")}
    git.git("read-tree", "--empty", **index)
    for name, content in files.items():
        blob = git.git("hash-object", "-w", "--stdin", stdin=content)
        line = f"100644 {blob}\t".encode() + name + b"\0"
        git.git("update-index", "-z", "--index-info", stdin=line, **index)
    return git.git("write-tree", **index)
