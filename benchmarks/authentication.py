"""Authentication and authorisation together, in process: does the cost stay low and flat as the tables grow?

Each measured step checks a random real app password and opens a random
repository with it, on SQLite and, where its programs are, on PostgreSQL.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop
from measure import arguments, interleaved, milliseconds, table, verdict
from population import Sample, populate

from bitpail.model.access import Client, Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.services import access, set_up
from bitpail.services.authentication import Credential, authenticate
from bitpail.services.site import Site, open_site
from bitpail.settings import Settings

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from support import postgresql  # the tests know how to start one

GOAL = 0.1
FLAT = 1.5
"""How much dearer the largest may be than the smallest: caches of the processor are not flat."""

QUICK = [(1, 1), (1_000, 100), (50_000, 5_000)]
FULL = [(1, 1), (1_000, 100), (100_000, 10_000), (1_000_000, 100_000)]
_READ = Need((frozenset({Scope.REPOSITORY}),), Permission.READ)
_CLIENT = Client("127.0.0.1", "git/2.39.5")
_ROUNDS = 9
_STEPS = 2_000


def main() -> None:
    sizes = FULL if arguments(__doc__ or "") else QUICK
    loop = uvloop.new_event_loop()
    with tempfile.TemporaryDirectory(prefix="bitpail-benchmark-") as directory:
        _measure(loop, "SQLite", sizes, [_settings(Path(directory) / str(n)) for n in range(len(sizes))])
    if postgresql.find_programs() is None:
        print("\nPostgreSQL: left out, its programs are not installed")
        return
    with (
        postgresql.running() as server,
        tempfile.TemporaryDirectory(prefix="bitpail-benchmark-") as directory,
        _databases(server, len(sizes)) as urls,
    ):
        settings = [_settings(Path(directory) / str(n), url) for n, url in enumerate(urls)]
        _measure(loop, "PostgreSQL (our own process)", sizes, settings)


def _settings(data: Path, database: str = "") -> Settings:
    return Settings(data=str(data), database=database, sqlite_synchronous="NORMAL", last_use_interval=3600)


@contextmanager
def _databases(server: postgresql.Server, count: int) -> Iterator[list[str]]:
    if count == 0:
        yield []
        return
    with server.database() as url, _databases(server, count - 1) as others:
        yield [url, *others]


def _measure(
    loop: asyncio.AbstractEventLoop, name: str, sizes: list[tuple[int, int]], all_settings: list[Settings]
) -> None:
    works, sites = {}, []
    for size, settings in zip(sizes, all_settings, strict=True):
        set_up.initialise(settings)
        samples = populate(settings, *size)
        site = loop.run_until_complete(open_site(settings))
        sites.append(site)
        works[size] = _work(loop, site, samples)
        works[size]()
    cost = interleaved(works, _ROUNDS)
    for site in sites:
        loop.run_until_complete(site.close())
    rows = []
    for passwords, repositories in sizes:
        value = cost[passwords, repositories]
        ratio = value / cost[sizes[0]]
        goals = (
            (verdict(value, GOAL), verdict(ratio, FLAT)) if name == "SQLite" else ("-", verdict(ratio, FLAT))
        )
        rows.append(
            [f"{passwords:,} / {repositories:,}", milliseconds(value), goals[0], f"x{ratio:.2f}", goals[1]]
        )
    head = ["app passwords / repositories", "CPU each", f"goal {GOAL} ms", "to first", f"goal x{FLAT}"]
    table(f"Authentication and access: {name}", head, rows)


def _work(loop: asyncio.AbstractEventLoop, site: Site, samples: list[Sample]) -> Callable[[], float]:
    chosen = random.Random(1).choices(samples, k=_STEPS)

    async def steps() -> None:
        for sample in chosen:
            actor = await authenticate(site, Credential(sample.username, sample.secret), _CLIENT)
            await access.to_repository(site, actor, _READ, sample.workspace, sample.slug)

    def work() -> float:
        began = time.process_time()
        loop.run_until_complete(steps())
        return (time.process_time() - began) * 1000 / _STEPS

    return work


if __name__ == "__main__":
    main()
