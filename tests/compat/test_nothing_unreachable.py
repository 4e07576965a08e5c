"""Whoever may read a repository gets what its refs reach, and nothing else that git has of it."""

import base64
import subprocess
from urllib.request import Request, urlopen

import pytest

from bitpail.wire.packet_lines import FLUSH, encode


class Attack:
    """A repository in which a secret was committed and pushed away, and raw requests to it."""

    def __init__(self, server, person):
        self.server, self.person = server, person
        ada = server.user("ada")
        server.workspace("acme", ada)
        server.repository("acme/code", files={"a.txt": "a\n"})
        self.secret = server.app_password(ada, "repository:write")
        self.url = server.git_url("acme/code", "ada", self.secret)
        self.directory = server.directory("acme/code")
        self.clone = person.home / "code"
        person.well("clone", "--quiet", self.url, str(self.clone))
        self.first = person.head(self.clone)
        self.withdrawn = person.commit(self.clone, "secret.txt", "hunter2")
        person.well("push", "--quiet", "origin", "HEAD:main", "HEAD:other", at=self.clone)
        self.blob = person.well("rev-parse", "HEAD:secret.txt", at=self.clone)
        self.tree = person.well("rev-parse", "HEAD^{tree}", at=self.clone)

    def withdraws(self):
        """As people do it: force-push the branch and delete the other."""
        self.person.well("reset", "--quiet", "--hard", self.first, at=self.clone)
        push = ("push", "--quiet", "--force", "origin", "HEAD:main", ":other")
        self.person.well(*push, at=self.clone)

    def git(self, *arguments, given=b""):
        command = ["git", f"--git-dir={self.directory}", *arguments]
        return subprocess.run(command, input=given, capture_output=True, check=True).stdout.decode().strip()

    def asks(self, body, protocol="version=2"):
        headers = {
            "Content-Type": "application/x-git-upload-pack-request",
            "Git-Protocol": protocol,
            "Authorization": "Basic " + base64.b64encode(f"ada:{self.secret}".encode()).decode(),
        }
        url = f"{self.server.url}/acme/code.git/git-upload-pack"
        with urlopen(Request(url, body, headers), timeout=30) as answer:
            return answer.read()

    def fetches(self, *arguments):
        lines = [encode(f"{argument}\n".encode()) for argument in (*arguments, "done")]
        return self.asks(encode(b"command=fetch\n") + b"0001" + b"".join(lines) + FLUSH)

    def fetches_as_of_old(self, want, version):
        body = encode(f"want {want} side-band-64k\n".encode()) + FLUSH + encode(b"done\n")
        return self.asks(body, f"version={version}")


@pytest.fixture
def attack(bitpail, person):
    return Attack(bitpail, person)


def refusal(hash_):
    return encode(f"ERR upload-pack: not our ref {hash_}".encode())


def test_what_was_pushed_away_cannot_be_had_though_it_was_served_and_cached_before(attack):
    for hash_ in (attack.withdrawn, attack.tree, attack.blob):
        assert b"PACK" in attack.fetches(f"want {hash_}")
        assert b"PACK" in attack.fetches(f"want {hash_}")

    attack.withdraws()

    assert attack.git("cat-file", "-t", attack.withdrawn) == "commit"  # git has it still
    for hash_ in (attack.withdrawn, attack.tree, attack.blob):
        assert attack.fetches(f"want {hash_}") == refusal(hash_)
        assert attack.fetches(f"want {attack.first}", f"want {hash_}") == refusal(hash_)
        for version in (0, 1):
            assert attack.fetches_as_of_old(hash_, version) == refusal(hash_)
    assert b"PACK" in attack.fetches(f"want {attack.first}")


def test_git_itself_says_why(attack):
    attack.withdraws()

    attack.person.well("init", "--quiet", "elsewhere")
    told = attack.person.git("fetch", attack.url, attack.withdrawn, at=attack.person.home / "elsewhere")

    assert told.status != 0
    assert f"not our ref {attack.withdrawn}" in told.err


def test_hidden_refs_and_objects_of_a_repository_that_shares_its_own_cannot_be_had(attack):
    attack.git("update-ref", "refs/pull-requests/1/from", attack.withdrawn)
    attack.withdraws()
    assert attack.fetches(f"want {attack.withdrawn}") == refusal(attack.withdrawn)

    attack.server.repository("acme/fork", files={"private.txt": "of the fork\n"})
    fork = attack.server.directory("acme/fork")
    (attack.directory / "objects" / "info").mkdir(exist_ok=True)
    (attack.directory / "objects" / "info" / "alternates").write_text(f"{fork}/objects\n")
    tree, commit = attack.git("--git-dir", str(fork), "rev-parse", "main^{tree}", "main").split()
    assert attack.git("cat-file", "-t", commit) == "commit"

    for hash_ in (commit, tree):
        assert attack.fetches(f"want {hash_}") == refusal(hash_)


def test_a_shallow_client_cannot_deepen_into_what_it_may_not_have(attack):
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    child = attack.git(*identity, "commit-tree", attack.tree, "-p", attack.withdrawn, "-m", "child")
    attack.withdraws()

    def deepened(hash_, depth):
        return attack.fetches(f"want {attack.first}", f"shallow {hash_}", f"deepen {depth}", f"have {hash_}")

    def objects(answer):
        return int.from_bytes(answer.split(b"PACK")[1][4:8], "big")

    # git adds the parents of what the client calls shallow to what it wants.
    for depth in (1, 2147483647):
        answer = deepened(child, depth)
        assert b"unshallow" not in answer
        assert objects(answer) == objects(deepened("1" * 40, depth)) == 3


def test_git_does_not_tell_which_commits_it_has_that_nobody_may_see(attack):
    attack.withdraws()

    def negotiates(hash_):
        lines = encode(f"want {attack.first}\n".encode()) + encode(f"have {hash_}\n".encode())
        return attack.asks(encode(b"command=fetch\n") + b"0001" + lines + FLUSH)

    assert negotiates(attack.withdrawn) == negotiates("1" * 40) == b"0014acknowledgments\n0008NAK\n0000"
    assert f"ACK {attack.first}".encode() in negotiates(attack.first)


def test_a_file_may_not_be_named_as_a_filter(attack):
    told = attack.person.git("clone", f"--filter=sparse:oid={attack.blob}", attack.url, "sparse")

    assert "filter 'sparse:oid' not supported" in told.err


def test_old_commits_and_missing_files_of_a_partial_clone_can_be_had(attack):
    person, clone = attack.person, attack.person.home / "partial"
    later = person.commit(attack.clone, "b.txt", "b")
    person.well("push", "--quiet", "origin", "HEAD:main", ":other", at=attack.clone)

    for filter_ in ("blob:none", "tree:0"):
        target = f"{clone}-{filter_[:4]}"
        person.well("clone", "--quiet", f"--filter={filter_}", attack.url, target)
        assert person.well("show", "HEAD~1:secret.txt", at=clone.parent / target) == "hunter2"
    person.well("init", "--quiet", "one")
    person.well("fetch", "--quiet", "--depth=1", attack.url, attack.first, at=person.home / "one")

    assert later == attack.git("rev-parse", "main")


@pytest.mark.parametrize(
    ("body", "protocol"),
    [
        *((body, "version=2") for body in (b"", b"junk", b"0000", encode(b"command=object-info\n") + FLUSH)),
        (encode(b"command=fetch\n") + b"0001" + encode(b"want x\n") + FLUSH, "version=2"),
        (encode(b"command=fetch\n") + b"0001" + encode(b"want-ref refs/heads/main\n") + FLUSH, "version=2"),
        (encode(b"command=fetch\n") + b"0001" + encode(b"filter bogus\n") + FLUSH, "version=2"),
        *((body, "version=0") for body in (b"", b"junk", encode(b"want x\n") + FLUSH, encode(b"have x\n"))),
    ],
)
def test_a_malformed_request_is_the_mistake_of_whoever_sent_it(attack, body, protocol):
    done = attack.person.run(
        *("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--data-binary", "@-"),
        *("--header", "Content-Type: application/x-git-upload-pack-request"),
        *("--header", f"Git-Protocol: {protocol}", f"{attack.url}/git-upload-pack"),
        given=body,
    )

    assert done.out == "400"
