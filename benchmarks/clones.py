"""Clones of the same commit, as CI makes them, beside nginx with fcgiwrap and git http-backend.

CPU time of either server with all of its children, git's included. The
repository is far larger than those of the other benchmarks, since small ones
measure how a process starts.
"""

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import git_http
import histories
import peer
from git_http import Server
from measure import arguments, interleaved, milliseconds, table, verdict

_AT_ONCE = 8
_SHALLOW = ("--depth=1", "--single-branch")
_GOALS = {"first": 1.1, "full": 1 / 6, "shallow": 1 / 40, "nothing new": 1 / 4}


def main() -> None:
    full = arguments(__doc__ or "")
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bitpail-benchmark-")))
        commits, size = (60_000, 8_000) if full else (6_000, 8_000)
        repository = histories.make(root / "repository.git", commits, 1_000, size)
        servers = {"bitpail": git_http.bitpail_serving(stack, repository)}
        if peer.installed():
            servers["peer"] = git_http.peer_serving(stack, root)
        else:
            print(f"\n{peer.MISSING}")
        rows = []
        for name, goal, work in _scenarios(root):
            # Each once: the first of them fills the cache, and that is a part of what is measured.
            cost = interleaved({key: _bound(work, server) for key, server in servers.items()}, 1)
            ratio = cost["bitpail"] / cost["peer"] if "peer" in cost else None
            told = "-" if ratio is None else f"x{ratio:.3f}"
            met = "-" if ratio is None else verdict(ratio, goal)
            other = milliseconds(cost["peer"]) if "peer" in cost else "-"
            rows.append([name, milliseconds(cost["bitpail"]), other, told, f"x{goal:.3f}", met])
    head = ["all of them together", "bitpail", "nginx + git http-backend", "ratio", "goal", ""]
    table(f"Clones of one repository of {commits:,} commits: CPU of server and git", head, rows)


def _bound(work: Callable[[Server], float], server: Server) -> Callable[[], float]:
    return lambda: work(server)


def _scenarios(root: Path) -> list[tuple[str, float, Callable[[Server], float]]]:
    def clones(count: int, *flags: str) -> Callable[[Server], float]:
        def one(server: Server, number: int) -> None:
            target = root / f"clone-{number}"
            try:
                _git(server, "clone", "-q", "--bare", *flags, server.git_url(), str(target))
            finally:
                shutil.rmtree(target, ignore_errors=True)

        def work(server: Server) -> float:
            def all_of_them() -> None:
                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    list(pool.map(lambda number: one(server, number), range(count)))

            return server.meter.of(all_of_them)

        return work

    def nothing_new(server: Server) -> float:
        target = root / "kept"
        _git(server, "clone", "-q", server.git_url(), str(target))
        try:
            return server.meter.of(
                lambda: [_git(server, "-C", str(target), "fetch", "-q") for _ in range(20)]
            )
        finally:
            shutil.rmtree(target)

    return [
        ("the first clone", _GOALS["first"], clones(1, "--no-tags")),
        (f"8 full clones, {_AT_ONCE} at once", _GOALS["full"], clones(8)),
        (f"50 shallow clones, {_AT_ONCE} at once", _GOALS["shallow"], clones(50, *_SHALLOW)),
        ("20 fetches with nothing new", _GOALS["nothing new"], nothing_new),
    ]


def _git(server: Server, *arguments: str) -> None:
    histories.git("-c", f"http.extraHeader=Authorization: {server.authorization}", *arguments)


if __name__ == "__main__":
    main()
