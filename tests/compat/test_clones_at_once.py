"""Many clones of the same at once with the real git, and a server that dies in the middle of them."""

import os
import re
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.clients import Person
from support.processes import eventually

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
    before, answers = len(kept(bitpail)), answered(bitpail, person)

    def clone(number):
        person.well("clone", "--quiet", "--bare", url, f"c{number}")
        return person.well("rev-parse", "main", at=person.home / f"c{number}")

    with ThreadPoolExecutor(8) as pool:
        tips = set(pool.map(clone, range(8)))

    assert len(tips) == 1
    told = answered(bitpail, person) - answers
    # Who comes late finds it whole.
    assert (told["miss"], told["follow"] + told["hit"], told["pass"]) == (1, 7, 0)
    assert len(kept(bitpail)) == before + 1
    assert clone(9) in tips
    assert answered(bitpail, person) - answers - told == Counter(hit=1)


def answered(server, person):
    """How clones were answered so far: by a git of their own, with another one's, or from the cache."""
    text = person.run("curl", "--silent", "--fail", f"{server.url}/metrics").out
    found = re.findall(r'^bitpail_clone_cache_answers_total\{result="(\w+)"\} (\d+)', text, re.MULTILINE)
    return Counter({result: int(number) for result, number in found})


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
