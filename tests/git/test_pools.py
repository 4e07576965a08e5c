"""What forks share on the disk, and what is left of it when others are repacked, deleted or killed."""

import asyncio
import shutil
import time
from uuid import uuid4

import pytest
from support.repositories import Repository

from bitpail.errors import Conflict, NotFound
from bitpail.git import directories, pools, upkeep
from bitpail.git.directories import GitDirectory
from bitpail.git.objects import Objects
from bitpail.git.revisions import Revision
from bitpail.git.upkeep import Plan

pytestmark = pytest.mark.anyio


class Place:
    """Repositories by their ids, below one root."""

    def __init__(self, root, objects):
        self.root = root
        self.objects = objects

    def path(self, id_):
        return directories.repository_path(self.root, id_)

    def made(self):
        id_ = str(uuid4())
        return id_, Repository(self.path(id_))

    async def fork(self, source_id):
        id_ = str(uuid4())
        source = GitDirectory(self.path(source_id))
        made = await pools.fork(self.root, source, source_id, id_, self.objects.peel)
        return id_, made

    def at(self, id_):
        """One that is there."""
        found = Repository.__new__(Repository)
        found.path = self.path(id_)
        return found

    def pool(self, id_):
        found = Repository.__new__(Repository)
        found.path = pools.pool_path(self.root, id_)
        return found

    async def delete(self, id_):
        path = self.path(id_)
        pool = pools.pool_of(path)
        await directories.delete(path)
        if pool is not None:
            await pools.release(pool, id_)

    async def upkeep(self, path, *, whole=True, expire=1.0):
        plan = Plan(whole=whole, expire=expire, locks_age=60.0, marks=self.root, progress=lambda _: None)
        return await upkeep.maintain(GitDirectory(path), plan)


@pytest.fixture
async def place(tmp_path):
    objects = Objects()
    yield Place(tmp_path / "repositories", objects)
    await objects.close()


@pytest.fixture
def parent(place):
    id_, git = place.made()
    git.import_history([(n, [n - 1] if n else []) for n in range(300)], [("refs/heads/main", 299)], files=20)
    git.commit("loose")
    git.git("tag", "-a", "-m", "one", "v1")
    git.git("tag", "-a", "-m", "a tag of a tag", "v1-again", "v1")
    git.git("update-ref", "refs/notes/commits", "refs/heads/main")
    git.git("update-ref", "refs/bitpail/secret", "refs/heads/main")
    return id_, git


def fsck(git):
    """Whole: what no ref reaches is no fault."""
    assert git.git("fsck", "--full", "--strict", "--no-dangling") == ""


def refs_of(git):
    return set(git.git("for-each-ref", "--format=%(objectname) %(*objectname) %(refname)").splitlines())


async def test_a_fork_has_the_branches_and_tags_of_its_parent_and_no_object_of_its_own(place, parent):
    id_, git = parent

    fork_id, made = await place.fork(id_)

    fork = place.at(fork_id)
    wanted = {line for line in refs_of(git) if "refs/heads/" in line or "refs/tags/" in line}
    assert refs_of(fork) == wanted
    assert fork.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert fork.git("count-objects", "-v").splitlines()[0] == "count: 0"
    assert not any((fork.path / "objects").rglob("*.pack"))
    assert fork.git("rev-list", "--count", "--all") == "301"
    assert made.size < 20_000
    fsck(fork)


async def test_the_first_fork_takes_no_room_either(place, parent):
    id_, git = parent

    await place.fork(id_)

    packs = sorted((git.path / "objects/pack").iterdir())
    shared = sorted((place.pool(id_).path / "objects/pack").iterdir())
    assert [p.name for p in packs] == [p.name for p in shared]
    assert all(one.samefile(other) for one, other in zip(packs, shared, strict=True))
    fsck(place.pool(id_))


async def test_the_tags_of_a_fork_are_known_to_their_end_without_asking_git(place, parent):
    fork_id, _ = await place.fork(parent[0])

    packed = (place.path(fork_id) / "packed-refs").read_text()
    place.at(fork_id).git("pack-refs", "--all")

    def lines(text):
        return [line for line in text.splitlines() if not line.startswith("#")]

    assert lines(packed) == lines((place.path(fork_id) / "packed-refs").read_text())


async def test_a_later_fork_brings_only_what_is_new_and_once(place, parent):
    id_, git = parent
    await place.fork(id_)
    before = set((place.pool(id_).path / "objects").rglob("*"))
    tip = git.commit("after the first fork")

    second, _ = await place.fork(id_)

    new = set((place.pool(id_).path / "objects").rglob("*")) - before
    assert sum(path.is_file() for path in new) == 3
    assert place.at(second).git("rev-parse", "main") == tip
    third, _ = await place.fork(id_)
    assert set((place.pool(id_).path / "objects").rglob("*")) - before == new
    fsck(place.at(third))


async def test_a_branch_that_was_deleted_is_in_no_later_fork(place, parent):
    id_, git = parent
    git.commit("short-lived", "topic")
    first, _ = await place.fork(id_)
    git.git("branch", "-D", "topic")
    git.commit("instead", "topic/below")

    second, _ = await place.fork(id_)

    assert "refs/heads/topic" in {line.split()[-1] for line in refs_of(place.at(first))}
    assert {line.split()[-1] for line in refs_of(place.at(second))} == {
        *("refs/heads/main", "refs/heads/topic/below", "refs/tags/v1", "refs/tags/v1-again")
    }
    fsck(place.at(first))


async def test_a_fork_of_a_fork_borrows_from_the_same_pool(place, parent):
    id_, _ = parent
    first, _ = await place.fork(id_)
    tip = place.at(first).commit("only in the first fork")

    second, _ = await place.fork(first)
    third, _ = await place.fork(second)

    assert {pools.pool_of(place.path(one)) for one in (first, second, third)} == {place.pool(id_).path}
    assert place.at(third).git("rev-parse", "main") == tip
    for one in (first, second, third):
        fsck(place.at(one))
    await place.delete(first)
    await place.delete(second)
    await directories.delete(place.path(id_))
    fsck(place.at(third))
    assert place.at(third).git("rev-list", "--count", "--all") == "302"


async def test_the_parent_may_be_rewritten_repacked_and_pruned(place, parent):
    id_, git = parent
    fork_id, _ = await place.fork(id_)
    tip = git.git("rev-parse", "main")
    for ref in (
        "refs/heads/main",
        "refs/tags/v1",
        "refs/tags/v1-again",
        "refs/notes/commits",
        "refs/bitpail/secret",
    ):
        git.git("update-ref", "-d", ref)
    new = git.commit("a new beginning")
    for _ in range(2):
        await place.upkeep(git.path, expire=1.0)
        time.sleep(1.1)
        await place.upkeep(git.path, expire=1.0)

    assert git.git("cat-file", "-t", tip, check=False) == ""
    assert place.at(fork_id).git("rev-list", "--count", "main") == "301"
    for one in (git, place.at(fork_id), place.pool(id_)):
        fsck(one)
    later, _ = await place.fork(id_)
    assert place.at(later).git("rev-parse", "main") == new
    fsck(place.at(later))
    fsck(place.at(fork_id))


async def test_upkeep_of_fork_and_pool_loses_nothing_and_leaves_no_copy_of_what_is_borrowed(place, parent):
    id_, git = parent
    fork_id, _ = await place.fork(id_)
    fork = place.at(fork_id)
    for number in range(5):
        fork.commit(f"in the fork {number}")
    await place.upkeep(fork.path)
    await place.upkeep(place.pool(id_).path, whole=False, expire=None)
    await place.upkeep(place.pool(id_).path, whole=True, expire=None)

    assert fork.git("rev-list", "--count", "main") == "306"
    # A commit, a tree and a file for each of its own.
    assert "in-pack: 15" in fork.git("count-objects", "-v")
    for one in (git, fork, place.pool(id_)):
        fsck(one)


async def test_a_repacked_parent_brings_what_is_new_as_before(place, parent):
    id_, git = parent
    await place.fork(id_)
    git.commit("newer")
    await place.upkeep(git.path)

    fork_id, _ = await place.fork(id_)

    assert place.at(fork_id).git("rev-parse", "main") == git.git("rev-parse", "main")
    fsck(place.at(fork_id))


async def test_bitmaps_and_the_commit_graph_come_along_and_are_right(place, parent):
    id_, git = parent
    await place.upkeep(git.path)

    fork_id, _ = await place.fork(id_)

    pool = place.pool(id_).path
    assert list((pool / "objects/pack").glob("multi-pack-index-*.bitmap"))
    assert any((pool / "objects/info").rglob("*graph*"))
    fork = place.at(fork_id)
    assert (
        fork.git("rev-list", "--count", "--objects", "--use-bitmap-index", "main", "--not", "v1^{commit}")
        == "0"
    )
    assert fork.git("multi-pack-index", "verify") == ""
    place.pool(id_).git("multi-pack-index", "verify")
    place.pool(id_).git("commit-graph", "verify")


async def test_the_pool_goes_with_the_last_fork_and_not_before(place, parent):
    id_, git = parent
    first, _ = await place.fork(id_)
    second, _ = await place.fork(id_)

    await place.delete(first)
    assert place.pool(id_).path.exists()
    fsck(place.at(second))
    await place.delete(second)

    assert not place.pool(id_).path.exists()
    fsck(git)
    third, _ = await place.fork(id_)
    fsck(place.at(third))


async def test_the_data_directory_may_be_moved(place, parent, tmp_path):
    fork_id, _ = await place.fork(parent[0])

    place.root.rename(tmp_path / "elsewhere")

    place.root = tmp_path / "elsewhere"
    assert place.at(fork_id).git("rev-list", "--count", "main") == "301"


async def test_many_forks_at_once_are_all_whole(place, parent):
    id_ = parent[0]

    made = await asyncio.gather(*(place.fork(id_) for _ in range(6)))

    for fork_id, _ in made:
        fsck(place.at(fork_id))
    markers = {path.name for path in (place.pool(id_).path / "forks").iterdir()}
    assert markers == {fork_id for fork_id, _ in made}


async def test_forks_made_while_others_are_deleted_pushed_to_and_repacked(place, parent):
    id_, git = parent
    alive = []

    async def forks():
        alive.extend([(await place.fork(id_))[0] for _ in range(6)])

    async def deletes():
        for _ in range(6):
            fork_id, _ = await place.fork(id_)
            await place.delete(fork_id)

    async def changes():
        for number in range(6):
            await asyncio.to_thread(git.commit, f"meanwhile {number}")
            with_graph = number % 2 == 0
            try:
                await place.upkeep(git.path, whole=with_graph)
            except Conflict:
                await asyncio.sleep(0.05)

    await asyncio.gather(forks(), deletes(), changes())

    for fork_id in alive:
        fsck(place.at(fork_id))
    fsck(place.pool(id_))


async def test_an_empty_repository_has_empty_forks_that_share_nothing(place):
    id_, git = place.made()
    git.git("symbolic-ref", "HEAD", "refs/heads/trunk")

    fork_id, made = await place.fork(id_)

    assert made.pool is None
    assert place.at(fork_id).git("symbolic-ref", "HEAD") == "refs/heads/trunk"
    assert pools.pool_of(place.path(fork_id)) is None
    assert pools.pools(place.root) == []


async def test_a_repository_of_sha256_has_forks(place):
    id_ = str(uuid4())
    git = Repository.__new__(Repository)
    git.path = place.path(id_)
    git.path.mkdir(parents=True)
    git.git("init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main")
    tip = git.commit("long")

    fork_id, _ = await place.fork(id_)

    assert place.at(fork_id).git("rev-parse", "main") == tip
    fsck(place.at(fork_id))


async def test_what_is_not_all_there_is_not_shared(place, parent, tmp_path):
    git = parent[1]
    assert pools.can_share(GitDirectory(git.path))
    assert not pools.can_share(GitDirectory(git.path, adopted=True))
    (git.path / "shallow").write_text(git.git("rev-parse", "main") + "\n")
    assert not pools.can_share(GitDirectory(git.path))
    (git.path / "shallow").unlink()
    (git.path / "objects/info/alternates").write_text(f"{tmp_path}/other/objects\n")
    assert not pools.can_share(GitDirectory(git.path))


async def test_a_fork_that_is_there_is_not_made_again(place, parent):
    id_, _ = parent
    fork_id, _ = await place.fork(id_)
    place.at(fork_id).commit("mine")

    with pytest.raises(Conflict):
        await pools.fork(place.root, GitDirectory(place.path(id_)), id_, fork_id, place.objects.peel)

    fsck(place.at(fork_id))
    assert (place.pool(id_).path / "forks" / fork_id).exists()


async def test_what_a_killed_fork_left_is_swept_once_it_is_old_and_the_living_stay(place, parent):
    id_, _ = parent
    alive, _ = await place.fork(id_)
    dead = str(uuid4())
    (place.pool(id_).path / "forks" / dead).touch()

    assert await pools.sweep(place.root, time.time() - 60) == []
    assert (place.pool(id_).path / "forks" / dead).exists()
    assert await pools.sweep(place.root, time.time() + 1) == []
    assert {path.name for path in (place.pool(id_).path / "forks").iterdir()} == {alive}
    # Killed after its directory went, and before the pool heard of it.
    shutil.rmtree(place.path(alive))
    assert await pools.sweep(place.root, time.time() + 1) == [place.pool(id_).path]
    assert not place.pool(id_).path.exists()


async def test_by_a_hash_only_what_the_forks_own_refs_reach_is_found(place, parent):
    """The pool holds what other forks have: their commits are nobody's business here, whole hash or four digits of it."""
    id_, git = parent
    old, _ = await place.fork(id_)
    secret = git.commit("secret")
    withdrawn = place.at(old).commit("withdrawn")
    place.at(old).git("update-ref", "refs/heads/main", "main^")
    new, _ = await place.fork(id_)
    fork = GitDirectory(place.path(old))
    assert place.at(old).git("cat-file", "-t", secret) == "commit"

    for name in (secret, secret[:12], secret[:4], withdrawn):
        with pytest.raises(NotFound):
            await place.objects.resolve(fork, Revision(name))

    tip = place.at(old).git("rev-parse", "main")
    tag = place.at(old).git("rev-parse", "v1")
    for name in (tip, tip[:12], "main", "HEAD", "v1", tag, tag[:12]):
        assert await place.objects.resolve(fork, Revision(name)) == tip
    assert await place.objects.resolve(GitDirectory(place.path(new)), Revision(secret[:12])) == secret


async def test_an_abbreviation_that_only_others_make_ambiguous_is_not(place, parent):
    id_, git = parent
    fork_id, _ = await place.fork(id_)
    tip = place.at(fork_id).git("rev-parse", "main")
    tree = git.git("rev-parse", "main^{tree}")
    # Four digits of a hash are soon somebody else's too.
    made = next(
        one
        for number in range(500_000)
        if (one := _commit_name(tree, tip, number)).startswith(tip[:4])
        and git.git("hash-object", "-w", "-t", "commit", "--stdin", stdin=_commit(tree, tip, number)) == one
    )
    git.git("update-ref", "refs/heads/twin", made)
    await place.fork(id_)
    fork = GitDirectory(place.path(fork_id))

    assert await place.objects.resolve(fork, Revision(tip[:4])) == tip


def _commit(tree, parent, number):
    who = b"Ada <ada@example.com> 1700000000 +0000"
    return b"tree %b\nparent %b\nauthor %b\ncommitter %b\n\n%d\n" % (
        tree.encode(),
        parent.encode(),
        who,
        who,
        number,
    )


def _commit_name(tree, parent, number):
    import hashlib

    content = _commit(tree, parent, number)
    return hashlib.sha1(b"commit %d\0" % len(content) + content).hexdigest()
