import pytest
from support.repositories import EPOCH, Repository

from bitpail.git import refs as git_refs
from bitpail.git.directories import GitDirectory
from bitpail.model.refs import Ref

pytestmark = pytest.mark.anyio


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "r.git")


def as_git_says(repository):
    shown = repository.git("show-ref", "--dereference", check=False)
    found = {}
    for line in shown.splitlines():
        target, name = line.split(" ", 1)
        if name.endswith("^{}"):
            found[name[:-3]] = (found[name[:-3]][0], target)
        else:
            found[name] = (target, target)
    order = repository.git("for-each-ref", "--format=%(refname)").splitlines()
    return tuple(Ref(name, *found[name]) for name in order)


def fill(repository):
    first, second = repository.commit("one"), repository.commit("two")
    for name in ("refs/heads/a", "refs/heads/a-b", "refs/heads/a.b/c", "refs/heads/ü", "refs/notes/commits"):
        repository.git("update-ref", name, first)
    repository.git("tag", "light", second)
    repository.git("tag", "-m", "x", "annotated", second)
    repository.git("tag", "-m", "x", "of-a-tag", "annotated")
    repository.git("tag", "-m", "x", "of-a-tree", f"{second}^{{tree}}")
    repository.git("tag", "-m", "x", "of-a-blob", f"{second}:file.txt")
    repository.git("tag", "a-tree", f"{second}^{{tree}}")
    repository.git("update-ref", "refs/other/x", "refs/tags/of-a-tag")


@pytest.mark.parametrize("how", ["loose", "packed", "both"])
async def test_refs_are_what_git_says(how, repository, objects):
    fill(repository)
    if how != "loose":
        repository.git("pack-refs", "--all")
    if how == "both":
        repository.commit("three")
        repository.git("update-ref", "-d", "refs/heads/a")
        repository.git("tag", "-f", "-m", "y", "annotated", "main~1")
        repository.git("update-ref", "refs/heads/a/deep/er", "main")
    repository.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    repository.git("symbolic-ref", "refs/tags/alias", "refs/tags/of-a-tag")

    found = await git_refs.read(GitDirectory(repository.path), objects.peel)

    assert found.refs == as_git_says(repository)
    assert found.head == "refs/heads/main"


async def test_packed_refs_by_an_old_git_are_peeled_too(repository, objects):
    fill(repository)
    repository.git("pack-refs", "--all")
    packed = repository.path / "packed-refs"
    lines = packed.read_bytes().splitlines(keepends=True)
    packed.write_bytes(b"".join(line for line in lines if line[:1] not in b"#^"))

    assert (await git_refs.read(GitDirectory(repository.path), objects.peel)).refs == as_git_says(repository)


async def test_two_thousand_refs(repository, objects):
    commit = repository.commit()
    names = [f"refs/heads/n{n % 17}/b{n}" for n in range(2000)]
    repository.git(
        "update-ref", "--stdin", stdin="".join(f"create {n} {commit}\n" for n in names[:1500]).encode()
    )
    repository.git("pack-refs", "--all")
    repository.git(
        "update-ref", "--stdin", stdin="".join(f"create {n} {commit}\n" for n in names[1500:]).encode()
    )

    found = await git_refs.read(GitDirectory(repository.path), objects.peel)

    assert len(found.refs) == 2001
    assert found.refs == as_git_says(repository)


async def test_hidden_refs_and_broken_files_are_left_out(repository, objects):
    commit = repository.commit()
    repository.git("update-ref", "refs/pull-requests/1/from", commit)
    repository.git("update-ref", "refs/bitpail/keep", commit)
    repository.git("symbolic-ref", "refs/heads/dangling", "refs/heads/nothing")
    repository.git("symbolic-ref", "refs/heads/circle", "refs/heads/circle2")
    repository.git("symbolic-ref", "refs/heads/circle2", "refs/heads/circle")
    for name, content in {
        "empty": "",
        "zero": "0" * 40,
        "short": "abc",
        "x.lock": commit,
        "junk": f"{commit}x",
    }.items():
        (repository.path / "refs" / "heads" / name).write_text(content)

    found = await git_refs.read(GitDirectory(repository.path), objects.peel)

    assert [ref.name for ref in found.refs] == ["refs/heads/main"]


async def test_head_unborn_detached_and_set(repository, objects):
    directory = GitDirectory(repository.path)

    unborn = await git_refs.read(directory, objects.peel)
    commit = repository.commit(branch="other", time=EPOCH)
    await git_refs.set_head(directory, "other")
    named = await git_refs.read(directory, objects.peel)
    repository.git("update-ref", "--no-deref", "HEAD", commit)
    detached = await git_refs.read(directory, objects.peel)

    assert (unborn.head, unborn.refs) == ("refs/heads/main", ())
    assert named.head == "refs/heads/other"
    assert detached.head is None
    assert len(detached.refs) == 1


async def test_a_linked_worktree_shares_its_refs(tmp_path, objects):
    repository = Repository(tmp_path / "main", bare=False)
    repository.commit()
    repository.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    linked = GitDirectory(repository.path / ".git" / "worktrees" / "linked", adopted=True)

    found = await git_refs.read(linked, objects.peel)

    assert found.head == "refs/heads/side"
    assert [ref.short for ref in found.refs] == ["main", "side"]


async def test_the_main_branch_is_none_until_it_exists(repository):
    directory = GitDirectory(repository.path)
    assert git_refs.main_branch(directory) is None

    repository.commit()
    assert git_refs.main_branch(directory) == "main"

    repository.git("pack-refs", "--all")
    assert git_refs.main_branch(directory) == "main"


@pytest.fixture
def aliased(repository):
    """Names that stand for main: one after the other, and a link as git made them long ago."""
    repository.commit("first")
    repository.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    repository.git("symbolic-ref", "refs/heads/second", "refs/heads/alias")
    (repository.path / "refs/heads/link").symlink_to("refs/heads/main")
    (repository.path / "refs/heads/beside").symlink_to("main")
    return repository


@pytest.mark.parametrize(
    ("name", "moved"),
    [
        ("refs/heads/main", "refs/heads/main"),
        ("refs/heads/alias", "refs/heads/main"),
        ("refs/heads/second", "refs/heads/main"),
        ("refs/heads/link", "refs/heads/main"),
        ("refs/heads/beside", "refs/heads/beside"),
        ("refs/heads/none", "refs/heads/none"),
        ("refs/tags/v1", "refs/tags/v1"),
    ],
)
async def test_a_push_to_a_symbolic_ref_moves_what_it_stands_for(aliased, name, moved):
    assert await git_refs.moved_by(GitDirectory(aliased.path, adopted=True), name) == moved
    # What we made ourselves has none, so that nothing is read.
    assert await git_refs.moved_by(GitDirectory(aliased.path, adopted=False), name) == name


@pytest.mark.parametrize(
    "name", ["refs/heads/../../outside", "refs/../../outside", "../outside", "refs/heads/a\0b", "HEAD"]
)
async def test_no_name_leads_out_of_the_directory(aliased, name):
    """Git asks about names that it hasn't looked at yet."""
    (aliased.path.parent / "outside").write_text("ref: refs/heads/secret\n")

    assert await git_refs.moved_by(GitDirectory(aliased.path, adopted=True), name) == name


@pytest.mark.parametrize("target", ["refs/heads/../../outside", "../outside", "refs/heads/loop"])
async def test_a_symbolic_ref_that_leads_nowhere_ends(aliased, target):
    (aliased.path.parent / "outside").write_text("ref: refs/heads/secret\n")
    (aliased.path / "refs/heads/loop").write_text(f"ref: {target}\n")

    found = await git_refs.moved_by(GitDirectory(aliased.path, adopted=True), "refs/heads/loop")

    assert found == "refs/heads/loop"


@pytest.mark.parametrize(
    ("head", "branch"), [("ref: refs/heads/none", "none"), ("ref: refs/tags/x", None), ("0" * 40, None)]
)
async def test_the_branch_that_head_names_need_not_exist(repository, head, branch):
    (repository.path / "HEAD").write_text(f"{head}\n")

    assert await git_refs.head_branch(GitDirectory(repository.path, adopted=True)) == branch
    assert git_refs.main_branch(GitDirectory(repository.path, adopted=True)) is None
