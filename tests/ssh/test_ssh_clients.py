"""Clients that share no code with git: dulwich through OpenSSH's client, libgit2 through libssh2."""

import contextlib

import pygit2
from dulwich import porcelain
from dulwich.client import SSHGitClient
from support.clients import refs


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
