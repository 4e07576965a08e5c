"""Secrets of OAuth in a push, over HTTP and SSH: an app's own, its tokens, its refresh tokens."""

import os

import pytest
from support.clients import on_disk
from support.ssh import SshPerson, put_user_key

from bitpail.model.permissions import Permission, Role
from bitpail.policy.secrets import Family, Secret, generate
from bitpail.services import oauth_consumers, oauth_tokens, users, workspaces
from bitpail.services.oauth_tokens import App

FAMILIES = ("consumer", "refresh", "access")
NAMED = {
    "consumer": 'the OAuth consumer secret of "Deploy bot" in the workspace acme',
    "refresh": 'your OAuth refresh token of the app "Deploy bot"',
    "access": 'your OAuth access token of the app "Deploy bot"',
}
KIND = {
    "consumer": "OAuth consumer secret",
    "refresh": "OAuth refresh token",
    "access": "OAuth access token",
}


class Scene:
    """Ada's repository with a clone of it, and an app of the workspace acme that stands for its ``owner``."""

    def __init__(self, server, tmp_path, door="http", owner="ada"):
        self.server = server
        self.ada = server.user("ada")
        self.owner = self.ada if owner == "ada" else server.user(owner)
        server.repository("ada/notes", files={"README.md": "# Notes\n"})
        server.workspace("acme", self.owner)
        self.person = SshPerson(tmp_path / "home", server)
        put_user_key(server, self.ada, self.person.public_key())
        self.secrets = self.made()
        if door == "ssh":
            url = self.person.url("ada/notes")
        else:
            url = server.git_url("ada/notes", "ada", server.app_password(self.ada, "repository:write"))
        self.person.well("clone", "--quiet", url, "clone")
        self.clone = self.person.home / "clone"

    def made(self):
        """A live secret of each family."""
        key, secret = self.server.oauth_consumer("acme", self.owner, "account", name="Deploy bot")

        async def work(site):
            self.consumer = await oauth_consumers.one(site, await workspaces.named(site, "acme"), key)
            return await oauth_tokens.by_client_credentials(site, App(self.consumer, is_proved=True), "")

        issued = self.server.do(work)
        return {
            "consumer": secret,
            "refresh": issued.refresh.reveal(),
            "access": issued.access.reveal(),
        }

    def push(self, *what):
        return self.person.git("push", "origin", *(what or ("HEAD:main",)), at=self.clone)

    def refused(self, *what):
        """What somebody sees whose push must not land."""
        before = on_disk(self.server.directory("ada/notes"))
        done = self.push(*what)
        assert not done.worked
        assert "was refused; nothing of it was kept" in done.err
        assert on_disk(self.server.directory("ada/notes")) == before
        said = "".join(line for line in done.err.splitlines() if line.startswith("remote:"))
        for secret in self.secrets.values():
            assert secret not in said
            assert secret not in self.server.log
        return done.err

    def lands(self, *what):
        done = self.push(*what)
        assert done.worked, done.seen


@pytest.fixture(params=["http", "ssh"])
def scene(request, bitpail, tmp_path):
    return Scene(bitpail, tmp_path, request.param)


@pytest.fixture
def plain(bitpail, tmp_path):
    return Scene(bitpail, tmp_path)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_refused_wherever_it_stands_and_named(scene, family):
    secret, first = scene.secrets[family], scene.person.head(scene.clone)
    for name, put, place in (
        (
            "file",
            lambda: scene.person.commit(scene.clone, "a.env", f"one\nS={secret}\n"),
            "file a.env, line 2",
        ),
        (
            "binary",
            lambda: scene.person.commit(
                scene.clone, "a.bin", os.urandom(70_000) + secret.encode() + os.urandom(99)
            ),
            "file a.bin, line ",
        ),
        (
            "message",
            lambda: scene.person.well(
                "commit", "--allow-empty", "--quiet", "-m", f"Title\n\nuses {secret}", at=scene.clone
            ),
            "its message, line 3",
        ),
    ):
        scene.person.well("checkout", "--quiet", "-B", name, first, at=scene.clone)
        put()

        said = scene.refused(f"HEAD:refs/heads/{name}")

        assert f"this push holds a live {KIND[family]} and was refused" in said
        assert place in said
        assert f": {NAMED[family]}" in said


def test_all_of_them_in_one_push_are_all_named(plain):
    plain.person.commit(plain.clone, "all.txt", "\n".join(plain.secrets.values()))

    said = plain.refused()

    for number, family in enumerate(FAMILIES, 1):
        assert f"file all.txt, line {number}: {NAMED[family]}" in said


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("many", [False, True], ids=["loose", "packed"])
def test_it_is_found_across_the_ends_of_what_is_read_at_once(plain, family, many):
    """Files are read in pieces of 64 KiB: of each of these the secret begins in one and ends in another."""
    secret = plain.secrets[family].encode()
    for number, before in enumerate((1, 5, len(secret) // 2, len(secret) - 1)):
        plain.person.well("checkout", "--quiet", "-B", f"at{number}", "origin/main", at=plain.clone)
        for other in range(120 if many else 0):
            # git keeps a push of a hundred objects and more as the pack that it is.
            (plain.clone / f"{other}.txt").write_text(f"{number} {other}\n")
        plain.person.well("add", ".", at=plain.clone)
        plain.person.commit(plain.clone, "a.bin", os.urandom(2 * 65536 - before) + secret + b"\n")

        assert "file a.bin, line " in plain.refused(f"HEAD:at{number}")


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_found_where_a_delta_puts_it_together(plain, family):
    """What is sent are some letters; the rest of the secret comes of a file that is there."""
    secret = plain.secrets[family]
    text = "".join(f"line {n} of a long file that changes little\n" for n in range(2000))
    plain.person.commit(plain.clone, "a.txt", f"{text}{secret[:20]}\n{secret[20:]}\n")
    plain.lands()
    plain.person.commit(plain.clone, "a.txt", f"{text}{secret}\n")

    assert "file a.txt, line 2001" in plain.refused()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("how", ["mistyped", "of another server", "ended"])
def test_what_opens_nothing_may_be_pushed(plain, family, how):
    secret = plain.secrets[family]
    if how == "mistyped":
        secret = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    elif how == "of another server":
        of = {"consumer": Family.CONSUMER_SECRET, "refresh": Family.REFRESH_TOKEN, "access": Family.OAUTH}
        secret = generate(of[family]).reveal()
    elif family == "consumer":
        # With a new secret also what the old one had opened by itself ends.
        plain.server.do(make_secret(plain.consumer))
    else:
        plain.server.do(revoke(plain.consumer, plain.secrets["refresh"]))
    plain.person.commit(plain.clone, "a.txt", f"{secret}\n")

    plain.lands()


def make_secret(consumer):
    async def work(site):
        await oauth_consumers.make_secret(site, consumer, by=await users.named(site, "ada"))

    return work


def revoke(consumer, token):
    async def work(site):
        await oauth_tokens.revoke(site, App(consumer, is_proved=True), Secret(token))

    return work


def test_a_refresh_token_that_was_exchanged_may_be_pushed_and_its_successor_not(plain):
    async def exchange(site):
        app = App(plain.consumer, is_proved=True)
        return await oauth_tokens.refreshed(site, app, Secret(plain.secrets["refresh"]), "")

    newer = plain.server.do(exchange).refresh.reveal()
    plain.person.commit(plain.clone, "old.txt", plain.secrets["refresh"])
    plain.lands()
    plain.person.commit(plain.clone, "new.txt", newer)

    assert NAMED["refresh"] in plain.refused()


def test_the_secret_of_a_deleted_app_may_be_pushed(plain):
    async def remove(site):
        await oauth_consumers.remove(site, plain.consumer, by=None)

    plain.server.do(remove)
    plain.person.commit(plain.clone, "a.txt", "\n".join(plain.secrets.values()))

    plain.lands()


@pytest.mark.parametrize("family", FAMILIES)
def test_of_somebody_elses_app_nothing_is_told(bitpail, tmp_path, family):
    scene = Scene(bitpail, tmp_path, owner="grace")
    scene.person.commit(scene.clone, "a.txt", scene.secrets[family])

    said = scene.refused()

    assert f"an {KIND[family]} of somebody else" in said
    assert "Deploy bot" not in said
    assert "acme" not in said


def test_whoever_belongs_to_the_workspace_hears_which_app_it_is(bitpail, tmp_path):
    scene = Scene(bitpail, tmp_path, owner="grace")

    async def join(site):
        team, ada = await workspaces.named(site, "acme"), await users.named(site, "ada")
        await workspaces.put_member(site, team, ada, Role.MEMBER, Permission.READ)

    bitpail.do(join)
    scene.person.commit(scene.clone, "a.txt", scene.secrets["consumer"])

    assert NAMED["consumer"] in scene.refused()
