import asyncio
import random
import shutil
from itertools import count

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.repositories import EPOCH, Repository

from bitpail.errors import Invalid
from bitpail.git import history
from bitpail.git.directories import GitDirectory
from bitpail.git.history import Walk
from bitpail.git.objects import Objects
from bitpail.git.revisions import RepositoryPath

pytestmark = pytest.mark.anyio


def tips_of(repository):
    return repository.git("for-each-ref", "--format=%(objectname)").split()


async def all_pages(objects, repository, walk: Walk, pagelen, limit=10_000):
    directory = GitDirectory(repository.directory)
    shown = []
    for _ in range(limit):
        commits, walk = await history.page(objects, directory, walk, pagelen)
        shown += [commit.hash for commit in commits]
        if walk is None:
            return shown
        assert len(commits) == pagelen
        walk = msgspec.json.decode(msgspec.json.encode(walk), type=Walk)
    raise AssertionError("no end")


def linear(size, date=lambda n: EPOCH + n):
    return [(date(n), [n - 1] if n else []) for n in range(size)]


def merges(size, seed, date, *, octopus=1, roots=0.0):
    chance = random.Random(seed)
    commits = []
    for number in range(size):
        parents = []
        if number and chance.random() >= roots:
            near = range(max(0, number - 12), number)
            parents = chance.sample(near, min(len(near), chance.randint(1, 1 + octopus)))
        commits.append((date(chance, number), parents))
    return commits


def later(chance, number):
    return EPOCH + number * 10 + chance.randint(0, 9)


HISTORIES = {
    "linear": (linear(100), 1),
    "one commit": (linear(1), 1),
    "merges": (merges(200, 1, later), 5),
    "octopus": (merges(150, 2, later, octopus=6), 9),
    "several roots": (merges(150, 3, later, roots=0.1), 40),
    "all in one second": (merges(200, 4, lambda *_: EPOCH), 6),
    "line in one second": (linear(150, lambda _: EPOCH), 3),
    "pairs of equal dates": (merges(200, 5, lambda _, n: EPOCH + n // 2), 4),
    "clock skew": (merges(200, 6, lambda c, n: EPOCH + n * 10 + c.randint(-300, 300)), 5),
    "backwards": (linear(100, lambda n: EPOCH - n), 1),
}


@pytest.mark.parametrize("name", HISTORIES)
async def test_pages_show_what_git_log_all_shows_in_its_order(name, objects, tmp_path):
    commits, refs = HISTORIES[name]
    repository = Repository(tmp_path / "r.git")
    chance = random.Random(7)
    last = len(commits) - 1
    numbers = [last, *(chance.randint(0, last) for _ in range(refs - 1))]
    repository.import_history(commits, [(f"refs/heads/b{place}", n) for place, n in enumerate(numbers)])
    expected = repository.git("rev-list", "--all").split()

    for pagelen in (1, 2, 3, 7, 30):
        assert await all_pages(objects, repository, history.start(tips_of(repository)), pagelen) == expected


async def test_three_thousand_commits_with_many_refs(objects, tmp_path):
    repository = Repository(tmp_path / "r.git")
    commits = merges(3000, 8, later)
    refs = [(f"refs/heads/b{n:04}", n) for n in range(0, 3000, 15)]
    repository.import_history(commits, [*refs, ("refs/heads/main", 2999)])

    shown = await all_pages(objects, repository, history.start(tips_of(repository)), 30)

    assert shown == repository.git("rev-list", "--all").split()


async def test_a_new_process_goes_on_where_another_stopped(objects, tmp_path):
    repository = Repository(tmp_path / "r.git")
    repository.import_history(
        merges(300, 9, lambda *_: EPOCH), [("refs/heads/main", 299), ("refs/heads/x", 250)]
    )
    directory = GitDirectory(repository.directory)
    walk, shown = history.start(tips_of(repository)), []

    while walk is not None:
        fresh = Objects()
        commits, walk = await history.page(fresh, directory, walk, 20)
        await fresh.close()
        shown += [commit.hash for commit in commits]

    assert shown == repository.git("rev-list", "--all").split()


NUMBERS = count()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_history_is_shown_whole_and_once(data, tmp_path):
    size = data.draw(st.integers(1, 25))
    commits = [
        (
            EPOCH + data.draw(st.integers(0, 6)),
            data.draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else [],
        )
        for number in range(size)
    ]
    numbers = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=6))
    path = tmp_path / f"{next(NUMBERS)}.git"
    repository = Repository(path)
    repository.import_history(commits, [(f"refs/heads/b{place}", n) for place, n in enumerate(numbers)])
    expected = repository.git("rev-list", "--all").split()

    async def pages():
        objects = Objects()
        start = history.start(tips_of(repository))
        shown = [await all_pages(objects, repository, start, pagelen) for pagelen in (1, 2, 3, 7)]
        await objects.close()
        return shown

    assert asyncio.run(pages()) == [expected] * 4
    shutil.rmtree(path)


@pytest.fixture
def branchy(tmp_path):
    repository = Repository(tmp_path / "r.git")
    commits = merges(200, 10, later)
    repository.import_history(commits, [("refs/heads/main", 199), ("refs/heads/old", 80)], files=7)
    return repository


async def test_a_range_leaves_out_what_is_excluded(objects, branchy):
    main, old = branchy.git("rev-parse", "main", "old").split()

    for pagelen in (1, 7, 30):
        shown = await all_pages(objects, branchy, history.start([main], exclude=[old]), pagelen)
        assert shown == branchy.git("rev-list", "main", "^old").split()


async def test_the_history_of_a_path(objects, branchy):
    main = branchy.git("rev-parse", "main")

    for pagelen in (1, 7, 30):
        shown = await all_pages(
            objects, branchy, history.start([main], path=RepositoryPath("file3")), pagelen
        )
        assert shown == branchy.git("rev-list", "main", "--", "file3").split()


async def test_a_path_that_looks_like_an_option_or_a_pattern_is_a_path(objects, branchy):
    main = branchy.git("rev-parse", "main")

    for text in ("--all", "file*", ":(glob)**", ":/"):
        assert await all_pages(objects, branchy, history.start([main], path=RepositoryPath(text)), 30) == []


async def test_a_shallow_history_ends_at_its_boundary(objects, branchy, tmp_path):
    branchy.git(
        "clone", "--quiet", "--bare", "--depth=3", branchy.path.as_uri(), str(tmp_path / "shallow.git")
    )
    shallow = Repository(tmp_path / "shallow.git")
    tips = tips_of(shallow)

    shown = await all_pages(objects, shallow, history.start(tips), 2)

    assert shown == shallow.git("rev-list", "--all").split()
    assert len(await all_pages(objects, shallow, history.start(tips, path=RepositoryPath("file1")), 2)) > 0


async def test_tips_that_are_no_commits_have_no_history(objects, branchy):
    blob = branchy.git("hash-object", "-w", "--stdin", stdin=b"x")
    directory = GitDirectory(branchy.directory)

    commits, rest = await history.page(objects, directory, history.start([blob, "1" * 40]), 5)

    assert (commits, rest) == ([], None)


@pytest.mark.parametrize("evil", ["--all", "HEAD", "", "a" * 40 + "\n--all", "A" * 40])
async def test_a_forged_position_is_refused(evil, objects, branchy):
    for walk in (Walk((evil,)), Walk((), exclude=(evil,)), Walk((), frontier=(evil,))):
        with pytest.raises(Invalid):
            await history.page(objects, GitDirectory(branchy.directory), walk, 1)
