"""A snapshot is never older than the question, whoever changes refs and however."""

import asyncio
import random
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.repositories import Repository

from bitpail.git import plain_config
from bitpail.git.directories import GitDirectory
from bitpail.git.ref_snapshot import RefSnapshots

pytestmark = pytest.mark.anyio

NAMES = [b"refs/heads/a", b"refs/heads/b", b"refs/heads/dir/c", b"refs/tags/t"]


async def now(snapshots, repository):
    directory = GitDirectory(repository.path)
    return await snapshots.now(directory, plain_config.read(directory))


def refs_of(snapshot):
    return {**dict(zip(snapshot.names, snapshot.targets, strict=True)), b"HEAD": snapshot.head.symbolic}


def as_git_says(repository):
    lines = repository.raw("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    refs = dict(line.split(b" ") for line in lines)
    return {**refs, b"HEAD": repository.raw("symbolic-ref", "HEAD").strip()}


@pytest.fixture(scope="module")
def commits(tmp_path_factory):
    made = Repository(tmp_path_factory.mktemp("race") / "r.git")
    return made, [made.commit(str(number)) for number in range(4)]


class Writer:
    """Changes refs in every way that there is; remembers what each ref was after each change."""

    def __init__(self, repository, commits):
        self.repository, self.commits = repository, commits
        self.begun, self.finished = 0, 0
        self.states = [as_git_says(repository)]

    def change(self, kind, name, commit):
        text, target = name.decode(), self.commits[commit]
        state = dict(self.states[-1])
        place = self.repository.path / text
        self.begun += 1
        state[name] = target.encode()
        if kind == "by hand" and place.is_file():
            with place.open("r+") as stream:
                stream.write(target)
        elif kind == "delete":
            self.repository.git("update-ref", "-d", text)
            del state[name]
        elif kind == "pack":
            self.repository.git("pack-refs", "--all", *(["--no-prune"] if commit else []))
            state = dict(self.states[-1])
        elif kind == "head":
            self.repository.git("symbolic-ref", "HEAD", text)
            state = {**self.states[-1], b"HEAD": name}
        else:
            self.repository.git("update-ref", text, target)
        self.states.append(state)
        self.finished += 1


KINDS = st.sampled_from(["update", "by hand", "by hand", "delete", "pack", "head"])
CHANGES = st.lists(st.tuples(KINDS, st.sampled_from(NAMES), st.integers(0, 3)), min_size=1, max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES)
async def test_each_change_shows_at_once(commits, objects, changes):
    repository, hashes = commits
    snapshots = RefSnapshots(objects)
    writer = Writer(repository, hashes)
    for change in changes:
        writer.change(*change)

        assert refs_of(await now(snapshots, repository)) == writer.states[-1] == as_git_says(repository)


async def test_no_answer_is_older_than_what_was_finished_before_the_question(commits, objects):
    repository, hashes = commits
    snapshots = RefSnapshots(objects)
    writer = Writer(repository, hashes)
    chance = random.Random(7)
    kinds = ["update", "by hand", "delete", "pack", "head"]

    def write():
        # A machine that has other things to do asks more rarely.
        for number in range(5000):
            if number >= 250 and asked > 50:
                break
            writer.change(chance.choice(kinds), chance.choice(NAMES), chance.randrange(4))

    asked = 0
    thread = threading.Thread(target=write)
    thread.start()
    while thread.is_alive():
        before = writer.finished
        snapshot = await now(snapshots, repository)
        await asyncio.sleep(0)
        after = writer.begun
        if snapshot is None:
            continue  # a file was half written: git is asked then
        while writer.finished < after and thread.is_alive():
            time.sleep(0.001)
        possible = writer.states[before : after + 1]
        found = refs_of(snapshot)
        for name in (*NAMES, b"HEAD"):
            assert found.get(name) in {state.get(name) for state in possible}
        asked += 1
    thread.join()
    assert asked > 50
    assert refs_of(await now(snapshots, repository)) == as_git_says(repository)


async def test_what_rests_is_not_read_again_and_every_change_to_it_is_seen(tmp_path, objects):
    repository = Repository(tmp_path / "r.git")
    hashes = [repository.commit(str(number)) for number in range(4)]
    for name in ("refs/heads/loose", "refs/heads/dir/loose"):
        repository.git("update-ref", name, hashes[0])
    repository.git("pack-refs", "--all")
    repository.git("update-ref", "refs/heads/loose", hashes[1])
    snapshots = RefSnapshots(objects)
    await now(snapshots, repository)
    await asyncio.sleep(2.2)
    kept = await now(snapshots, repository)
    assert await now(snapshots, repository) is kept

    writer = Writer(repository, hashes)
    for change in [
        ("by hand", b"refs/heads/loose", 2),
        ("update", b"refs/heads/new/deep", 1),
        ("update", b"refs/heads/dir/loose", 1),
        ("delete", b"refs/heads/new/deep", 0),
        ("head", b"refs/heads/dir/loose", 0),
        ("pack", b"", 0),
        ("delete", b"refs/heads/loose", 0),
    ]:
        writer.change(*change)
        found = await now(snapshots, repository)
        assert refs_of(found) == writer.states[-1]
        assert await now(snapshots, repository) is found


async def test_memory_is_bounded(tmp_path, objects, monkeypatch):
    monkeypatch.setattr("bitpail.git.ref_snapshot._KEPT_BYTES", 20_000)
    snapshots = RefSnapshots(objects)
    repositories = [Repository(tmp_path / f"{number}.git") for number in range(8)]
    for repository in repositories:
        repository.commit()

    for repository in [*repositories, *repositories]:
        assert refs_of(await now(snapshots, repository)) == as_git_says(repository)

    assert 0 < snapshots.kept_bytes() <= 20_000
