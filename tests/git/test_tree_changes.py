import pytest
from support.files import commit_files
from support.repositories import Repository

from bitpail.errors import GitError
from bitpail.git.directories import GitDirectory
from bitpail.git.tree_changes import between

pytestmark = pytest.mark.anyio


@pytest.fixture
def repo(tmp_path):
    return Repository(tmp_path / "repo.git")


async def changes(git, old, new):
    directory = GitDirectory(git.directory, adopted=True)
    return {change.path: change.blob async for change in between(directory, old, new)}


def blob(git, text):
    return git.git("hash-object", "--stdin", stdin=text.encode())


async def test_without_a_first_commit_all_files_are_new(repo):
    tip = commit_files(repo, {"a": "1", "src/b c": "2", b"\xff\n": "3"})

    assert await changes(repo, None, tip) == {
        b"a": blob(repo, "1"),
        b"src/b c": blob(repo, "2"),
        b"\xff\n": blob(repo, "3"),
    }


async def test_between_commits_it_is_what_differs_and_a_renamed_file_is_one_gone_and_one_new(repo):
    old = commit_files(repo, {"same": "1", "changed": "2", "gone": "3", "d": "4"})
    new = commit_files(repo, {"same": "1", "changed": "22", "moved": "3", "d/e": "4"})

    assert await changes(repo, old, new) == {
        b"changed": blob(repo, "22"),
        b"gone": None,
        b"moved": blob(repo, "3"),
        b"d": None,
        b"d/e": blob(repo, "4"),
    }
    assert await changes(repo, new, new) == {}


async def test_a_commit_that_is_not_there_is_an_error(repo):
    tip = commit_files(repo, {"a": "1"})

    with pytest.raises(GitError):
        await changes(repo, "1" * 40, tip)
