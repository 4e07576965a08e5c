"""A disk without room refuses what needs some, loses nothing, and keeps nobody from reading."""

import os
import resource
import subprocess

import psutil
import pytest
from support.clients import is_intact, refs
from support.processes import eventually

from bitpail.testing import Bitpail

ROOM = 24 << 20


def _may_mount():
    return (
        os.geteuid() == 0
        and subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0
    )


class Disk:
    """A disk of its own, that can be filled up."""

    def __init__(self, place):
        self.place, self.filler = place, place / "filler"

    def is_full(self, server):
        with self.filler.open("wb", buffering=0) as stream:
            try:
                while stream.write(bytes(1 << 16)):
                    pass
            except OSError:
                pass

    def has_room(self, server):
        self.filler.unlink()


class Limit:
    """No file may become as large as it has to, where nobody may mount a disk."""

    def is_full(self, server):
        self._set(server, 1 << 20)

    def has_room(self, server):
        self._set(server, resource.RLIM_INFINITY)

    def _set(self, server, size):
        psutil.Process(server.process.pid).rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture(params=["limit", "disk"] if _may_mount() else ["limit"])
def place(request, tmp_path):
    if request.param == "limit":
        # No file of the cache would fit either, and that this will be so can't be foreseen.
        with Bitpail.started(clone_cache_size=0) as server:
            yield server, Limit()
        return
    mounted = tmp_path / "disk"
    mounted.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "bitpail", mounted], check=True)
    try:
        with Bitpail.started(data=str(mounted / "data")) as server:
            yield server, Disk(mounted)
    finally:
        subprocess.run(["umount", "--lazy", mounted], check=True)


def test_without_room_a_push_is_refused_and_clones_go_on(place, person):
    server, disk = place
    ada = server.user("ada")
    server.repository("ada/code", files={"random.bin": os.urandom(3 << 20)})
    directory = server.directory("ada/code")
    url = server.git_url("ada/code", "ada", server.app_password(ada, "repository:write"))
    clone = person.home / "code"
    person.well("clone", "--quiet", url, str(clone))
    person.commit(clone, "large.bin", os.urandom(3 << 20))
    before = refs(directory)

    disk.is_full(server)
    for _ in range(2):
        refused = person.git("push", "origin", "HEAD:main", at=clone)
        assert not refused.worked
        assert "[remote rejected] HEAD -> main (unpacker error)" in refused.err
        assert "No space left on device" in refused.err or isinstance(disk, Limit)
        assert refs(directory) == before
    # Nothing can be kept of this one: it is served all the same.
    person.well("clone", "--quiet", "--bare", "--depth=1", url, "shallow")
    assert is_intact(directory)
    disk.has_room(server)

    person.well("push", "--quiet", "origin", "HEAD:main", at=clone)
    person.well("clone", "--quiet", url, "again")
    assert person.head(person.home / "again") == person.head(clone) == refs(directory)["refs/heads/main"]
    assert is_intact(directory)
    assert eventually(lambda: not list(directory.glob("objects/tmp_objdir*")))
