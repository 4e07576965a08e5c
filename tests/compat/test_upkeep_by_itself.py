"""A server that is pushed to puts its repositories in order by itself."""

from pathlib import Path

from support.clients import Person, is_intact, refs
from support.processes import eventually

from bitpail.git.directories import repository_path
from bitpail.services import repositories, upkeep
from bitpail.services.upkeep_counts import MANY
from bitpail.testing import Bitpail

SOON = 60


def directory(server: Bitpail, name: str) -> Path:
    async def work(site):
        located = await repositories.named(site, *name.split("/"))
        return repository_path(site.repositories, located.repository.id)

    return server.do(work)


def waiting(server: Bitpail) -> int:
    return server.do(upkeep.waiting).directories


def test_many_pushes_are_counted_and_put_in_order_without_anybody_asking(tmp_path):
    with Bitpail.started(last_use_interval=1) as server:
        ada = server.user("ada")
        name = server.repository("ada/notes")
        url = server.git_url(name, "ada", server.app_password(ada, "repository:write"))
        person = Person(tmp_path / "home")
        person.well("clone", "--quiet", url, "work")
        work = person.home / "work"

        person.commit(work, text="first\n")
        person.well("push", "--quiet", "origin", "HEAD:refs/heads/main", at=work)
        assert eventually(lambda: waiting(server) == 1)
        for number in range(MANY):
            person.commit(work, text=f"{number}\n")
            person.well("push", "--quiet", "origin", f"HEAD:refs/heads/b{number}", at=work)

        place = directory(server, name)
        # The first ones may be done before the last one is pushed; those wait for a while.
        assert eventually(lambda: any((place / "objects/pack").glob("*.bitmap")), SOON)
        assert eventually((place / "objects/info/commit-graphs/commit-graph-chain").exists, SOON)
        assert eventually((place / "packed-refs").exists, SOON)
        assert refs(place)[f"refs/heads/b{MANY - 1}"] == person.head(work)
        assert len(refs(place)) == MANY + 1
        assert is_intact(place)
        person.well("clone", "--quiet", "--mirror", url, "again")
        assert refs(person.home / "again") == refs(place)
