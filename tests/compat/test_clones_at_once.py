"""Many clones of the same at once with the real git, and a server that dies in the middle of them."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.clients import Person
from support.processes import eventually, family

from bitpail.testing import Bitpail

SIZE = 24 << 20


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A repository whose pack takes git a while."""
    person = Person(tmp_path_factory.mktemp("large"))
    person.well("init", "--quiet", "--initial-branch=main", "r")
    person.commit(person.home / "r", "random.bin", os.urandom(SIZE))
    return person.home / "r"


def cloned_from(server, large):
    ada = server.user("ada")
    server.workspace("acme", ada)
    server.adopt(large, "acme/large")
    return server.git_url("acme/large", "ada", server.app_password(ada, "repository"))


def kept(server):
    """What lies in the cache; a directory may go while it is looked through."""
    top = server.settings.data_path / "cache" / "clones"
    return sorted(Path(directory) / name for directory, _, names in os.walk(top) for name in names)


def test_eight_clones_at_once_start_one_git_and_the_ninth_none(bitpail, person, large):
    url = cloned_from(bitpail, large)
    before, seen = len(kept(bitpail)), set()

    def clone(number):
        person.well("clone", "--quiet", "--bare", url, f"c{number}")
        return person.well("rev-parse", "main", at=person.home / f"c{number}")

    with ThreadPoolExecutor(8) as pool:
        clones = [pool.submit(clone, number) for number in range(8)]
        while not all(one.done() for one in clones):
            seen |= {p.pid for p in family(bitpail.process.pid) if p.pid not in seen and serves_a_clone(p)}
        tips = {one.result() for one in clones}

    assert len(tips) == 1
    assert len(seen) == 1
    assert len(kept(bitpail)) == before + 1
    assert clone(9) in tips


def serves_a_clone(process):
    try:
        return "upload-pack" in process.cmdline()
    except Exception:  # noqa: BLE001 - it has ended meanwhile
        return False


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_dies_while_it_writes_leaves_nothing_that_is_served(person, large, kill):
    with Bitpail.started(graceful_stop=0) as server:
        url = cloned_from(server, large)
        running = person.start("git", "clone", "--quiet", "--bare", url, "cut")
        assert eventually(lambda: any(path.name.startswith(".") for path in kept(server)))
        server.process.send_signal(kill)
        server.process.wait()
        assert running.wait() != 0
        running.stderr.close()
        server.start()

        assert eventually(lambda: not any(path.name.startswith(".") for path in kept(server)))
        url = server.git_url("acme/large", *url.partition("//")[2].partition("@")[0].split(":"))
        for number in range(2):
            person.well("clone", "--quiet", "--bare", url, f"whole{number}")
            person.well("fsck", "--strict", at=person.home / f"whole{number}")
        assert len(kept(server)) == 1


def test_switched_off_nothing_is_written(person, large):
    with Bitpail.started(clone_cache_size=0) as server:
        url = cloned_from(server, large)
        for number in range(2):
            person.well("clone", "--quiet", "--bare", "--depth=1", url, f"c{number}")

        assert kept(server) == []
