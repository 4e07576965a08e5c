"""The commit that changed each entry of a directory last: in it the entry is as it is now, and in no parent."""

import pytest
from support.files import commit_files
from support.repositories import Repository
from test_file_history import make

from bitpail.git.directories import GitDirectory
from bitpail.git.last_changes import last_changes

pytestmark = pytest.mark.anyio


@pytest.fixture
def git(tmp_path):
    return Repository(tmp_path / "git")


def blob(git, commit, path):
    return git.git("rev-parse", "--verify", "--quiet", f"{commit}:{path}", check=False)


async def found(objects, git, tip, path, names, seconds=60.0, before=None):
    directory = GitDirectory(git.path, adopted=False)
    answer = await last_changes(objects, directory, tip, path, names, seconds, before)
    return answer.hashes, answer.is_whole


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("clock", [{}, {"skewed": True}, {"equal": True}], ids=["right", "skewed", "equal"])
async def test_in_any_history_it_is_where_the_entry_came_to_be_as_it_is(objects, git, seed, clock):
    tip, files = make(git, seed, **clock)
    ancestors = set(git.git("rev-list", tip).split())

    changes, is_whole = await found(objects, git, tip, "", [*files])

    assert is_whole
    assert changes.keys() == files.keys()
    for name, commit in changes.items():
        assert commit in ancestors
        assert blob(git, commit, name) == blob(git, tip, name)
        for parent in git.git("rev-parse", f"{commit}^@", check=False).split():
            assert blob(git, parent, name) != blob(git, tip, name)


async def test_in_a_straight_history_it_is_what_git_log_says(objects, git):
    files = {f"d/{number}.txt": "0" for number in range(40)} | {"d/sub/x": "0", "other": "0"}
    commit_files(git, files)
    for step in range(60):
        name = [*files][step * 7 % len(files)]
        tip = commit_files(git, files := {**files, name: f"{step}"})
    names = [f"{number}.txt" for number in range(40)] + ["sub"]

    changes, is_whole = await found(objects, git, tip, "d", names)

    assert is_whole
    assert changes == {name: git.git("log", "-1", "--format=%H", tip, "--", f"d/{name}") for name in names}


@pytest.mark.parametrize("name", ["é", b"\xff", "a b", 'q"\\', "x\ty", "line\nend"])
async def test_names_may_be_any_bytes(objects, git, name):
    directory = name if isinstance(name, bytes) else name.encode()
    first = commit_files(git, {directory + b"/" + directory: b"1", b"a": b"1"})
    tip = commit_files(git, {directory + b"/" + directory: b"1", b"a": b"2"})
    text = directory.decode("utf-8", "surrogateescape")

    assert await found(objects, git, tip, text, [text]) == ({text: first}, True)
    assert await found(objects, git, tip, "", [text, "a"]) == ({text: first, "a": tip}, True)


async def test_when_time_is_up_there_is_what_was_found_so_far(objects, git):
    commit_files(git, {"old": "1", "new": "1"})
    tip = commit_files(git, {"old": "1", "new": "2"})

    changes, is_whole = await found(objects, git, tip, "", ["old", "new"], seconds=0.0)

    assert not is_whole
    assert changes.keys() <= {"old", "new"}


async def test_of_nothing_there_is_nothing(objects, git):
    tip = commit_files(git, {"a": "1"})

    assert await found(objects, git, tip, "", []) == ({}, True)


@pytest.mark.parametrize("seed", range(4))
async def test_a_walk_that_comes_to_where_an_earlier_one_began_says_the_same(objects, git, seed):
    tip, files = make(git, seed)
    directory = GitDirectory(git.path, adopted=False)
    whole = await last_changes(objects, directory, tip, "", [*files], 60.0)
    git.git("update-ref", "refs/heads/main", tip)
    later = commit_files(git, {**files, "new": "1"})
    asked = objects.asked.objects

    again = await last_changes(objects, directory, later, "", [*files, "new"], 60.0, whole)

    assert again.hashes == {**whole.hashes, "new": later}
    assert again.is_whole
    # The commit, its parent, and no more.
    assert objects.asked.objects - asked <= 2
    assert (await found(objects, git, later, "", [*files, "new"]))[0] == again.hashes


async def test_of_entries_that_an_earlier_walk_did_not_look_for_it_goes_on(objects, git):
    first = commit_files(git, {"a": "1", "b": "1"})
    second = commit_files(git, {"a": "2", "b": "1"})
    directory = GitDirectory(git.path, adopted=False)
    before = await last_changes(objects, directory, second, "", ["a"], 60.0)

    assert before.hashes == {"a": second}
    assert await found(objects, git, second, "", ["a", "b"], before=before) == (
        {"a": second, "b": first},
        True,
    )
