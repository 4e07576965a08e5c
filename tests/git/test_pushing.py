"""What dead pushes have left goes, at whatever moment they die; what living ones hold stays."""

import fcntl

import pytest

from bitpail.git import pushing
from bitpail.git.directories import GitDirectory


@pytest.fixture
def lock(server):
    return server.directory / "refs/heads/main.lock"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(pushing, "_MOMENT", 0)


def _marks(hooks):
    return list(hooks.glob("pushing-*"))


def test_what_a_dead_push_has_left_goes(server, hooks, lock):
    with pushing.under_way(GitDirectory(server.directory, False), hooks):
        lock.touch()

    pushing.clean_after_dead(hooks)

    assert not lock.exists()
    assert not _marks(hooks)


def test_what_a_living_push_holds_stays(server, hooks, lock):
    with pushing.under_way(GitDirectory(server.directory, False), hooks):
        lock.touch()
        pushing.clean_after_dead(hooks)

        assert lock.exists()
        assert len(_marks(hooks)) == 1


@pytest.mark.parametrize("question", [1, 2])
def test_a_push_that_dies_while_it_is_looked_for_leaves_nothing(server, hooks, lock, monkeypatch, question):
    living = pushing.under_way(GitDirectory(server.directory, False), hooks)
    living.__enter__()
    asked = 0
    real = fcntl.flock

    def flock(descriptor, operation):
        nonlocal asked
        asked += 1
        if asked == question:
            lock.touch()
            living.__exit__(None, None, None)
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    pushing.clean_after_dead(hooks)
    pushing.clean_after_dead(hooks)

    assert not lock.exists()
    assert not _marks(hooks)
