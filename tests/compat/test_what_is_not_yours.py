"""What a person sees of a repository that is somebody else's, and that nothing has changed by it."""

import pytest
from support.refusals import mistyped

NOT_YOURS = "You may not have access to this repository or it no longer exists in this workspace."
FAILED = "fatal: Authentication failed"


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
