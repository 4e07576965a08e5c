"""What a person sees when a credential is refused, and that nothing has changed by it."""

import pytest
from support.refusals import ACCOUNT_PASSWORD, Scene, another, mistyped

from bitpail.testing import Bitpail

FAILED = "fatal: Authentication failed"

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
