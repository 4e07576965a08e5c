"""Two commits beside each other, held against what git says of them."""

import random

import pytest
from support.repositories import EPOCH

from bitpail.model.access import Actor, Client, Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.services import compare
from bitpail.services.access import to_repository
from bitpail.services.compare import NEAR, Count

pytestmark = pytest.mark.anyio


@pytest.fixture
async def access_to(server, ada):
    """Ada's access to a repository that a test has made."""

    async def opened(git):
        await server.workspace("engines", ada)
        await server.adopted("engines", "difference", git)
        actor = Actor(ada, None, frozenset(Scope), Client("192.0.2.1", "curl"))
        return await to_repository(
            server.site, actor, Need(permission=Permission.READ), "engines", "difference"
        )

    return opened


def best(git, one, other):
    """What both have and nothing else that both have is behind; the other itself if they have nothing."""
    return set(git.git("merge-base", "--all", one, other, check=False).split()) or {other}


def number(git, span):
    return int(git.git("rev-list", "--count", span))


async def test_numbers_and_the_commit_they_parted_at_are_those_of_git(server, access_to, git):
    chance = random.Random(1)
    commits = []
    for at in range(60):
        near = range(max(0, at - 9), at)
        commits.append(
            (EPOCH + at * 10, chance.sample(near, min(len(near), chance.choice([0, 1, 1, 1, 1, 2, 2]))))
        )
    git.import_history(commits, [(f"refs/heads/b{at}", at) for at in range(60)])
    hashes = git.git("for-each-ref", "--format=%(objectname)").split()
    access = await access_to(git)

    for one, other in [*(chance.sample(hashes, 2) for _ in range(60)), (hashes[0], hashes[0])]:
        for _ in range(2):  # what is kept of the first time is the same
            apart, listed = await compare.of(server.site, access, one, other, 5, None, far=False)

            assert apart.base in best(git, one, other)
            assert apart.ahead == Count(number(git, f"{other}..{one}"))
            assert apart.behind == Count(number(git, f"{one}..{other}"))
            shown = [commit.hash for commit in listed.commits]
            cursor = listed.cursor
            while cursor:
                _, listed = await compare.of(server.site, access, one, other, 5, cursor, far=False)
                shown += [commit.hash for commit in listed.commits]
                cursor = listed.cursor
            assert shown == git.git("rev-list", "--date-order", f"{other}..{one}").split()


async def test_of_a_long_way_it_is_known_where_they_parted_and_that_it_is_long(server, access_to, git):
    """Main goes on for long; a branch leaves it at its third commit and takes in its tenth."""
    main = [(EPOCH + at, [at - 1] if at else []) for at in range(NEAR + 50)]
    tip = len(main)
    branch = [(EPOCH + 4, [2]), (EPOCH + 12, [tip, 10]), (EPOCH + 13, [tip + 1])]
    git.import_history([*main, *branch], [("refs/heads/main", tip - 1), ("refs/heads/side", tip + 2)])
    newest, side, parted = git.git("rev-parse", "main", "side", f"main~{tip - 11}").split()
    access = await access_to(git)
    there, back = number(git, "side..main"), number(git, "main..side")

    apart, listed = await compare.of(server.site, access, side, newest, 20, None, far=False)
    assert (apart.ahead, apart.behind, apart.base) == (Count(back), Count(NEAR, is_more=True), parted)
    assert (apart.is_far, apart.is_counted) == (False, False)
    assert len(listed.commits) == back
    assert listed.cursor is None
    apart, listed = await compare.of(server.site, access, newest, side, 20, None, far=False)
    assert (apart.ahead, apart.behind, apart.base) == (Count(NEAR, is_more=True), Count(back), parted)
    assert (apart.is_far, apart.is_counted) == (True, False)
    assert listed.cursor is not None
    for _ in range(2):
        # Once it is counted it is known.
        apart, _ = await compare.of(server.site, access, newest, side, 20, None, far=True)
        assert (apart.ahead, apart.behind, apart.is_counted) == (Count(there), Count(back), True)
        apart, _ = await compare.of(server.site, access, newest, side, 20, None, far=False)
        assert (apart.ahead, apart.is_far) == (Count(there), True)
