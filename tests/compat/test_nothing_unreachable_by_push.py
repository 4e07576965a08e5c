"""A push makes nothing reachable that it did not bring and that was not reachable before."""

import hashlib
import subprocess
import zlib

import pytest
from support.clients import is_intact, refs
from support.ssh import SshPerson, put_user_key

from bitpail.wire.packet_lines import FLUSH, encode

ZERO = "0" * 40
PERSON = b"Eve <eve@example.org> 1700000000 +0000"
COMMIT, BLOB, REF_DELTA = 1, 3, 7


class Withdrawn:
    """A repository in which a secret was committed and pushed away, and who may push to it."""

    def __init__(self, server, person):
        self.server, self.person = server, person
        self.ada = server.user("ada")
        server.workspace("acme", self.ada)
        server.repository("acme/code", files={"a.txt": "a\n"})
        secret = server.app_password(self.ada, "repository:write")
        self.url = server.git_url("acme/code", "ada", secret)
        self.directory = server.directory("acme/code")
        self.clone = person.home / "code"
        person.well("clone", "--quiet", self.url, str(self.clone))
        self.first = person.head(self.clone)
        self.commit = person.commit(self.clone, "secret.txt", "hunter2\n" * 20)
        person.well("push", "--quiet", "origin", "HEAD:main", at=self.clone)
        self.blob = person.well("rev-parse", "HEAD:secret.txt", at=self.clone)
        self.tree = person.well("rev-parse", "HEAD^{tree}", at=self.clone)
        person.well("reset", "--quiet", "--hard", self.first, at=self.clone)
        person.well("push", "--quiet", "--force", "origin", "HEAD:main", at=self.clone)

    def over_http(self, request):
        done = self.person.run(
            *("curl", "--silent", "--show-error", "--data-binary", "@-", f"{self.url}/git-receive-pack"),
            *("--header", "Content-Type: application/x-git-receive-pack-request", "--output", "-"),
            given=request,
        )
        return done.out

    def over_ssh(self, request):
        put = SshPerson(self.person.home / "ssh", self.server)
        put_user_key(self.server, self.ada, put.public_key())
        return put.ssh("git-receive-pack 'acme/code.git'", given=request).out


@pytest.fixture
def withdrawn(bitpail, person):
    return Withdrawn(bitpail, person)


def entry(kind, content, base=""):
    first, rest = len(content) & 15 | kind << 4, len(content) >> 4
    header = bytearray()
    while rest:
        header.append(first | 128)
        first, rest = rest & 127, rest >> 7
    return bytes([*header, first]) + bytes.fromhex(base) + zlib.compress(content)


def pack(*entries):
    content = b"PACK" + (2).to_bytes(4, "big") + len(entries).to_bytes(4, "big") + b"".join(entries)
    return content + hashlib.sha1(content).digest()


def a_commit(tree, parent):
    return f"tree {tree}\nparent {parent}\n".encode() + b"author %b\ncommitter %b\n\nmine\n" % (
        PERSON,
        PERSON,
    )


def hash_of(kind, content):
    return hashlib.sha1(b"%b %d\0" % (kind, len(content)) + content).hexdigest()


def same_as(base, size):
    """A delta that makes something that starts with its base, one byte longer."""
    return bytes([size & 127 | 128, size >> 7, (size + 1) & 127 | 128, size + 1 >> 7, 0x90, size, 1]) + b"!"


def pushes(new, *entries, name="refs/heads/eve"):
    line = f"{ZERO} {new} {name}\0report-status agent=eve".encode()
    return encode(line) + FLUSH + pack(*entries)


def attacks(it):
    """Each way to name what one does not have."""
    on_it, with_it = a_commit(it.tree, it.first), a_commit(it.tree, it.commit)
    many = [entry(BLOB, b"%d" % number) for number in range(120)]
    size = len("hunter2\n" * 20)
    thin = entry(REF_DELTA, same_as(it.blob, size), it.blob)
    return {
        "a branch": pushes(it.commit),
        "a tag": pushes(it.commit, name="refs/tags/eve"),
        "a tag of a file": pushes(it.blob, name="refs/tags/eve"),
        "a commit on its directory": pushes(hash_of(b"commit", on_it), entry(COMMIT, on_it)),
        "a commit on top": pushes(hash_of(b"commit", with_it), entry(COMMIT, with_it)),
        "among many": pushes(hash_of(b"commit", on_it), entry(COMMIT, on_it), *many),
        # git completes the pack with the secret: it is in quarantine then, and was not sent.
        "as the base of a delta": pushes(hash_of(b"commit", on_it), entry(COMMIT, on_it), thin, *many),
    }


@pytest.mark.parametrize("door", ["http", "ssh"])
def test_nobody_gets_at_a_withdrawn_secret_by_pushing_its_name(withdrawn, door):
    push = withdrawn.over_http if door == "http" else withdrawn.over_ssh
    before = refs(withdrawn.directory)

    for how, request in attacks(withdrawn).items():
        if door == "ssh" and how != "a branch":
            continue
        answer = push(request)

        assert "unpack ok" in answer, how
        assert "pre-receive hook declined" in answer, how
    assert refs(withdrawn.directory) == before


def test_what_a_client_has_and_sends_it_may_push_again(withdrawn):
    person, clone = withdrawn.person, withdrawn.clone

    person.well("push", "--quiet", "origin", f"{withdrawn.commit}:refs/heads/back", at=clone)
    person.well("push", "--quiet", "origin", f"{withdrawn.commit}:refs/heads/same", at=clone)
    person.well("tag", "-a", "-m", "one", "v1", withdrawn.commit, at=clone)
    person.well("push", "--quiet", "origin", "v1", at=clone)
    person.well("push", "--quiet", "origin", ":back", ":same", ":v1", at=clone)
    person.well("reset", "--quiet", "--hard", withdrawn.commit, at=clone)
    for number in range(2):
        person.commit(clone, "more.txt", f"{number}")
        person.well("push", "--quiet", "--force", "origin", "HEAD:main", at=clone)
        person.well("reset", "--quiet", "--hard", withdrawn.commit, at=clone)
    # More objects than git takes apart, and old content in a new commit.
    for number in range(60):
        person.commit(clone, f"{number}.txt", f"{number}")
    person.well("revert", "--no-edit", "HEAD~5", at=clone)
    person.well("push", "--quiet", "--force", "origin", "HEAD:main", at=clone)
    person.well("rm", "--quiet", "1.txt", at=clone)
    person.well("commit", "--quiet", "-m", "without", at=clone)
    person.well("push", "--quiet", "origin", "HEAD:main", at=clone)
    person.well("revert", "--no-edit", "HEAD", at=clone)
    person.well("push", "--quiet", "origin", "HEAD:main", at=clone)

    assert refs(withdrawn.directory) == {"refs/heads/main": person.head(clone)}
    assert is_intact(withdrawn.directory)


def test_nothing_of_a_repository_whose_objects_are_shared_can_be_named(withdrawn, bitpail):
    bitpail.repository("acme/parent", files={"private.txt": "of the parent\n"})
    parent = bitpail.directory("acme/parent")
    info = withdrawn.directory / "objects" / "info"
    info.mkdir(exist_ok=True)
    (info / "alternates").write_text(f"{parent}/objects\n")
    theirs = refs(parent)["refs/heads/main"]
    command = ["git", f"--git-dir={withdrawn.directory}", "cat-file", "-t", theirs]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"commit\n"

    answer = withdrawn.over_http(pushes(theirs))

    assert "pre-receive hook declined" in answer
    assert theirs not in refs(withdrawn.directory).values()


class Family:
    """A private parent, and a fork whose owner tries to get at what the parent has had since."""

    def __init__(self, server, person):
        self.server, self.person = server, person
        self.ada = server.user("ada")
        server.workspace("acme", self.ada)
        server.repository("acme/parent", files={"a.txt": "a\n"})
        self.secret = server.app_password(self.ada, "repository:write")
        self._fork("early")
        self.first = refs(server.directory("acme/parent"))["refs/heads/main"]
        self.directory = server.directory("acme/early")
        clone = person.home / "parent"
        person.well("clone", "--quiet", server.git_url("acme/parent", "ada", self.secret), str(clone))
        self.commit = person.commit(clone, "secret.txt", "hunter2\n" * 20)
        person.well("push", "--quiet", "origin", "HEAD:main", at=clone)
        self.blob = person.well("rev-parse", "HEAD:secret.txt", at=clone)
        self.tree = person.well("rev-parse", "HEAD^{tree}", at=clone)
        # With this one the secret is in what all forks share.
        self._fork("later")
        self.url = server.git_url("acme/early", "ada", self.secret)

    def _fork(self, name):
        done = self.person.run(
            *("curl", "--silent", "--show-error", "--user", f"ada:{self.secret}"),
            *("--header", "Content-Type: application/json"),
            *("--data", f'{{"name": "{name}", "workspace": {{"slug": "acme"}}}}'),
            f"{self.server.api}/repositories/acme/parent/forks",
        )
        assert f'"full_name":"acme/{name}"' in done.out

    over_http = Withdrawn.over_http


def test_nothing_of_its_family_can_be_had_by_a_fork(bitpail, person):
    family = Family(bitpail, person)
    command = ["git", f"--git-dir={family.directory}", "cat-file", "-t", family.commit]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"commit\n"
    person.well("init", "--quiet", "elsewhere")

    for how, request in attacks(family).items():
        assert "pre-receive hook declined" in family.over_http(request), how
    for name in (family.commit, family.tree, family.blob):
        told = person.git("fetch", family.url, name, at=person.home / "elsewhere")
        assert told.status != 0
        assert "not our ref" in told.err

    assert refs(family.directory) == {"refs/heads/main": family.first}
    assert is_intact(family.directory)


def test_a_fork_is_cloned_pushed_to_and_cloned_again_like_any_other(bitpail, person):
    family = Family(bitpail, person)
    person.well("clone", "--quiet", family.url, "mine")
    mine = person.home / "mine"
    made = person.commit(mine, "mine.txt", "mine\n")
    person.well("push", "--quiet", "origin", "HEAD:main", at=mine)
    # What its owner really has may be pushed, although the family has it already.
    person.well("fetch", "--quiet", str(person.home / "parent"), family.commit, at=mine)
    person.well("push", "--quiet", "origin", f"{family.commit}:refs/heads/sent", at=mine)

    person.well("clone", "--quiet", "--bare", family.url, "again")

    assert refs(person.home / "again") == {"refs/heads/main": made, "refs/heads/sent": family.commit}
    assert is_intact(family.directory)
    assert is_intact(person.home / "again")
