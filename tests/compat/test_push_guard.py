"""A live app password that somebody pushes: refused before it lands, and never shown again."""

import os
import time

import pytest
from support.clients import on_disk, refs

from bitpail.policy.secrets import generate
from bitpail.services import audit


class Scene:
    """Ada's repository with a clone of it and of its wiki, and a live app password to be leaked."""

    def __init__(self, server, person):
        self.server, self.person = server, person
        self.ada = server.user("ada")
        server.repository("ada/notes", files={"README.md": "# Notes\n"})
        self.secret = server.app_password(self.ada, "repository:write", "wiki", label="ci")
        url = server.git_url("ada/notes", "ada", self.secret)
        wiki = server.git_url("ada/notes", "ada", self.secret, wiki=True)
        person.well("clone", "--quiet", url, "clone")
        person.well("clone", "--quiet", wiki, "wiki")
        self.clone, self.wiki = person.home / "clone", person.home / "wiki"
        # The secret is in the remote's address; Git data must not get it from there by accident.
        self._before = self.disk()

    def disk(self):
        return [on_disk(self.server.directory("ada/notes", wiki=wiki)) for wiki in (False, True)]

    @property
    def unchanged(self):
        return self.disk() == self._before

    def refused(self, *what, at=None):
        """What somebody sees whose push must not land."""
        done = self.person.git("push", "origin", *(what or ("HEAD:main",)), at=at or self.clone)
        assert not done.worked
        assert "holds a live app password and was refused" in done.err
        assert self.unchanged
        said = "".join(line for line in done.err.splitlines() if line.startswith("remote:"))
        assert self.secret not in said + self.server.log
        return done.err

    def lands(self, *what, at=None):
        done = self.person.git("push", "origin", *(what or ("HEAD:main",)), at=at or self.clone)
        assert done.worked, done.seen
        return done.err


@pytest.fixture
def scene(bitpail, person):
    return Scene(bitpail, person)


def test_in_a_file(scene):
    text = f"first\nsecond\nTOKEN={scene.secret}\n"
    commit = scene.person.commit(scene.clone, "ci deploy.sh", text)

    said = scene.refused()

    assert f'commit {commit[:12]}, file ci deploy.sh, line 3: your app password "ci"' in said


def test_the_owner_finds_it_in_the_audit_log(scene):
    grace = scene.server.user("grace")
    hers = scene.server.app_password(grace, "repository", label="hers")
    scene.person.commit(scene.clone, "a.txt", f"{hers}\n" * 3)
    scene.refused()

    events = []
    for _ in range(600):
        # Only hers: what the tests before this one did may be written down late.
        events = [event for event in scene.server.do(events_of) if event.label == "hers"]
        events = [event for event in events if event.kind == "app_password.leaked"]
        if events:
            break
        time.sleep(0.1)

    assert [(event.username, event.label) for event in events] == [("grace", "hers")]
    assert "ada/notes" in events[0].detail
    assert "file a.txt, line 1" in events[0].detail
    assert hers not in repr(events)


async def events_of(site):
    return [event async for event in audit.every(site, audit.Filter())]


def test_in_a_commit_that_a_later_one_takes_back(scene):
    bad = scene.person.commit(scene.clone, "a.txt", scene.secret)
    scene.person.commit(scene.clone, "b.txt")
    scene.person.commit(scene.clone, "a.txt", "nothing")

    assert f"commit {bad[:12]}, file a.txt, line 1" in scene.refused("HEAD:other")


def test_in_a_merge(scene):
    scene.person.well("checkout", "--quiet", "-b", "side", at=scene.clone)
    scene.person.commit(scene.clone, "side.txt")
    scene.person.well("checkout", "--quiet", "main", at=scene.clone)
    scene.person.commit(scene.clone, "main.txt")
    scene.person.well("merge", "--quiet", "--no-commit", "--no-ff", "side", at=scene.clone)
    merge = scene.person.commit(scene.clone, "conflict.txt", f"\n\nresolved {scene.secret}\n")

    assert f"commit {merge[:12]}, file conflict.txt, line 3" in scene.refused()


def test_in_a_commit_message(scene):
    scene.person.well(
        "commit", "--allow-empty", "--quiet", "-m", f"Title\n\nuses {scene.secret}", at=scene.clone
    )

    said = scene.refused()

    assert f"commit {scene.person.head(scene.clone)[:12]}, its message, line 3" in said


def test_in_the_message_of_a_tag(scene):
    scene.person.well("tag", "-a", "v1", "-m", f"First\n{scene.secret}", at=scene.clone)

    assert "tag v1, its message, line 2" in scene.refused("refs/tags/v1")


def test_in_a_wiki_page(scene):
    commit = scene.person.commit(scene.wiki, "Home.md", f"# Home\nclone with {scene.secret}\n")

    assert f"commit {commit[:12]}, file Home.md, line 2" in scene.refused(at=scene.wiki)


def test_in_a_renamed_binary(scene):
    binary = os.urandom(300_000) + scene.secret.encode() + os.urandom(300_000)
    added = scene.person.commit(scene.clone, "a.bin", binary)
    scene.person.well("mv", "a.bin", "photo.jpg", at=scene.clone)
    scene.person.commit(scene.clone, "more.txt")

    assert f"commit {added[:12]}, file a.bin, line " in scene.refused()


def test_in_utf_16_as_some_shells_write_it(scene):
    scene.person.commit(scene.clone, "secrets.ps1", f"one\r\n{scene.secret}\r\n".encode("utf-16"))

    assert "file secrets.ps1, line 2" in scene.refused()


def test_in_the_name_of_a_file_or_branch(scene):
    said = scene.refused(f"HEAD:refs/heads/{scene.secret}")
    assert "in the name of a branch or tag" in said

    (scene.clone / "keys").mkdir()
    scene.person.commit(scene.clone, f"keys/{scene.secret}")
    assert "the name of a file in keys" in scene.refused()


def test_in_one_of_many_commits_and_beside_refs_that_are_fine(scene):
    good = scene.person.commit(scene.clone, "a.txt")
    bad = scene.person.commit(scene.clone, "b.txt", scene.secret)

    said = scene.refused(f"{good}:refs/heads/fine", f"{bad}:refs/heads/bad")

    assert f"commit {bad[:12]}, file b.txt" in said
    scene.lands(f"{good}:refs/heads/fine")


def test_of_somebody_else_nothing_more_is_told(scene):
    grace = scene.server.user("grace")
    hers = scene.server.app_password(grace, "repository", label="her secret plan")
    scene.person.commit(scene.clone, "a.txt", hers)

    said = scene.refused()

    assert "an app password of somebody else" in said
    assert "plan" not in said
    assert hers not in said


@pytest.mark.parametrize("how", ["revoked", "rotated", "of another server", "mistyped"])
def test_one_that_opens_nothing_may_be_pushed(scene, how):
    old = scene.server.app_password(scene.ada, "repository", label="old")
    if how == "revoked":
        scene.server.revoke(scene.ada, "old")
    elif how == "rotated":
        from bitpail.services import app_passwords, users

        async def rotate(site):
            await app_passwords.rotate(site, await users.named(site, "ada"), "old", 0)

        scene.server.do(rotate)
    elif how == "of another server":
        old = generate().reveal()
    else:
        old = old[:-1] + ("a" if old[-1] != "a" else "b")
    scene.person.commit(scene.clone, "a.txt", f"{old}\n")

    scene.lands()


def test_taking_an_old_one_out_again_is_not_refused(scene):
    """It came before it was an app password of this server, or while the guard was off."""
    server_directory = scene.server.directory("ada/notes")
    text = "".join(f"line {n} of a long file that changes little\n" for n in range(2000))
    scene.person.commit(scene.clone, "a.txt", f"{text}{scene.secret}\n")
    scene.person.well("push", "--quiet", str(server_directory), "HEAD:main", at=scene.clone)
    scene.person.commit(scene.clone, "a.txt", text)

    scene.lands()

    assert refs(server_directory)["refs/heads/main"] == scene.person.head(scene.clone)


def test_a_deletion_and_a_branch_of_what_is_there_are_not_held_up(scene):
    scene.lands("HEAD:refs/heads/new")
    scene.lands(":refs/heads/new")


def test_what_only_looks_like_one_a_thousand_times_over_is_refused(scene):
    scene.person.commit(scene.clone, "a.txt", "\n".join(generate().reveal() for _ in range(1001)))

    done = scene.person.git("push", "origin", "HEAD:main", at=scene.clone)

    assert not done.worked
    assert "more than 1000 texts that look like app passwords" in done.err
    assert scene.unchanged


def test_it_can_be_switched_off(person):
    from bitpail.testing import Bitpail

    with Bitpail.started(push_guard="off") as server:
        scene = Scene(server, person)
        scene.person.commit(scene.clone, "a.txt", scene.secret)

        scene.lands()


def test_a_large_push_is_read_in_pieces(scene):
    scene.person.commit(scene.clone, "large.bin", os.urandom(1 << 20) * 40 + scene.secret.encode())

    assert "file large.bin" in scene.refused()
