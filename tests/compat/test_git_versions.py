"""Older and newer versions of git: as clients of this machine's server, and as the git that a server starts."""

import os

import pytest
from support import git_versions
from support.clients import Person, is_intact, refs
from support.place import Place

from bitpail.errors import BitpailError
from bitpail.git.version import OLDEST_GIT
from bitpail.testing import Bitpail

RELEASES = [
    pytest.param(
        release,
        marks=pytest.mark.skipif(
            not git_versions.version(release), reason=git_versions.MISSING.format(release=release)
        ),
    )
    for release in git_versions.RELEASES
]


def _first_in_path(release):
    return f"{git_versions.program(release)}:{os.environ['PATH']}"


def _as_numbers(version):
    return tuple(int(part) for part in version.split(".")[:2])


def _walk(person, place):
    """What everybody does with a server, whoever's git it is."""
    url, home = place.url_with_secret, person.home
    person.well("clone", "--quiet", url, str(home / "full"))
    assert person.head(home / "full") == place.head

    person.commit(home / "full", "mine.txt")
    person.well("push", "--quiet", "origin", "HEAD:main", at=home / "full")
    person.well("push", "--quiet", "origin", "HEAD:refs/heads/a/b", "HEAD:refs/tags/v1", at=home / "full")
    assert person.head(home / "full") == place.head

    theirs = place.colleague_pushes()
    person.well("fetch", "--quiet", at=home / "full")
    assert person.well("rev-parse", "origin/main", at=home / "full") == theirs

    person.well("clone", "--quiet", "--depth=1", url, str(home / "shallow"))
    assert person.well("rev-list", "--count", "HEAD", at=home / "shallow") == "1"
    person.well("fetch", "--quiet", "--unshallow", at=home / "shallow")
    person.well("clone", "--quiet", "--filter=blob:none", url, str(home / "partial"))
    assert person.well("cat-file", "-p", "HEAD:mine.txt", at=home / "partial")
    for version in ("0", "1", "2"):
        listed = person.well("-c", f"protocol.version={version}", "ls-remote", url)
        assert (
            dict(reversed(line.split("\t")) for line in listed.splitlines()).items()
            >= refs(place.directory).items()
        )
    person.well("push", "--quiet", "origin", ":refs/heads/a/b", at=home / "full")
    assert "refs/heads/a/b" not in refs(place.directory)
    assert is_intact(place.directory)


@pytest.mark.parametrize("release", RELEASES)
def test_an_older_or_newer_client_does_its_daily_work(bitpail, tmp_path, release):
    place = Place(bitpail, Person(tmp_path / "colleague"), wiki=False)
    person = Person(tmp_path / "home")
    person.environment["PATH"] = _first_in_path(release)
    assert git_versions.version(release) in person.well("version")

    _walk(person, place)


@pytest.mark.parametrize("release", RELEASES)
def test_an_older_or_newer_client_is_refused_with_a_reason(bitpail, tmp_path, release):
    place = Place(bitpail, Person(tmp_path / "colleague"), wiki=False)
    person = Person(tmp_path / "home")
    person.environment["PATH"] = _first_in_path(release)

    refused = person.git("ls-remote", place.url_with_secret.replace(place.secret, f"{place.secret[:-1]}!"))

    assert not refused.worked
    assert "Authentication failed" in refused.err
    assert place.secret not in refused.seen


@pytest.mark.parametrize("release", RELEASES)
def test_a_server_starts_an_older_or_newer_git(tmp_path, monkeypatch, release):
    person, colleague = Person(tmp_path / "home"), Person(tmp_path / "colleague")
    monkeypatch.setenv("PATH", _first_in_path(release))
    if _as_numbers(git_versions.version(release)) < OLDEST_GIT:
        with pytest.raises(BitpailError, match="or newer is needed"), Bitpail.started():
            pass
        return
    with Bitpail.started() as server:
        _walk(person, Place(server, colleague, wiki=False))
