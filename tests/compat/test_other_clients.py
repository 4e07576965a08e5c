"""Clients that are not git: dulwich, libgit2, isomorphic-git and go-git over HTTP, with repositories and wikis."""

import gc
import io

import pygit2
import pytest
from dulwich import porcelain
from dulwich.client import HTTPUnauthorized
from dulwich.errors import GitProtocolError
from support.clients import Person, refs
from support.other_clients import Program, Refused, go_git, isomorphic_git
from support.place import Place

from bitpail.testing.server import Person as User

# dulwich leaves its sockets and packs to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

_AUTHOR = pygit2.Signature("Ada", "ada@example.org")


@pytest.fixture(autouse=True)
def collected():
    """What is left is collected here, and not in somebody else's test."""
    yield
    gc.collect()


@pytest.fixture(params=["repository", "wiki"])
def plain(request, bitpail, tmp_path):
    return Place(bitpail, Person(tmp_path / "home"), wiki=request.param == "wiki")


class Dulwich:
    """The daily commands as dulwich has them."""

    def __init__(self, place, secret, *, depth=None):
        self.url = place.url
        self._how = {"username": "ada", "password": secret, "errstream": io.BytesIO()}
        self._path = place.person.home / "dulwich"
        self._repo = porcelain.clone(self.url, str(self._path), depth=depth, **self._how)

    @property
    def head(self):
        return self._repo.head().decode()

    @property
    def commits(self):
        return len(list(self._repo.get_walker()))

    def fetches(self):
        found = porcelain.fetch(self._repo, self.url, **self._how).refs[b"refs/heads/main"]
        assert found in self._repo.object_store
        return found.decode()

    def pushes(self):
        (self._path / "dulwich.txt").write_text("more\n")
        porcelain.add(self._repo, [str(self._path / "dulwich.txt")])
        porcelain.commit(
            self._repo, b"Write", author=b"Ada <a@example.org>", committer=b"Ada <a@example.org>"
        )
        porcelain.push(self._repo, self.url, b"refs/heads/main", outstream=io.BytesIO(), **self._how)


class Libgit2:
    """The same as libgit2 has them."""

    def __init__(self, place, secret, *, depth=0):
        self._callbacks = pygit2.RemoteCallbacks(credentials=pygit2.UserPass("ada", secret))
        path = str(place.person.home / "libgit2")
        self._repo = pygit2.clone_repository(place.url, path, callbacks=self._callbacks, depth=depth)

    @property
    def head(self):
        return str(self._repo.head.target)

    @property
    def commits(self):
        return len(list(self._repo.walk(self._repo.head.target)))

    def fetches(self):
        self._repo.remotes["origin"].fetch(callbacks=self._callbacks)
        return str(self._repo.references["refs/remotes/origin/main"].target)

    def pushes(self):
        tree = self._repo.head.peel().tree.id
        head = self._repo.head.target
        self._repo.create_commit("refs/heads/main", _AUTHOR, _AUTHOR, "Write", tree, [head])
        self._repo.remotes["origin"].push(["refs/heads/main"], callbacks=self._callbacks)


class _Driven:
    """The same by a program of its own for each command."""

    program: Program

    def __init__(self, place, secret, *, depth=0):
        self._program = self.program.or_skip()
        directory = place.person.home / self.program.name
        self._how = {"directory": str(directory), "username": "ada", "secret": secret}
        self._is = self._program.does("clone", url=place.url, depth=depth, **self._how)

    @property
    def head(self):
        return self._is["head"]

    @property
    def commits(self):
        return self._is["commits"]

    def fetches(self):
        return self._program.does("fetch", **self._how)["fetched"]

    def pushes(self):
        self._is = self._program.does("push", **self._how)


class IsomorphicGit(_Driven):
    program = isomorphic_git


class GoGit(_Driven):
    program = go_git


CLIENTS = [Dulwich, Libgit2, IsomorphicGit, GoGit]
REFUSED = (HTTPUnauthorized, GitProtocolError, pygit2.GitError, Refused)


@pytest.mark.parametrize("client", CLIENTS)
def test_another_client_clones_fetches_and_pushes(plain, client):
    clone = client(plain, plain.secret)
    assert clone.head == plain.head

    clone.pushes()
    assert clone.head == plain.head

    theirs = plain.colleague_pushes()
    assert clone.fetches() == theirs


@pytest.mark.parametrize("client", CLIENTS)
def test_another_client_clones_a_part_of_the_history(plain, client):
    plain.colleague_pushes()

    clone = client(plain, plain.secret, depth=1)

    assert (clone.head, clone.commits) == (plain.head, 1)


@pytest.mark.parametrize("client", CLIENTS)
def test_another_client_with_a_wrong_password_is_refused(notes, client):
    with pytest.raises(REFUSED) as refused:
        client(notes, "wrong")

    assert notes.secret not in str(refused.value)


@pytest.mark.parametrize("client", CLIENTS)
def test_another_client_cannot_push_with_a_password_that_may_only_read(bitpail, notes, client):
    secret = bitpail.app_password(User("ada", "", ""), "repository")
    clone = client(notes, secret)
    before = refs(notes.directory)

    with pytest.raises(REFUSED):
        clone.pushes()

    assert refs(notes.directory) == before
