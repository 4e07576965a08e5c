"""What a push costs where there are branch restrictions, and where there are none: in statements and in gits."""

import pathlib
from types import SimpleNamespace

import pytest
from support.rows import a_project, a_repository, a_user, a_workspace

from bitpail.git.directories import GitDirectory
from bitpail.git.gate import PushedRefs, RefUpdate
from bitpail.model.access import Access, Actor, Need
from bitpail.model.branch_restrictions import Kind, Restriction, Rule
from bitpail.model.branching_models import BranchType
from bitpail.model.groups import GroupId
from bitpail.model.permissions import Permission
from bitpail.model.users import UserId
from bitpail.services import push_restrictions
from bitpail.store import branch_restrictions as store

pytestmark = pytest.mark.anyio

OLD, NEW = "1" * 40, "2" * 40


class Counting:
    """A database that counts what it is asked."""

    def __init__(self, db):
        self._db, self.asked = db, 0

    async def one(self, *statement, **parameters):
        self.asked += 1
        return await self._db.one(*statement, **parameters)

    async def all(self, *statement, **parameters):
        self.asked += 1
        return await self._db.all(*statement, **parameters)


@pytest.fixture
async def pushed(server, tmp_path):
    """Hands a push of these refs over, and gives its refusals with the number of statements.

    There is no Git directory: a git that was started would fail.
    """
    site = server.site
    async with site.db.transaction() as db:
        ada = await a_user(db, "ada")
        workspace = await a_workspace(db)
        project = await a_project(db, workspace)
        repository = await a_repository(db, project)

    async def push(*names, restrictions=(), of="code"):
        for number, (kind, pattern, rule) in enumerate(restrictions, 1):
            await store.create(site.db, Restriction(repository.id, number, kind, pattern, rule))
        counting = Counting(site.db)
        access = Access(Actor(ada), Need(of=of), Permission.ADMIN, repository, workspace, project)
        updates = tuple(RefUpdate(OLD, NEW, name.encode()) for name in names)
        found = await push_restrictions.refusals(
            SimpleNamespace(db=counting),
            access,
            GitDirectory(tmp_path / "nowhere", adopted=False),
            PushedRefs(updates, pathlib.Path("/nowhere")),
        )
        return found, counting.asked

    return push


MANY = [f"refs/heads/{number}" for number in range(100)]


async def test_without_restrictions_a_push_costs_one_look_up_however_many_branches_it_moves(pushed):
    assert await pushed(*MANY) == ([], 1)


async def test_tags_and_wikis_cost_nothing(pushed):
    assert await pushed("refs/tags/v1", "refs/notes/x", restrictions=[(Kind.PUSH, "*", Rule())]) == ([], 0)
    assert await pushed("refs/heads/main", of="wiki") == ([], 0)


async def test_patterns_cost_no_more_look_ups(pushed):
    rules = [(Kind.PUSH, f"release-{number}/*", Rule(groups=(GroupId("g"),))) for number in range(50)]

    assert await pushed(*MANY, restrictions=[*rules, (Kind.FORCE, "main", Rule())]) == ([], 1)


async def test_the_branching_model_costs_one_and_groups_another_where_they_decide(pushed):
    model = (Kind.PUSH, "", Rule(BranchType.FEATURE))
    grouped = (Kind.PUSH, "main", Rule(groups=(GroupId("g"),)))
    listed = (Kind.PUSH, "mine", Rule(users=(UserId("nobody"),), groups=(GroupId("g"),)))

    kept, asked = await pushed("refs/heads/main", *MANY, restrictions=[model, grouped, listed])

    assert (len(kept), asked) == (1, 3)


async def test_what_is_about_merges_costs_a_push_nothing_more(pushed):
    rules = [(kind, "*", Rule(value=1)) for kind in Kind if kind not in {Kind.PUSH, Kind.FORCE, Kind.DELETE}]

    assert await pushed("refs/heads/main", restrictions=rules) == ([], 1)
