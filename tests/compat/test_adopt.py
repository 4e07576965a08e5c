"""A directory that somebody else looks after, served where it lies."""

import shutil

import pytest
from support.clients import is_intact, refs

from bitpail.errors import Conflict, Invalid
from bitpail.testing import Bitpail


class Adopted:
    """A Git directory of Ada's, served as ada/notes."""

    def __init__(self, server, person, directory, *, bare):
        self.server, self.person, self.directory = server, person, directory
        self.git_directory = directory if bare else directory / ".git"
        self.ada = server.user("ada")
        self.make(bare=bare)
        server.adopt(directory, "ada/notes")
        self.secret = server.app_password(self.ada, "repository:write", "repository:delete")
        self.url = server.git_url("ada/notes", "ada", self.secret)

    def make(self, *, bare):
        """The directory with one commit."""
        work = self.person.home / "made"
        shutil.rmtree(work, ignore_errors=True)
        self.person.well("init", "--quiet", "--initial-branch=main", str(work))
        self.person.commit(work, "first.txt")
        self.person.well("clone", "--quiet", *(["--bare"] if bare else []), str(work), str(self.directory))

    def commits_by_hand(self, text="by hand\n"):
        """A commit made with git in the directory itself, behind the server's back."""
        tree = self.person.well("rev-parse", "main^{tree}", at=self.git_directory)
        made = self.person.well("commit-tree", tree, "-p", "main", "-m", text, at=self.git_directory)
        self.person.well("update-ref", "refs/heads/main", made, at=self.git_directory)
        return made

    @property
    def tip_seen_by_git(self):
        return self.person.well("ls-remote", self.url, "refs/heads/main").split()[0]

    @property
    def tip_seen_by_the_api(self):
        return self.listed("main")[0]

    def listed(self, revision=""):
        """The hashes of the commits that the API lists."""
        url = f"{self.server.api}/repositories/ada/notes/commits/{revision}"
        status, answer = self.person.api(url.rstrip("/"), "--user", f"ada:{self.secret}")
        assert status == 200, answer
        return [commit["hash"] for commit in answer["values"]]

    def hook(self, name, script):
        file = self.git_directory / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def clone(self, name="clone"):
        self.person.well("clone", "--quiet", self.url, name)
        return self.person.home / name


@pytest.fixture(params=["bare", "with a worktree", "with blanks in its name"])
def adopted(request, bitpail, person, tmp_path):
    name = "my old notes .git" if "blanks" in request.param else "notes"
    return Adopted(bitpail, person, tmp_path / "elsewhere" / name, bare=request.param != "with a worktree")


@pytest.fixture
def bare(bitpail, person, tmp_path):
    return Adopted(bitpail, person, tmp_path / "notes.git", bare=True)


def test_an_adopted_directory_is_cloned_pushed_to_and_listed(adopted):
    clone = adopted.clone()
    mine = adopted.person.commit(clone)

    adopted.person.well("push", "--quiet", "origin", "HEAD:refs/heads/new", at=clone)

    assert refs(adopted.git_directory)["refs/heads/new"] == mine
    assert is_intact(adopted.git_directory)
    assert mine in adopted.listed()
    assert adopted.listed("new")[0] == mine
    adopted.person.well("fetch", "--quiet", at=clone)


def test_a_commit_made_behind_the_servers_back_is_seen_at_once(adopted):
    for number in range(3):
        made = adopted.commits_by_hand(f"number {number}\n")

        assert adopted.tip_seen_by_git == made
        assert adopted.tip_seen_by_the_api == made


def test_refs_packed_and_objects_repacked_by_hand_change_nothing(adopted):
    made = adopted.commits_by_hand()
    assert adopted.tip_seen_by_the_api == made

    adopted.person.well("gc", "--quiet", "--prune=now", at=adopted.git_directory)

    assert adopted.tip_seen_by_git == adopted.tip_seen_by_the_api == made
    assert adopted.person.head(adopted.clone()) == made


def test_a_directory_that_was_replaced_is_served_anew(adopted):
    old = adopted.commits_by_hand()
    assert adopted.tip_seen_by_the_api == old
    bare = adopted.git_directory == adopted.directory

    shutil.rmtree(adopted.directory)
    status, _ = adopted.person.api(
        f"{adopted.server.api}/repositories/ada/notes/commits", "--user", f"ada:{adopted.secret}"
    )
    assert status == 404
    adopted.make(bare=bare)
    new = adopted.commits_by_hand("made anew\n")

    assert new != old
    assert adopted.tip_seen_by_git == adopted.tip_seen_by_the_api == new
    assert adopted.person.head(adopted.clone()) == new


def test_an_own_hook_may_refuse_a_push(adopted):
    adopted.hook("pre-receive", "cat > /dev/null\necho 'not on a Friday' >&2\nexit 1")
    clone = adopted.clone()
    before = refs(adopted.git_directory)
    adopted.person.commit(clone)

    refused = adopted.person.git("push", "origin", "HEAD:refs/heads/new", at=clone)

    assert not refused.worked
    assert "remote: not on a Friday" in refused.err
    assert "pre-receive hook declined" in refused.err
    assert refs(adopted.git_directory) == before


def test_own_hooks_run_where_and_with_what_git_gives_them(adopted, tmp_path):
    heard = tmp_path / "heard"
    adopted.hook("pre-receive", f"cat > '{heard}-pre'")
    adopted.hook("update", f"echo \"$1\" > '{heard}-update'")
    adopted.hook("post-receive", f"cat > '{heard}-post'; pwd > '{heard}-where'; echo 'thank you'")
    clone = adopted.clone()
    mine = adopted.person.commit(clone)

    pushed = adopted.person.git("push", "origin", "HEAD:refs/heads/new", at=clone)

    assert pushed.worked, pushed.err
    assert "remote: thank you" in pushed.err
    told = f"{'0' * 40} {mine} refs/heads/new\n"
    assert [(tmp_path / f"heard-{name}").read_text() for name in ("pre", "post", "update")] == [
        told,
        told,
        "refs/heads/new\n",
    ]
    assert (tmp_path / "heard-where").read_text().strip() == str(adopted.git_directory)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_own_hook_inherits_no_connection_of_the_server(person, tmp_path, workers):
    with Bitpail.started(workers=workers) as server:
        adopted = Adopted(server, person, tmp_path / "notes.git", bare=True)
        adopted.hook("post-receive", f"cat > /dev/null; ls -l /proc/self/fd > '{tmp_path}/open'; true")
        clone = adopted.clone()
        person.commit(clone)

        person.well("push", "--quiet", at=clone)

        assert "pipe:" in (tmp_path / "open").read_text()
        assert "socket:" not in (tmp_path / "open").read_text()


def test_the_servers_own_rules_hold_before_an_own_hook_is_asked(bare, tmp_path):
    bare.hook("pre-receive", f"cat > /dev/null; touch '{tmp_path}/asked'")
    clone = bare.clone()
    bare.person.commit(clone)

    refused = bare.person.git("push", "origin", "HEAD:refs/bitpail/mine", at=clone)

    assert not refused.worked
    assert not (tmp_path / "asked").exists()


def test_the_branch_that_is_checked_out_is_not_pushed_to(bitpail, person, tmp_path):
    adopted = Adopted(bitpail, person, tmp_path / "notes", bare=False)
    clone = adopted.clone()
    before = refs(adopted.git_directory)
    person.commit(clone)

    refused = person.git("push", at=clone)

    assert not refused.worked
    assert "refusing to update checked out branch" in refused.err
    assert refs(adopted.git_directory) == before


def test_adopted_twice_is_no_error(bare):
    bare.server.adopt(bare.directory, "ada/notes")

    assert bare.tip_seen_by_git == bare.tip_seen_by_the_api


def test_a_name_that_is_taken_is_not_given_to_another_directory(bare, tmp_path):
    bare.person.well("clone", "--quiet", "--bare", str(bare.directory), str(tmp_path / "other.git"))

    with pytest.raises(Conflict):
        bare.server.adopt(tmp_path / "other.git", "ada/notes")


def test_what_is_no_git_directory_is_not_adopted(bare, tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(Invalid, match="not a git repository"):
        bare.server.adopt(tmp_path / "empty", "ada/empty")
    with pytest.raises(Invalid, match="not a git repository"):
        bare.server.adopt(tmp_path / "missing", "ada/missing")


def test_deleting_the_repository_leaves_the_directory(adopted):
    before = refs(adopted.git_directory)

    status, _ = adopted.person.api(
        f"{adopted.server.api}/repositories/ada/notes",
        "--user",
        f"ada:{adopted.secret}",
        "--request",
        "DELETE",
    )

    assert status == 204
    assert refs(adopted.git_directory) == before
    assert is_intact(adopted.git_directory)
    assert not adopted.person.git("ls-remote", adopted.url).worked
