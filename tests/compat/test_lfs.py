"""The real git-lfs against a running server."""

import os
from hashlib import sha256

import pytest
from support.processes import memory

MEBIBYTE = 1 << 20


class Scene:
    def __init__(self, server, person):
        self.server, self.person = server, person
        self.ada = server.user("ada")
        server.repository("ada/art", files={"README.md": "# Art\n"})
        self.secret = server.app_password(self.ada, "repository:write")
        self.url = server.git_url("ada/art", "ada", self.secret)
        person.well("lfs", "install", "--skip-repo")
        self.clone = person.home / "clone"
        person.well("clone", "--quiet", self.url, str(self.clone))
        person.well("lfs", "track", "*.bin", at=self.clone)

    def push(self, name, content):
        (self.clone / name).write_bytes(content)
        self.person.well("add", ".", at=self.clone)
        self.person.well("commit", "--quiet", "-m", name, at=self.clone)
        return self.person.git("push", "--quiet", "origin", "HEAD:main", at=self.clone)


@pytest.fixture
def scene(bitpail, person):
    return Scene(bitpail, person)


def stored(server):
    directory = server.directory("ada/art")
    root = directory.parents[2] / "lfs" / directory.stem
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_large_files_go_in_and_come_out(scene):
    content = os.urandom(MEBIBYTE)

    pushed = scene.push("picture.bin", content)

    assert pushed.status == 0, pushed.err
    assert stored(scene.server) == [sha256(content).hexdigest()]
    other = scene.person.home / "other"
    scene.person.well("clone", "--quiet", scene.url, str(other))
    assert (other / "picture.bin").read_bytes() == content
    again = scene.push("same.bin", content)
    assert again.status == 0
    assert len(stored(scene.server)) == 1


def test_200_mib_pass_through_a_server_that_holds_none_of_it(scene):
    before = memory(scene.server.process.pid)
    content = os.urandom(MEBIBYTE) * 200

    assert scene.push("film.bin", content).status == 0
    scene.person.well("clone", "--quiet", scene.url, "other")

    assert (scene.person.home / "other" / "film.bin").stat().st_size == len(content)
    assert memory(scene.server.process.pid) - before < 32 * MEBIBYTE


def test_whoever_may_only_read_fetches_and_sends_nothing(scene):
    content = os.urandom(1000)
    scene.push("picture.bin", content)
    reader = scene.server.app_password(scene.ada, "repository")
    url = scene.server.git_url("ada/art", "ada", reader)
    scene.person.well("clone", "--quiet", url, "read")

    read = scene.person.home / "read"
    assert (read / "picture.bin").read_bytes() == content
    (read / "more.bin").write_bytes(b"more")
    scene.person.well("add", ".", at=read)
    scene.person.well("commit", "--quiet", "-m", "more", at=read)
    pushed = scene.person.git("lfs", "push", "--all", "origin", at=read)
    assert pushed.status != 0
    assert "repository:write" in pushed.err
    assert reader not in pushed.err.replace(url, "")
    assert stored(scene.server) == [sha256(content).hexdigest()]


def test_a_wrong_password_and_a_stranger_get_nothing(scene):
    scene.push("picture.bin", b"secret picture")
    eve = scene.server.app_password(scene.server.user("eve"), "repository:write")
    for username, secret in (("ada", "bp_wrong"), ("eve", eve)):
        url = scene.server.git_url("ada/art", username, secret)
        scene.person.git("config", "lfs.url", f"{url}/info/lfs", at=scene.clone)
        (scene.clone / ".git" / "lfs" / "objects").rename(scene.clone / f"kept-{username}")

        fetched = scene.person.git("lfs", "fetch", "--all", at=scene.clone)

        assert fetched.status != 0
        assert not list((scene.clone / ".git" / "lfs").rglob(sha256(b"secret picture").hexdigest()))


def test_a_path_is_locked_for_others_until_it_is_given_free(scene):
    scene.push("picture.bin", b"first")
    grace = scene.server.user("grace")
    scene.server.grant("ada/art", grace, "write")
    theirs = scene.server.git_url("ada/art", "grace", scene.server.app_password(grace, "repository:write"))
    scene.person.well("clone", "--quiet", theirs, "theirs")
    there = scene.person.home / "theirs"

    assert scene.person.git("lfs", "lock", "picture.bin", at=scene.clone).status == 0
    second = scene.person.git("lfs", "lock", "picture.bin", at=there)
    assert second.status != 0
    assert "is locked by ada" in second.err
    listed = scene.person.git("lfs", "locks", at=there)
    assert "picture.bin" in listed.out
    assert "ada" in listed.out
    scene.person.well("config", f"lfs.{theirs}/info/lfs.locksverify", "true", at=there)
    (there / "picture.bin").write_bytes(b"mine")
    scene.person.well("commit", "--quiet", "-am", "mine", at=there)
    refused = scene.person.git("push", "origin", "HEAD:main", at=there)
    assert refused.status != 0
    assert "picture.bin" in refused.seen
    assert scene.person.git("lfs", "unlock", "--force", "picture.bin", at=there).status != 0
    assert scene.person.git("lfs", "unlock", "picture.bin", at=scene.clone).status == 0
    assert scene.person.git("lfs", "lock", "picture.bin", at=there).status == 0
    assert scene.person.git("lfs", "unlock", "--force", "picture.bin", at=scene.clone).status == 0


def test_the_api_leads_from_a_pushed_file_to_its_object(scene):
    content = os.urandom(MEBIBYTE)
    assert scene.push("picture.bin", content).status == 0
    address = f"{scene.server.url}/2.0/repositories/ada/art/src/main/picture.bin"
    config = f'user = "ada:{scene.secret}"\n'

    def get(*flags, with_credential=True):
        given = ["--config", "-"] if with_credential else []
        return scene.person.run("curl", "-sS", *given, *flags, address, given=config.encode())

    answer = get("-o", "/dev/null", "-w", "%{http_code} %{redirect_url}")
    status, place = answer.out.split()
    assert (status, "/info/lfs/objects/" in place) == ("301", True)
    # On the same host, so that a client that follows shows its credential again.
    followed = scene.person.home / "followed"
    assert get("-L", "-o", str(followed), "-w", "%{http_code}").out == "200"
    assert followed.read_bytes() == content
    assert get("-L", "-r", "5-9", "-o", str(followed)).status == 0
    assert followed.read_bytes() == content[5:10]
    assert get("-L", "-o", "/dev/null", "-w", "%{http_code}", with_credential=False).out == "404"
    refused = scene.person.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", place)
    assert refused.out == "401"
