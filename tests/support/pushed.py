"""The table of branch restrictions, asked with real git clients at a running server."""

from collections.abc import Callable, Mapping
from pathlib import Path

from support.clients import Done, refs
from support.repositories import Repository
from support.restricted import WHO, branches_before, configured, put_group, refspec, restrict

from bitpail.services import repositories, users
from bitpail.testing import Bitpail


class Restricted:
    """A repository with a branch for each case, and somebody for each ``WHO``."""

    def __init__(self, server: Bitpail, place: Path) -> None:
        self.server = server
        self.people = {who: server.user(who) for who in WHO}
        source = Repository(place / "restricted.git")
        first = source.commit("first")
        self.base = source.commit("base")
        source.git("branch", "newer", self.base)
        self.newer = source.commit("newer", "newer")
        source.git("branch", "other", first)
        self.other = source.commit("other", "other")
        self.before = branches_before(source.git, self.base)
        self.source = source
        server.workspace("acme", self.people["administrator"])
        server.adopt(source.path, "acme/notes")
        for who in WHO[1:]:
            server.grant("acme/notes", self.people[who], "write")
        # From a clone of its own, as everybody pushes.
        self.clone = place / "clone.git"
        source.git("clone", "--quiet", "--bare", str(source.path), str(self.clone))

    def wrong(self, push: Callable[[str, str], Done]) -> list[str]:
        """Every case that went otherwise than it should; ``push`` is told who and which refspec."""
        found = []
        for key, cases in configured():
            self._restrict(key)
            for case in cases:
                done = push(case.who, refspec(case, self.newer, self.other))
                said = "remote: Permission denied to" in done.err and case.branch in done.err
                now = refs(self.source.path).get(f"refs/heads/{case.branch}")
                unmoved = now == self.before.get(case.branch)
                if (done.worked, said, unmoved) != (not case.refused, case.refused, case.refused):
                    found.append(f"{case}: {done.err}")
        return found

    def _restrict(self, key) -> None:
        async def work(site):
            repository = (await repositories.named(site, "acme", "notes")).repository
            named: Mapping[str, object] = {who: await users.named(site, who) for who in WHO}
            group = await put_group(site, repository, named["grouped"])
            await restrict(site, repository, key, named["listed"], group)

        self.server.do(work)
