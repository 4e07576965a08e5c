"""Much data, and ends that nobody planned: memory stays flat, and nothing is left behind."""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from support.clients import Person, is_intact, on_disk, refs
from support.processes import eventually, gits, memory
from support.relay import Relay

from bitpail.testing import Bitpail

MEBIBYTE = 1 << 20
HALF = 4 * MEBIBYTE
# More than the sockets of this machine take in before anybody has to wait.
ENOUGH = 24 * MEBIBYTE
LONG_AGO = time.time() - 48 * 3600


class Scene:
    """A repository with more than a pipe, a socket or a buffer holds, and a clone with as much to push."""

    def __init__(self, server: Bitpail, person: Person, *, size: int = 16 * MEBIBYTE):
        self.server, self.person = server, person
        ada = server.user("ada")
        server.repository("ada/notes", files={"first.bin": os.urandom(size)})
        self.secret = server.app_password(ada, "repository:write")
        self.directory = server.directory("ada/notes")
        self.clone = person.home / "clone"
        person.well("config", "--global", "core.compression", "0")
        person.well("clone", "--quiet", self.url, str(self.clone))
        self.mine = person.commit(self.clone, "second.bin", os.urandom(16 * MEBIBYTE))
        self.before = on_disk(self.directory)

    @property
    def url(self) -> str:
        return self.server.git_url("ada/notes", "ada", self.secret)

    @property
    def is_quiet(self) -> bool:
        return not gits(self.server.process.pid)


@pytest.fixture
def scene(bitpail, person):
    return Scene(bitpail, person)


@pytest.fixture
def own_scene(person):
    """The same on a server that may be killed."""
    with Bitpail.started() as server:
        yield Scene(server, person)


class Peak:
    """The most memory that a process held while this ran."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.idle = self.most = memory(pid)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.02):
            self.most = max(self.most, memory(self._pid))


def kill(process: subprocess.Popen) -> None:
    """End a client and what it started, as a pulled plug would."""
    children = psutil.Process(process.pid).children(recursive=True)
    for one in (psutil.Process(process.pid), *children):
        with suppress(psutil.NoSuchProcess):  # those it starts come and go
            one.send_signal(signal.SIGKILL)
    process.communicate()


def test_500_mib_go_in_and_out_through_a_server_that_holds_none_of_it(person, record_property):
    person.well("config", "--global", "core.compression", "0")
    person.well("config", "--global", "core.bigFileThreshold", "1m")
    local = person.home / "local"
    person.well("init", "--quiet", "--initial-branch=main", str(local))
    for number in range(5):
        (local / f"{number}.bin").write_bytes(os.urandom(100 * MEBIBYTE))
    mine = person.commit(local)
    with Bitpail.started() as server:
        ada = server.user("ada")
        server.repository("ada/large")
        url = server.git_url("ada/large", "ada", server.app_password(ada, "repository:write"))

        with Peak(server.process.pid) as pushing:
            person.well("push", "--quiet", url, "main", at=local)
        with Peak(server.process.pid) as cloning:
            person.well("clone", "--quiet", "--bare", url, "copy")

        assert refs(server.directory("ada/large")) == {"refs/heads/main": mine}
        assert refs(person.home / "copy") == {"refs/heads/main": mine}
        record_property("idle", pushing.idle)
        record_property("pushing", pushing.most)
        record_property("cloning", cloning.most)
        assert max(pushing.most, cloning.most) - pushing.idle < 64 * MEBIBYTE


def test_a_file_of_100_mib_is_read_listed_and_compared_by_a_server_that_holds_none_of_it(
    person, record_property
):
    content = os.urandom(MEBIBYTE) * 100
    local = person.home / "local"
    person.well("config", "--global", "core.compression", "0")
    person.well("init", "--quiet", "--initial-branch=main", str(local))
    (local / "small.txt").write_text("small")
    person.commit(local)
    (local / "large.bin").write_bytes(content)
    person.commit(local)
    with Bitpail.started() as server:
        ada = server.user("ada")
        server.adopt(local, "ada/large")
        config = f'user = "ada:{server.app_password(ada, "repository")}"\n'.encode()

        def get(path, *flags):
            url = f"{server.url}/2.0/repositories/ada/large/{path}"
            done = person.run("curl", "-sSf", "--config", "-", *flags, url, given=config)
            assert done.status == 0, done.err
            return done.out

        got = person.home / "got"
        get("src/main/small.txt")
        with Peak(server.process.pid) as peak:
            get("src/main/large.bin", "-o", str(got))
            assert got.read_bytes() == content
            get("src/main/large.bin", "-o", str(got), "-r", f"{99 * MEBIBYTE - 5}-{99 * MEBIBYTE + 4}")
            assert got.read_bytes() == content[99 * MEBIBYTE - 5 : 99 * MEBIBYTE + 5]
            assert f"content-length: {100 * MEBIBYTE}" in get("src/main/large.bin", "--head").lower()
            for path in ("src/main/large.bin?format=meta", "src/main/", "filehistory/main/large.bin"):
                assert f'"size":{100 * MEBIBYTE}' in get(path)
            assert "Binary files" in get("diff/main")
            assert '"lines_added":0' in get("diffstat/main")

    record_property("idle", peak.idle)
    record_property("peak", peak.most)
    assert peak.most - peak.idle < 32 * MEBIBYTE


def test_a_push_whose_client_dies_half_way_leaves_nothing(scene):
    with Relay.to(scene.server.url, up=HALF) as relay:
        pushing = scene.person.start("git", "push", relay.instead_of(scene.url), "main", at=scene.clone)
        assert relay.holds.wait(60)
        assert eventually(lambda: not scene.is_quiet)
        kill(pushing)

        assert eventually(lambda: scene.is_quiet)

    assert on_disk(scene.directory) == scene.before
    assert is_intact(scene.directory)
    scene.person.well("push", "--quiet", at=scene.clone)
    assert refs(scene.directory) == {"refs/heads/main": scene.mine}


def test_a_clone_whose_client_dies_half_way_ends_its_git(person):
    # Where its output is kept for others, git is done before the client is.
    with Bitpail.started(clone_cache_size=0) as server:
        scene = Scene(server, person, size=ENOUGH)
        with Relay.to(server.url, down=HALF) as relay:
            cloning = person.start("git", "clone", relay.instead_of(scene.url), "another")
            assert relay.holds.wait(60)
            assert eventually(lambda: not scene.is_quiet)
            kill(cloning)

            assert eventually(lambda: scene.is_quiet)

        assert on_disk(scene.directory) == scene.before
        person.well("clone", "--quiet", scene.url, "again")


def test_a_push_through_a_server_that_dies_half_way_leaves_nothing_that_counts_and_soon_nothing_at_all(
    own_scene,
):
    scene = own_scene
    with Relay.to(scene.server.url, up=HALF) as relay:
        pushing = scene.person.start("git", "push", relay.instead_of(scene.url), "main", at=scene.clone)
        assert relay.holds.wait(60)
        assert eventually(lambda: not scene.is_quiet)
        left = gits(scene.server.process.pid)
        scene.server.process.kill()
        scene.server.process.wait()
        _, complaint = pushing.communicate(timeout=60)

    assert pushing.returncode != 0
    assert b"->" not in complaint
    assert eventually(lambda: not any(process.is_running() for process in left))
    assert on_disk(scene.directory)[0] == scene.before[0]
    for leftover in (scene.directory / "objects").glob("tmp_objdir-*"):
        os.utime(leftover, (LONG_AGO, LONG_AGO))
    scene.server.start()
    assert eventually(lambda: on_disk(scene.directory) == scene.before)
    assert is_intact(scene.directory)
    scene.person.well("push", "--quiet", scene.url, "main", at=scene.clone)
    assert refs(scene.directory) == {"refs/heads/main": scene.mine}


def test_what_a_crash_of_the_machine_has_left_is_removed_at_the_next_start_once_it_is_old(own_scene):
    scene = own_scene
    shard = scene.directory.parent
    objects = scene.directory / "objects"
    old, young = (
        [objects / f"tmp_objdir-incoming-{age}" / "pack" / "tmp_pack_1", shard / f".tmp-{age}" / "HEAD"]
        for age in ("old", "young")
    )
    for file in (*old, *young):
        file.parent.mkdir(parents=True)
        file.write_bytes(b"half")
    for directory in (objects / "tmp_objdir-incoming-old", shard / ".tmp-old"):
        os.utime(directory, (LONG_AGO, LONG_AGO))

    scene.server.stop()
    scene.server.start()

    assert eventually(lambda: not any(file.exists() for file in old))
    assert not (objects / "tmp_objdir-incoming-old").exists()
    assert all(file.exists() for file in young)
    assert is_intact(scene.directory)


def test_a_push_larger_than_the_limit_is_refused_and_leaves_nothing(person):
    with Bitpail.started(push_limit=MEBIBYTE) as server:
        scene = Scene(server, person)

        refused = person.git("push", at=scene.clone)

        assert not refused.worked
        assert "exceeds maximum allowed size" in refused.err
        assert eventually(lambda: scene.is_quiet)
        assert on_disk(scene.directory) == scene.before


def test_a_client_that_stops_reading_is_given_up(person):
    with Bitpail.started(idle_timeout=1, clone_cache_size=0) as server:
        scene = Scene(server, person, size=ENOUGH)
        with Relay.to(server.url, down=HALF) as relay:
            cloning = person.start("git", "clone", relay.instead_of(scene.url), "another")
            assert relay.holds.wait(60)

            assert eventually(lambda: scene.is_quiet)

            relay.let_go()
            _, complaint = cloning.communicate(timeout=60)

        assert cloning.returncode != 0, complaint
        assert not Path(person.home / "another").exists()
