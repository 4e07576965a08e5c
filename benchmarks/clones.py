"""Clones of the same commit, as CI makes them, beside nginx with fcgiwrap and git http-backend.

CPU time of either server with all of its children, git's included, and the most
memory that all of them together hold. The repository is far larger than those of
the other benchmarks and is made of deltas, as repositories of people are.
"""

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import histories
from measure import Cost, arguments, mebibytes, milliseconds, table, verdict
from msgspec import Struct
from servers import Server, both

_AT_ONCE = 8
_SHALLOW = ("--depth=1", "--single-branch", "--no-tags")


class _Scenario(Struct, frozen=True):
    name: str
    goal: float
    work: Callable[[Server], Cost]
    memory_goal: float | None = None


def main() -> None:
    full = arguments(__doc__ or "")
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bitpail-benchmark-")))
        commits, files, pictures = (60_000, 4_000, 2_500) if full else (4_000, 1_500, 100)
        repository = histories.make_project(root / "repository.git", commits, 1_000, files, pictures)
        size = sum(file.stat().st_size for file in repository.rglob("*.pack"))
        servers = both(stack, repository)
        rows = []
        for scenario in _scenarios(root / "clones"):
            # Each once: the first of them fills the cache, and that is a part of what is measured.
            cost = {name: scenario.work(server) for name, server in servers.items()}
            ours, theirs = cost["bitpail"], cost.get("peer")
            rows.append(_row(scenario.name, scenario.goal, ours.cpu, theirs and theirs.cpu, milliseconds))
            if scenario.memory_goal is not None:
                rows.append(
                    _row(
                        "their memory", scenario.memory_goal, ours.memory, theirs and theirs.memory, mebibytes
                    )
                )
    head = ["all of them together", "bitpail", "nginx + git http-backend", "ratio", "goal", ""]
    title = f"Clones of one repository of {commits:,} commits, {size / 2**20:,.0f} MiB: CPU of server and git"
    table(title, head, rows)


def _row(
    name: str, goal: float, ours: float, theirs: float | None, shown: Callable[[float], str]
) -> list[str]:
    if theirs is None:
        return [name, shown(ours), "-", "-", f"x{goal:.3f}", "-"]
    ratio = ours / theirs
    return [name, shown(ours), shown(theirs), f"x{ratio:.3f}", f"x{goal:.3f}", verdict(ratio, goal)]


def _scenarios(place: Path) -> list[_Scenario]:
    place.mkdir()

    def clones(count: int, *flags: str) -> Callable[[Server], Cost]:
        def one(server: Server, number: int) -> None:
            target = place / f"{number}"
            try:
                server.git("clone", "-q", "--bare", *flags, server.git_url(), str(target))
            finally:
                shutil.rmtree(target, ignore_errors=True)

        def work(server: Server) -> Cost:
            def all_of_them() -> None:
                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    list(pool.map(lambda number: one(server, number), range(count)))

            return server.meter.cost(all_of_them)

        return work

    def nothing_new(server: Server) -> Cost:
        target = place / "kept"
        server.git("clone", "-q", server.git_url(), str(target))
        try:
            return server.meter.cost(
                lambda: [server.git("-C", str(target), "fetch", "-q") for _ in range(20)]
            )
        finally:
            shutil.rmtree(target)

    return [
        _Scenario("the first clone", 1.1, clones(1, "--no-tags")),
        _Scenario(f"8 full clones, {_AT_ONCE} at once", 1 / 6, clones(8)),
        _Scenario(f"50 shallow clones, {_AT_ONCE} at once", 1 / 40, clones(50, *_SHALLOW), 1 / 4),
        _Scenario("20 fetches with nothing new", 1 / 4, nothing_new),
    ]


if __name__ == "__main__":
    main()
