"""What a person sees when something is refused, and that nothing has changed by it."""

import pytest
from support.clients import Done, on_disk

from bitpail.policy import secrets
from bitpail.testing import Bitpail

ACCOUNT_PASSWORD = "correct horse battery"
NOT_YOURS = "You may not have access to this repository or it no longer exists in this workspace."
FAILED = "fatal: Authentication failed"


class Scene:
    """Ada's private repository with its wiki, her clone of it, and Grace, who has nothing to do with it."""

    def __init__(self, server, person):
        self.server, self.person = server, person
        self.ada = server.user("ada", email="ada@example.org", password=ACCOUNT_PASSWORD)
        self.grace = server.user("grace")
        server.repository("ada/notes", files={"README.md": "# Notes\n"})
        server.repository("ada/open", public=True, files={"README.md": "# Open\n"})
        self.secret = server.app_password(self.ada, "repository:write", "wiki", label="laptop")
        person.well("clone", "--quiet", self.url(self.secret), "clone")
        person.well("clone", "--quiet", self.url(self.secret, wiki=True), "wiki")
        self.clone, self.wiki = person.home / "clone", person.home / "wiki"
        for place in (self.clone, self.wiki):
            person.commit(place)
        person.well("push", "--quiet", "origin", "HEAD:main", at=self.wiki)
        person.commit(self.wiki, "second.txt")
        self._directories = [
            server.directory("ada/notes"),
            server.directory("ada/open"),
            server.directory("ada/notes", wiki=True),
        ]
        self._before = self.disk()

    def disk(self):
        return [on_disk(directory) for directory in self._directories]

    @property
    def unchanged(self) -> bool:
        return self.disk() == self._before

    def url(self, secret="", *, name="ada", repository="ada/notes", wiki=False):
        return self.server.git_url(repository, name, secret, wiki=wiki)

    def clones(self, secret="", **kind) -> Done:
        return self.person.git("clone", self.url(secret, **kind), "refused")

    def pushes(self, secret="", *, wiki=False, **kind) -> Done:
        at = self.wiki if wiki else self.clone
        return self.person.git("push", self.url(secret, wiki=wiki, **kind), "HEAD:main", at=at)

    def asks(self, secret, *, name="ada", repository="ada/notes") -> tuple[int, object]:
        url = f"{self.server.api}/repositories/{repository}/commits"
        return self.person.api(url, *(["--user", f"{name}:{secret}"] if secret else []))


@pytest.fixture
def scene(bitpail, person):
    return Scene(bitpail, person)


def mistyped(secret: str) -> str:
    """The last character is another one: the checksum no longer fits."""
    return secret[:-1] + ("a" if secret[-1] != "a" else "b")


def another(secret: str) -> str:
    """The right form and checksum, and nobody's."""
    made = secrets.generate().reveal()
    assert made != secret
    return made


WRONG = {
    "a wrong username": lambda scene: ("grace", scene.secret),
    "an unknown username": lambda scene: ("nobody", scene.secret),
    "a wrong secret": lambda scene: ("ada", another(scene.secret)),
    "a mistyped secret": lambda scene: ("ada", mistyped(scene.secret)),
    "a cut secret": lambda scene: ("ada", scene.secret[:-4]),
    "the secret as username": lambda scene: (scene.secret, "ada"),
    "the label as username": lambda scene: ("laptop", scene.secret),
    "the e-mail address as username": lambda scene: ("ada@example.org", scene.secret),
    "another password": lambda _scene: ("ada", "incorrect horse"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_git_is_refused_with(scene, wrong):
    name, secret = WRONG[wrong](scene)

    cloned, pushed = scene.clones(secret, name=name), scene.pushes(secret, name=name)

    for done in (cloned, pushed):
        assert done.status == 128
        assert "remote: Invalid credentials" in done.err
        assert FAILED in done.err
        assert ("not your e-mail address" in done.err) == ("e-mail" in wrong)
    assert not (scene.person.home / "refused").exists()
    assert scene.unchanged


@pytest.mark.parametrize("wrong", WRONG)
def test_the_api_is_refused_with(scene, wrong):
    name, secret = WRONG[wrong](scene)

    answer = scene.asks(secret, name=name)

    assert answer == (401, {"type": "error", "error": {"message": "Invalid credentials."}})


def test_a_secret_typed_wrong_at_the_prompt_is_refused(scene):
    typed = scene.person.types(f"git clone {scene.url()} refused", mistyped(scene.secret))

    assert typed.status == 128
    assert "remote: Invalid credentials" in typed.screen
    assert FAILED in typed.screen
    assert scene.unchanged


@pytest.fixture
def undisturbed(person):
    """The scene on a server of its own: right account passwords are recognised a few times a minute only."""
    with Bitpail.started() as server:
        yield Scene(server, person)


def test_git_is_told_that_account_passwords_are_no_longer_supported(undisturbed):
    scene = undisturbed

    for done in (scene.clones(ACCOUNT_PASSWORD), scene.pushes(ACCOUNT_PASSWORD)):
        assert done.status == 128
        assert "remote: Account passwords are no longer supported for Git authentication." in done.err
        assert "remote: See https://atlassian.community/t5/x/x/ba-p/1948231" in done.err
        assert "remote: App passwords are recommended" in done.err
        assert f"remote: {scene.server.url}/account/settings/app-passwords/" in done.err
        assert FAILED in done.err
    assert scene.unchanged


def test_the_api_says_that_account_passwords_are_no_longer_supported(undisturbed):
    status, text = undisturbed.asks(ACCOUNT_PASSWORD)

    assert status == 401
    assert text.startswith("Account passwords are no longer supported for API authentication.\n")
    assert "https://atlassian.community/t5/x/x/ba-p/1948231" in text
    assert "https://developer.atlassian.com/cloud/bitbucket/rest/intro/#authentication" in text


def test_after_a_few_guesses_even_a_right_account_password_sounds_like_any_other_mistake(undisturbed):
    for number in range(5):
        undisturbed.asks(f"guess {number}")

    assert undisturbed.asks(ACCOUNT_PASSWORD) == undisturbed.asks("another guess")


# What is asked, what the app password has, what it lacks.
TOO_LITTLE = [
    ("fetch", ["account"], "repository"),
    ("fetch", ["repository:admin"], "repository"),
    ("fetch", ["wiki"], "repository"),
    ("push", ["repository"], "repository:write"),
    ("push", ["pullrequest", "wiki"], "repository:write"),
    ("push", ["repository:admin"], "repository:write"),
    ("fetch wiki", ["repository:write"], "wiki"),
    ("push wiki", ["repository:write", "repository:admin"], "wiki"),
]


@pytest.mark.parametrize(("asked", "held", "missing"), TOO_LITTLE)
def test_too_few_permissions_are_named_with_the_label_and_what_is_missing(scene, asked, held, missing):
    secret = scene.server.app_password(scene.ada, *held, label="build server")
    wiki = asked.endswith("wiki")

    done = scene.clones(secret, wiki=wiki) if "fetch" in asked else scene.pushes(secret, wiki=wiki)

    assert done.status == 128
    assert "remote: Your credentials lack one or more required privilege scopes." in done.err
    assert f'remote: The app password "build server" has: {", ".join(held)}' in done.err
    assert f"remote: It lacks: {missing}\n" in done.err
    assert "The requested URL returned error: 403" in done.err
    assert scene.unchanged


def test_the_api_names_what_is_required_and_what_is_granted(scene):
    secret = scene.server.app_password(scene.ada, "account", "wiki")

    status, answer = scene.asks(secret)

    assert status == 403
    assert answer["error"]["message"] == "Your credentials lack one or more required privilege scopes."
    assert answer["error"]["detail"] == {"required": ["repository"], "granted": ["account", "wiki"]}


def test_a_revoked_app_password_is_refused_on_the_next_request(scene):
    assert scene.asks(scene.secret)[0] == 200
    scene.server.revoke(scene.ada, "laptop")

    assert scene.asks(scene.secret)[0] == 401
    for done in (
        scene.clones(scene.secret),
        scene.pushes(scene.secret),
        scene.pushes(scene.secret, wiki=True),
    ):
        assert "remote: Invalid credentials" in done.err
        assert FAILED in done.err
    assert scene.unchanged


def test_a_disabled_user_is_refused_on_the_next_request(scene):
    assert scene.asks(scene.secret)[0] == 200
    scene.server.disable(scene.ada)

    assert scene.asks(scene.secret)[0] == 401
    for done in (scene.clones(scene.secret), scene.pushes(scene.secret)):
        assert "remote: Invalid credentials" in done.err
        assert FAILED in done.err
    assert scene.unchanged


def test_a_private_repository_of_somebody_else_sounds_exactly_like_one_that_is_missing(scene):
    secret = scene.server.app_password(scene.grace, "repository:write", "wiki")

    def heard(repository, wiki):
        kind = {"name": "grace", "repository": repository, "wiki": wiki}
        done = [scene.clones(secret, **kind), scene.pushes(secret, **kind)]
        return [one.err.replace(repository, "REPOSITORY") for one in done], [one.status for one in done]

    for wiki in (False, True):
        private = heard("ada/notes", wiki)
        assert private == heard("ada/missing", wiki) == heard("nowhere/missing", wiki)
        assert all(f"remote: {NOT_YOURS}" in text and FAILED in text for text in private[0])
    answers = [
        scene.asks(secret, name="grace", repository=name)
        for name in ("ada/notes", "ada/missing", "nowhere/x")
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 404
    assert scene.unchanged


def test_without_a_credential_a_private_repository_sounds_like_one_that_is_missing(scene):
    def heard(repository, wiki):
        url = scene.server.git_url(repository, wiki=wiki)
        done = [
            scene.person.git("ls-remote", url),
            scene.person.git("push", url, "HEAD:main", at=scene.clone),
            scene.person.run("curl", "--silent", f"{url}/info/refs?service=git-upload-pack"),
        ]
        return [one.seen.replace(repository, "REPOSITORY") for one in done]

    for wiki in (False, True):
        assert heard("ada/notes", wiki) == heard("ada/missing", wiki) == heard("nowhere/missing", wiki)
    assert "could not read Username" in heard("ada/notes", wiki=False)[0]
    assert scene.asks("") == scene.asks("", repository="ada/missing")
    assert scene.unchanged


def test_nobody_can_push_to_a_public_repository_that_anybody_can_clone(scene):
    url = scene.server.git_url("ada/open")

    scene.person.well("clone", "--quiet", url, "open")
    scene.person.commit(scene.person.home / "open")
    pushed = scene.person.git("push", at=scene.person.home / "open")

    assert "could not read Username" in pushed.err
    assert scene.unchanged


def test_a_stranger_cannot_push_to_a_public_repository(scene):
    secret = scene.server.app_password(scene.grace, "repository:write")

    pushed = scene.pushes(secret, name="grace", repository="ada/open")

    assert "remote: You can see this repository, but this needs write permission on it." in pushed.err
    assert "The requested URL returned error: 403" in pushed.err
    assert scene.unchanged


def test_a_wrong_credential_is_refused_even_where_none_is_needed(scene):
    wrong = mistyped(scene.secret)
    refs = f"{scene.server.git_url('ada/open')}/info/refs?service=git-upload-pack"

    assert scene.person.api(refs, "--user", f"ada:{wrong}") == (401, "Invalid credentials\n")
    assert scene.asks(wrong, repository="ada/open")[0] == 401


def test_a_reader_can_fetch_and_not_push(scene):
    scene.server.grant("ada/notes", scene.grace, "read")
    secret = scene.server.app_password(scene.grace, "repository:write")

    assert scene.person.git("ls-remote", scene.url(secret, name="grace")).worked
    pushed = scene.pushes(secret, name="grace")

    assert "remote: You can see this repository, but this needs write permission on it." in pushed.err
    assert scene.unchanged


@pytest.mark.parametrize(
    "name", ["refs/bitpail/keep", "refs/pull-requests/1/from", "refs/heads/HEAD", f"refs/heads/{40 * 'a'}"]
)
def test_a_ref_that_people_would_regret_is_refused_by_name(scene, name):
    pushed = scene.person.git("push", scene.url(scene.secret), f"HEAD:{name}", at=scene.clone)

    assert not pushed.worked
    assert name in pushed.err
    assert "rejected" in pushed.err
    assert scene.unchanged


def test_one_bad_ref_keeps_the_good_ones_of_the_same_push_out(scene):
    refs = ["HEAD:refs/heads/good", "HEAD:refs/heads/HEAD"]

    pushed = scene.person.git("push", scene.url(scene.secret), *refs, at=scene.clone)

    assert "refs/heads/HEAD: the name would be mistaken for a commit" in pushed.err
    assert scene.unchanged


def test_a_client_of_the_dumb_protocol_is_told_what_to_use(scene):
    done = scene.person.run("curl", "--silent", "--include", f"{scene.server.git_url('ada/open')}/info/refs")

    assert "403" in done.out.splitlines()[0]
    assert "smart protocol" in done.out
