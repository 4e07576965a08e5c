"""Code search of a real server with two workers: what git pushes is found within seconds, by whichever answers."""

import os
import signal
from urllib.parse import quote

import psutil
import pytest
from support.clients import Person
from support.processes import eventually

from bitpail.testing import Bitpail


@pytest.fixture(scope="module")
def server():
    with Bitpail.started("--workers", "2") as server:
        yield server


class Searcher:
    """Somebody with a password for everything about repositories."""

    def __init__(self, server, home, name):
        self.server, self.person = server, Person(home)
        self.user = server.user(name)
        self.name = name
        self.secret = server.app_password(self.user, "repository:write", "repository:admin")

    def found(self, query, workspace="ada"):
        url = f"{self.server.api}/workspaces/{workspace}/search/code?search_query={quote(query)}"
        status, answer = self.person.api(url, "--user", f"{self.name}:{self.secret}")
        assert status in {200, 404}, answer
        return [one["file"]["path"] for one in answer.get("values", [])]

    def clone(self, full_name):
        clone = self.person.home / full_name.replace("/", "-")
        self.person.well(
            "clone", "--quiet", self.server.git_url(full_name, self.name, self.secret), str(clone)
        )
        return clone


@pytest.fixture
def ada(server, tmp_path):
    server.reset()
    return Searcher(server, tmp_path / "ada", "ada")


def test_what_is_pushed_is_found_and_what_is_taken_out_is_not(server, ada):
    server.repository("ada/notes", files={"readme.txt": "hello searchers\n"})
    assert eventually(lambda: ada.found("searchers") == ["readme.txt"])
    clone = ada.clone("ada/notes")
    ada.person.commit(clone, "other.txt", "More for SEARCHERS.\n")
    ada.person.well("rm", "--quiet", "readme.txt", at=clone)
    ada.person.well("commit", "--quiet", "-m", "out", at=clone)

    ada.person.well("push", "--quiet", "origin", "HEAD:main", at=clone)

    assert eventually(lambda: ada.found("searchers") == ["other.txt"])
    ada.person.commit(clone, "branch.txt", "searchers elsewhere\n")
    ada.person.well("push", "--quiet", "origin", "HEAD:branch", at=clone)
    ada.person.commit(clone, "last.txt", "marker\n")
    ada.person.well("push", "--quiet", "origin", "HEAD~1:refs/heads/x", "HEAD:main", at=clone)
    assert eventually(lambda: ada.found("marker") == ["last.txt"])


def test_a_grant_that_is_taken_away_and_a_repository_that_goes_are_felt_at_once(server, ada, tmp_path):
    grace = Searcher(server, tmp_path / "grace", "grace")
    server.repository("ada/secrets", files={"a.txt": "needle\n"})
    server.repository("ada/open", public=True)
    server.grant("ada/secrets", grace.user, "read")
    assert eventually(lambda: grace.found("needle") == ["a.txt"])

    server.grant("ada/secrets", grace.user, "none")

    assert grace.found("needle") == []
    assert ada.found("needle") == ["a.txt"]


def test_indexing_goes_on_after_a_worker_was_killed(server, ada):
    server.repository("ada/one", files={"a.txt": "needle\n"})
    assert eventually(lambda: ada.found("needle") == ["a.txt"])
    workers = [one for one in psutil.Process(server.process.pid).children() if "git" not in one.name()]

    os.kill(workers[-1].pid, signal.SIGKILL)
    server.repository("ada/two", files={"b.txt": "needle\n"})

    assert eventually(lambda: ada.found("needle") == ["a.txt", "b.txt"], seconds=60)


def test_an_index_that_was_deleted_is_made_again_at_the_next_start(server, ada):
    server.repository("ada/one", files={"a.txt": "needle\n"})
    assert eventually(lambda: ada.found("needle") == ["a.txt"])
    server.stop()
    for file in (server.settings.data_path / "cache/search").glob("*.sqlite3*"):
        file.unlink()

    server.start("--workers", "2")

    assert eventually(lambda: ada.found("needle") == ["a.txt"])
