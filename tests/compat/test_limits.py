"""Limits of an app password as somebody with git meets them; what is refused has changed nothing."""

import time

import pytest
from support.clients import on_disk, refs

PLACES = "it is limited to certain repositories, projects or workspaces"


class Scene:
    """Ada's repository with two commits on two branches, a clone of it, and app passwords with limits."""

    def __init__(self, server, person):
        self.server, self.person = server, person
        self.ada = server.user("ada")
        server.repository("ada/notes", files={"README.md": "# Notes\n"})
        server.repository("ada/other", files={"README.md": "# Other\n"})
        free = server.app_password(self.ada, "repository:write", "wiki", label="free")
        person.well("clone", "--quiet", server.git_url("ada/notes", "ada", free), "clone")
        self.clone = person.home / "clone"
        person.commit(self.clone)
        person.well(
            "push", "--quiet", "origin", "HEAD:main", "HEAD:bot/old", "HEAD:refs/tags/v1", at=self.clone
        )
        person.commit(self.clone, "more.txt")
        self._before = self.disk()

    def disk(self):
        return [on_disk(self.server.directory(name)) for name in ("ada/notes", "ada/other")]

    @property
    def unchanged(self):
        return self.disk() == self._before

    def refs(self):
        return refs(self.server.directory("ada/notes"))

    def limited(self, **limits):
        return self.server.app_password(self.ada, "repository:write", "wiki", label="ci", **limits)

    def pushes(self, secret, *what, name="ada/notes", wiki=False):
        url = self.server.git_url(name, "ada", secret, wiki=wiki)
        return self.person.git("push", url, *what, at=self.clone)

    def fetches(self, secret, name="ada/notes", *, wiki=False):
        return self.person.git("ls-remote", self.server.git_url(name, "ada", secret, wiki=wiki))


@pytest.fixture
def scene(bitpail, person):
    return Scene(bitpail, person)


def test_a_branch_pattern_lets_only_these_branches_move(scene):
    secret = scene.limited(branches=("bot/*",))
    before = scene.refs()

    allowed = scene.pushes(secret, "HEAD:bot/new", "HEAD:bot/deep/er")
    after = scene.refs()
    refused = [scene.pushes(secret, f"HEAD:{ref}") for ref in ("main", "refs/tags/v2", "bots")]
    mixed = scene.pushes(secret, "HEAD:bot/newer", "HEAD:main")

    assert allowed.worked, allowed.seen
    assert set(after) - set(before) == {"refs/heads/bot/new", "refs/heads/bot/deep/er"}
    for done in [*refused, mixed]:
        assert not done.worked
        assert "the app password is limited to pushes to refs/heads/bot/*" in done.err
    assert scene.refs() == after
    assert scene.fetches(secret).worked


def test_a_pattern_holds_for_deletions_too(scene):
    secret = scene.limited(branches=("bot/*",))

    kept, gone = scene.pushes(secret, ":main"), scene.pushes(secret, ":bot/old")

    assert not kept.worked
    assert gone.worked
    assert set(scene.refs()) == {"refs/heads/main", "refs/tags/v1"}


def test_no_force_lets_history_grow_and_drops_nothing(scene):
    secret = scene.limited(no_force=True)
    grown = scene.pushes(secret, "HEAD:main")
    before = scene.refs()

    back = scene.pushes(secret, "--force", "HEAD~1:main")
    tag = scene.pushes(secret, "--force", "HEAD:refs/tags/v1")
    both = scene.pushes(secret, "--force", "HEAD~1:main", "HEAD:new")

    assert grown.worked, grown.seen
    for done in (back, tag, both):
        assert not done.worked
        assert "the app password may not force a push: it would drop commits" in done.err
    assert scene.refs() == before
    assert scene.pushes(secret, "HEAD:new", "HEAD:refs/tags/v2").worked


def test_no_delete_keeps_branches_and_tags(scene):
    secret = scene.limited(no_delete=True)

    refused = [scene.pushes(secret, f":{ref}") for ref in ("bot/old", "refs/tags/v1")]

    for done in refused:
        assert not done.worked
        assert "the app password may not delete branches or tags" in done.err
    assert scene.unchanged
    assert scene.pushes(secret, "--force", "HEAD:main").worked


@pytest.mark.parametrize("wiki", [False, True])
def test_a_network_is_where_it_works(scene, wiki):
    here, away = scene.limited(networks=("127.0.0.0/8", "::1/128")), "192.0.2.0/24"
    there = scene.server.app_password(scene.ada, "repository:write", "wiki", label="there", networks=(away,))

    assert scene.fetches(here, wiki=wiki).worked
    refused = [scene.fetches(there, wiki=wiki), scene.pushes(there, "HEAD:main", wiki=wiki)]

    for done in refused:
        assert not done.worked
        assert 'The app password "there" can\'t do this' in done.err
        assert f"limited to the networks {away}, and you come from 127.0.0.1" in done.err
    assert scene.unchanged


@pytest.mark.parametrize("wiki", [False, True])
def test_a_repository_is_where_it_works(scene, wiki):
    secret = scene.limited(repositories=("ada/notes",))

    assert scene.fetches(secret, wiki=wiki).worked
    refused = [
        scene.fetches(secret, "ada/other", wiki=wiki),
        scene.fetches(secret, "ada/missing", wiki=wiki),
        scene.pushes(secret, "HEAD:main", name="ada/other", wiki=wiki),
    ]

    for done in refused:
        assert not done.worked
        assert PLACES in done.err
    assert scene.unchanged


def test_an_expired_one_says_so_and_a_minute_before_it_works(scene):
    secret = scene.limited(lifetime=1)
    time.sleep(1.1)

    refused = [scene.fetches(secret), scene.pushes(secret, "HEAD:main")]

    for done in refused:
        assert not done.worked
        assert 'remote: The app password "ci" has expired.' in done.err
    assert scene.unchanged
