"""Refs that are kept are those that are there now."""

import pytest
from support.repositories import Repository

from bitpail.git import kept_refs, ref_files
from bitpail.git import refs as git_refs
from bitpail.git.directories import GitDirectory
from bitpail.git.kept_refs import KeptRefs

pytestmark = pytest.mark.anyio


@pytest.fixture
def repository(tmp_path):
    made = Repository(tmp_path / "r.git")
    commit = made.commit("one")
    for number in range(20):
        made.git("update-ref", f"refs/heads/b{number:02}", commit)
    made.git("tag", "-m", "x", "annotated", "main")
    made.git("pack-refs", "--all")
    return made


@pytest.fixture
def patient(monkeypatch):
    # The kernel's time of an inode can't be set back.
    monkeypatch.setattr(ref_files, "_WINDOW", -(10**12))


@pytest.fixture
def kept(objects):
    return KeptRefs(objects.peel)


async def test_unchanged_refs_are_the_same_object(repository, kept, patient):
    first = await kept.now(GitDirectory(repository.path))

    assert await kept.now(GitDirectory(repository.path)) is first
    assert first.by_name["refs/heads/b07"].peeled == repository.git("rev-parse", "main")


CHANGES = {
    "a loose ref comes": lambda r: r.git("update-ref", "refs/heads/new", "main"),
    "a packed ref moves": lambda r: r.commit("two", "b03"),
    "a packed ref goes": lambda r: r.git("update-ref", "-d", "refs/heads/b04"),
    "HEAD names another": lambda r: r.git("symbolic-ref", "HEAD", "refs/heads/b05"),
    "an annotated tag comes": lambda r: r.git("tag", "-m", "y", "new", "main"),
    "packed-refs is written anew": lambda r: (r.commit("two", "deep/er"), r.git("pack-refs", "--all")),
    "a ref becomes symbolic": lambda r: r.git("symbolic-ref", "refs/heads/alias", "refs/heads/b06"),
    "a hidden ref comes": lambda r: r.git("update-ref", "refs/bitpail/x", "main"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("how", ["at once", "when it had settled"])
async def test_a_change_shows_in_the_next_answer(change, how, repository, objects, kept, request):
    if how == "when it had settled":
        request.getfixturevalue("patient")
    directory = GitDirectory(repository.path)
    before = await kept.now(directory)

    CHANGES[change](repository)

    assert await kept.now(directory) == await git_refs.read(directory, objects.peel)
    assert (await kept.now(directory) == before) == (change == "a hidden ref comes")


async def test_a_tag_whose_object_is_missing_is_looked_for_again(repository, kept, patient):
    directory = GitDirectory(repository.path)
    commit = repository.git("rev-parse", "main")
    repository.git("tag", "-m", "y", "new", "main")
    name = repository.git("rev-parse", "new")
    place = repository.path / "objects" / name[:2] / name[2:]
    aside = place.rename(repository.path / "aside")
    assert "refs/tags/new" not in (await kept.now(directory)).by_name

    aside.rename(place)

    assert (await kept.now(directory)).by_name["refs/tags/new"].peeled == commit


async def test_what_files_do_not_tell_is_read_as_before(repository, objects, kept, tmp_path, patient):
    work = tmp_path / "work"
    repository.git("worktree", "add", str(work), "b01")
    linked = GitDirectory(repository.path / "worktrees" / "work", adopted=True)

    assert await kept.now(linked) == await git_refs.read(linked, objects.peel)
    repository.git("update-ref", "refs/heads/b02", repository.commit("two", "b08"))
    assert await kept.now(linked) == await git_refs.read(linked, objects.peel)


async def test_no_more_refs_are_kept_than_the_bound_says(objects, tmp_path, monkeypatch, patient):
    directories = []
    for number in range(4):
        made = Repository(tmp_path / f"r{number}.git")
        commit = made.commit()
        for name in range(9):
            made.git("update-ref", f"refs/heads/b{name}", commit)
        directories.append(GitDirectory(made.path))
    kept = KeptRefs(objects.peel, most=25)
    seen = [await kept.now(one) for one in directories]

    read = []
    real = ref_files.read
    monkeypatch.setattr(
        kept_refs.ref_files, "read", lambda path, *rest: (read.append(path), real(path, *rest))[1]
    )

    assert [await kept.now(one) for one in reversed(directories)] == seen[::-1]
    assert read == [one.path for one in reversed(directories[:2])]


async def test_branches_are_a_part_of_all_refs_found_without_looking_at_each(repository, kept):
    for name in ("refs/heads0/x", "refs/head/x", "refs/heads/ü", "refs/heads/\udcff", "refs/notes/x"):
        place = repository.path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{repository.git('rev-parse', 'main')}\n")

    refs = await kept.now(GitDirectory(repository.path))

    for prefix in ("refs/heads/", "refs/tags/", "refs/notes/", "refs/none/"):
        assert list(refs.below(prefix)) == [ref for ref in refs.refs if ref.name.startswith(prefix)]
    assert {"refs/heads/ü", "refs/heads/\udcff"} <= {ref.name for ref in refs.below("refs/heads/")}
