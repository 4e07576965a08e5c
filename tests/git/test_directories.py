import asyncio
import os
import time

import pytest
from support.repositories import Repository

from bitpail.errors import Conflict, GitError, Invalid
from bitpail.git import directories

pytestmark = pytest.mark.anyio

ID = "ab3f7c1e-0000-4000-8000-000000000001"


def test_paths_are_made_of_ids_only(tmp_path):
    assert directories.repository_path(tmp_path, ID) == tmp_path / "ab" / f"{ID}.git"
    assert directories.repository_path(tmp_path, ID, wiki=True) == tmp_path / "ab" / f"{ID}.wiki.git"
    for text in ("", "..", "../../etc", "ab"):
        with pytest.raises(Invalid):
            directories.repository_path(tmp_path, text)


async def test_creating_is_safe_when_many_do_it(tmp_path):
    path = directories.repository_path(tmp_path, ID)

    await asyncio.gather(*(directories.create(path, "trunk") for _ in range(8)))

    assert (path / "HEAD").read_text() == "ref: refs/heads/trunk\n"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert not (path / "hooks").exists()


async def test_deleting_leaves_nothing_and_may_be_repeated(tmp_path):
    path = directories.repository_path(tmp_path, ID)
    await directories.create(path)
    assert await directories.disk_size(path) > 0

    await directories.delete(path)
    await directories.delete(path)

    assert list(path.parent.iterdir()) == []


def test_repositories_are_found_in_their_forms(tmp_path):
    bare, worked = Repository(tmp_path / "b.git"), Repository(tmp_path / "w", bare=False)
    worked.commit()
    worked.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))

    assert directories.locate(bare.path) == bare.path
    assert directories.locate(worked.path) == worked.path / ".git"
    assert directories.locate(worked.path / ".git") == worked.path / ".git"
    assert directories.locate(tmp_path / "linked") == worked.path / ".git" / "worktrees" / "linked"
    for path in (tmp_path, tmp_path / "nothing", worked.path / ".git" / "objects"):
        with pytest.raises(Invalid):
            directories.locate(path)


@pytest.fixture
def source(tmp_path):
    repository = Repository(tmp_path / "source", bare=False)
    repository.commit("one", "trunk")
    repository.commit("two", "trunk")
    repository.commit("side", "side")
    repository.git("tag", "-m", "x", "v1", "trunk")
    repository.git("tag", "unreachable-from-branches", repository.commit("lost", "lost"))
    repository.git("update-ref", "-d", "refs/heads/lost")
    repository.git("update-ref", "refs/pull/1/head", "trunk")
    repository.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    return repository


@pytest.mark.parametrize("form", ["path", "url"])
async def test_an_import_brings_all_branches_and_tags(form, source, tmp_path):
    path = directories.repository_path(tmp_path / "root", ID)
    lines = []

    await directories.import_from(
        str(source.path) if form == "path" else source.path.as_uri(), path, lines.append
    )

    wanted = ("for-each-ref", "refs/heads", "refs/tags")
    assert source.git(f"--git-dir={path}", "for-each-ref") == source.git(*wanted)
    assert (path / "HEAD").read_text() == "ref: refs/heads/trunk\n"
    assert str(source.path) not in (path / "config").read_text()
    assert (path / "objects" / "info" / "commit-graph").exists()
    assert list((path / "objects" / "pack").glob("*.bitmap"))
    assert any("Receiving objects" in line or "Counting" in line for line in lines)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


async def test_an_empty_source_can_be_imported(tmp_path):
    source = Repository(tmp_path / "empty")
    path = directories.repository_path(tmp_path / "root", ID)

    await directories.import_from(str(source.path), path, lambda _: None)

    assert path.is_dir()


async def test_a_failed_import_leaves_nothing(source, tmp_path):
    path = directories.repository_path(tmp_path / "root", ID)

    with pytest.raises(GitError) as caught:
        await directories.import_from(str(tmp_path / "nothing"), path, lambda _: None)
    for evil in ("--upload-pack=touch x", "ext::sh -c 'touch x'", "fd::3"):
        with pytest.raises(Invalid):
            await directories.import_from(evil, path, lambda _: None)

    assert caught.value.stderr
    assert list(path.parent.iterdir()) == []
    await directories.create(path)
    with pytest.raises(Conflict):
        await directories.import_from(str(source.path), path, lambda _: None)


async def test_leftovers_are_removed_and_work_in_progress_is_not(tmp_path):
    path = directories.repository_path(tmp_path, ID)
    await directories.create(path)
    old, young = path.parent / ".tmp-old", path.parent / ".tmp-young"
    old.mkdir()
    young.mkdir()
    os.utime(old, (1, 1))

    await directories.clean_leftovers(tmp_path, of_pushes=time.time(), of_others=time.time() - 60)

    assert sorted(entry.name for entry in path.parent.iterdir()) == [young.name, path.name]
