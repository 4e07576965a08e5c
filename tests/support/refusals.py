"""Ada's repositories, clients of hers and of a stranger's, and wrong secrets of every kind."""

from support.clients import Done, on_disk

from bitpail.policy import secrets

ACCOUNT_PASSWORD = "correct horse battery"


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


def mistyped(secret: str) -> str:
    """The last character is another one: the checksum no longer fits."""
    return secret[:-1] + ("a" if secret[-1] != "a" else "b")


def another(secret: str) -> str:
    """The right form and checksum, and nobody's."""
    made = secrets.generate().reveal()
    assert made != secret
    return made
