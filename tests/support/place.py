"""A repository or its wiki with everything that a test of the daily commands needs around it."""

from support.clients import Person, refs

from bitpail.testing import Bitpail


class Place:
    """A repository or its wiki with its addresses, and the app password that opens it."""

    def __init__(self, server: Bitpail, person: Person, *, wiki: bool) -> None:
        self.server, self.person = server, person
        ada = server.user("ada")
        server.workspace("acme", ada)
        server.repository("acme/notes", files={"README.md": "# Notes\n"})
        self.secret = server.app_password(ada, "wiki" if wiki else "repository:write")
        self.url = server.git_url("acme/notes", "ada", wiki=wiki)
        self.url_with_secret = server.git_url("acme/notes", "ada", self.secret, wiki=wiki)
        self.directory = server.directory("acme/notes", wiki=wiki)
        self.clone = person.home / ("wiki" if wiki else "notes")
        self._colleague = person.home / "colleague"
        person.well("clone", "--quiet", self.url_with_secret, str(self._colleague))
        if wiki:
            self.colleague_pushes()

    @property
    def head(self) -> str:
        return refs(self.directory)["refs/heads/main"]

    def colleague_pushes(self) -> str:
        self.person.git("pull", "--quiet", at=self._colleague)
        made = self.person.commit(self._colleague, f"{len(self._commits)}.txt")
        self.person.well("push", "--quiet", "origin", "HEAD:main", at=self._colleague)
        return made

    @property
    def _commits(self) -> str:
        return self.person.git("rev-list", "HEAD", at=self._colleague).out

    def pulls_pushes_and_fetches(self, *typed: str) -> None:
        """The three commands, one after the other, each with something to do."""
        theirs = self.colleague_pushes()

        pulled = self.person.types("git pull", *typed, at=self.clone)
        assert pulled.status == 0, pulled.screen
        assert self.person.head(self.clone) == theirs

        mine = self.person.commit(self.clone, "mine.txt", theirs)
        pushed = self.person.types("git push", *typed, at=self.clone)
        assert pushed.status == 0, pushed.screen
        assert self.head == mine

        theirs = self.colleague_pushes()
        fetched = self.person.types("git fetch", *typed, at=self.clone)
        assert fetched.status == 0, fetched.screen
        assert self.person.well("rev-parse", "origin/main", at=self.clone) == theirs
        self.person.well("merge", "--quiet", "--ff-only", "origin/main", at=self.clone)
