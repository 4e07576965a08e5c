"""Clients that share no code with git: dulwich through OpenSSH's client, libgit2 through libssh2, go-git through Go's."""

import contextlib
from urllib.parse import urlsplit

import pygit2
import pytest
from dulwich import porcelain
from dulwich.client import SSHGitClient
from support.clients import refs
from support.other_clients import Refused, go_git
from support.ssh import SshPerson


def test_dulwich_clones_fetches_and_pushes_over_ssh(bitpail, ada, address):
    client = SSHGitClient(
        address[0], port=address[1], username="git", ssh_command=ada.environment["GIT_SSH_COMMAND"]
    )
    with contextlib.closing(client.clone("ada/notes.git", str(ada.home / "clone"), mkdir=True)) as clone:
        assert (ada.home / "clone" / "readme.txt").read_text() == "hello\n"
        (ada.home / "clone" / "new.txt").write_text("new\n")
        porcelain.add(clone, [str(ada.home / "clone" / "new.txt")])
        made = porcelain.commit(clone, b"From dulwich", author=b"a <a@b.c>", committer=b"a <a@b.c>")

        pushed = client.send_pack(
            "ada/notes.git",
            lambda _: {b"refs/heads/main": made},
            clone.generate_pack_data,
        )
        fetched = client.fetch("ada/notes.git", clone)

    assert not any((pushed.ref_status or {}).values())
    assert fetched.refs[b"refs/heads/main"] == made
    assert refs(bitpail.directory("ada/notes"))["refs/heads/main"] == made.decode()


class _WithKey(pygit2.RemoteCallbacks):
    def __init__(self, key):
        super().__init__(pygit2.Keypair("git", f"{key}.pub", str(key), ""))
        self.refused = {}

    def certificate_check(self, *_):
        return True

    def push_update_reference(self, refname, message):
        if message is not None:
            self.refused[refname] = message


def test_libgit2_clones_pushes_and_fetches_over_ssh(bitpail, ada):
    calls, url = _WithKey(ada.key), ada.url("ada/notes")
    clone = pygit2.clone_repository(url, str(ada.home / "clone"), callbacks=calls)
    other = pygit2.clone_repository(url, str(ada.home / "other"), callbacks=calls)
    author = pygit2.Signature("a", "a@b.c")
    made = clone.create_commit(
        "refs/heads/main", author, author, "From libgit2", clone.head.peel().tree_id, [clone.head.target]
    )

    clone.remotes["origin"].push(["refs/heads/main"], callbacks=calls)
    other.remotes["origin"].fetch(callbacks=calls)

    assert calls.refused == {}
    assert refs(bitpail.directory("ada/notes"))["refs/heads/main"] == str(made)
    assert other.references["refs/remotes/origin/main"].target == made


def _with_key(person, name="clone", *, known=None):
    """What go-git is told: whose key, and all host keys of the server, as somebody that it knows was told them."""
    parts = urlsplit(person.server.ssh_url)
    told = (known or person).ssh("host_key_info").out.splitlines()
    hosts = person.home / "hosts"
    hosts.write_text("".join(f"[{parts.hostname}]:{parts.port} {line.rpartition(' ')[0]}\n" for line in told))
    return {"directory": str(person.home / name), "key": str(person.key), "known_hosts": str(hosts)}


def test_go_git_clones_a_part_pushes_and_fetches_over_ssh(bitpail, ada):
    client, url = go_git.or_skip(), ada.url("ada/notes")
    before = refs(bitpail.directory("ada/notes"))["refs/heads/main"]
    clone, other = _with_key(ada), _with_key(ada, "other")
    cloned = client.does("clone", url=url, **clone)
    client.does("clone", url=url, depth=1, **other)

    pushed = client.does("push", **clone)
    fetched = client.does("fetch", **other)

    assert cloned["head"] == before != pushed["head"]
    assert refs(bitpail.directory("ada/notes"))["refs/heads/main"] == pushed["head"]
    assert fetched["fetched"] == pushed["head"]


def test_go_git_gets_nothing_with_a_key_that_nobody_has(bitpail, ada, tmp_path):
    stranger = SshPerson(tmp_path / "stranger", bitpail)

    with pytest.raises(Refused, match="unable to authenticate"):
        go_git.or_skip().does("clone", url=ada.url("ada/notes"), **_with_key(stranger, known=ada))

    assert not (stranger.home / "clone" / "readme.txt").exists()
