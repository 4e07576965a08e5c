"""Whoever makes or deletes a fork, or its parent, is killed in the middle: no living fork loses anything.

``pytest tests/compat/test_forks_killed.py --kills 200`` kills as often as that.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from support.repositories import Repository

from bitpail.git import directories, pools
from bitpail.services import repositories
from bitpail.testing import Bitpail

SEED = 21
_CHILD = """
import asyncio, sys
from bitpail.services import forks, repositories, upkeep, workspaces
from bitpail.services.repositories import Wanted
from bitpail.services.site import open_site
from bitpail.settings import Settings

async def work():
    site = await open_site(Settings(data=sys.argv[1]))
    what, source, target = sys.argv[2:5]
    found = (await repositories.named(site, "ada", source)).repository
    into = await workspaces.named(site, "ada")
    print("ready", flush=True)
    if what == "fork":
        await forks.make(site, found, into, Wanted(name=target), None)
    elif what == "upkeep":
        for one in await upkeep.targets(site):
            await upkeep.maintain(site, one, whole=True)
    else:
        await repositories.delete(site, found)
    print("done", flush=True)
    await site.close()

asyncio.run(work())
"""


class Family:
    """Repositories that fork each other, and somebody who kills whoever is at it."""

    def __init__(self, server):
        self.server, self.rng, self.counts = server, random.Random(SEED), Counter()
        self.data = server.settings.data_path
        self.longest = {"fork": 0.8, "delete": 0.08, "upkeep": 0.8}
        self.tips = {}
        self.numbers = iter(range(10_000))

    def do(self, service, *arguments, **more):
        return self.server.do(lambda site: service(site, *arguments, **more))

    def at(self, slug):
        made = Repository.__new__(Repository)
        made.path = self.server.directory(f"ada/{slug}")
        return made

    def commit(self, slug):
        """Something that only this one has."""
        self.at(slug).commit(f"{slug} {next(self.numbers)}")
        self.tips[slug] = self.at(slug).git("rev-parse", "main")

    def slugs(self):
        return [one.repository.slug for one in self.do(repositories.every)]

    def round(self):
        source = self.rng.choice(sorted(self.tips))
        what = self.rng.choice(["fork", "fork", "delete", "upkeep"])
        if what == "delete" and len(self.tips) < 3:
            what = "fork"
        target = f"f{next(self.numbers)}"
        if what == "fork":
            self.commit(source)
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(self.data), what, source, target],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert child.stdout.readline() == "ready\n", child.stderr.read()
        begun = time.monotonic()
        try:
            child.wait(self.rng.uniform(0, self.longest[what]))
            # So quick is this machine: the next one is killed before.
            self.longest[what] = time.monotonic() - begun
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
        said, _ = child.communicate()
        self.counts[f"{what}: {'killed' if child.returncode else 'done'}"] += 1
        there = self.slugs()
        if what == "fork" and "done" in said:
            assert target in there
        if target in there:
            # Its parent's tip, or that of a moment before.
            self.tips[target] = self.at(target).git("rev-parse", "main")
            assert self.tips[target] == self.tips[source]
        if source not in there:
            del self.tips[source]

    def check(self):
        for slug in self.slugs():
            git = self.at(slug)
            assert git.git("fsck", "--full", "--no-dangling") == ""
            assert git.git("rev-parse", "main") == self.tips[slug]


@pytest.fixture
def family():
    with Bitpail.started(upkeep="off") as server:
        ada = server.user("ada")
        assert ada.username == "ada"
        server.repository("ada/code", files={"a.txt": "a"})
        made = Family(server)
        for _ in range(3):
            made.commit("code")
        yield made


def test_whatever_is_killed_no_fork_loses_anything_and_what_is_left_can_be_swept(family, request):
    kills = request.config.getoption("--kills")
    for number in range(kills):
        family.round()
        if number % 5 == 4:
            family.check()
    family.check()

    root = family.data / "repositories"
    asyncio.run(directories.clean_leftovers(root, of_pushes=time.time() + 1, of_others=time.time() + 1))
    # A directory that the database doesn't know is one whose maker or remover was killed.
    known = {one.repository.id for one in family.do(repositories.every)}
    for path in root.glob("*/*.git"):
        if not path.name.endswith((".pool.git", ".wiki.git")) and path.stem not in known:
            asyncio.run(directories.delete(path))
    family.do(_sweep)

    family.check()
    borrowers = {str(pools.pool_of(family.at(slug).path)) for slug in family.slugs()} - {"None"}
    assert {str(pool) for pool in pools.pools(root)} == borrowers
    marked = {marker.name for pool in pools.pools(root) for marker in (pool / "forks").iterdir()}
    assert marked == {one for one in known if pools.pool_of(root / one[:2] / f"{one}.git")}
    print(dict(family.counts))
    assert any("killed" in what for what in family.counts)


async def _sweep(site):
    await pools.sweep(site.repositories, time.time() + 1)
