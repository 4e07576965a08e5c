"""A push of one small commit, beside nginx with fcgiwrap and git http-backend.

A real ``git push`` to a new branch of a large repository: CPU time of either server
with all of its children, and the time that the person waits. Ours judges each ref,
checks the objects and has all of it on disk before it says so; the peer is
git as it comes.
"""

import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import histories
from measure import arguments, milliseconds, table, verdict
from servers import Server, both

GOAL = 1.2


def main() -> None:
    full = arguments(__doc__ or "")
    commits, rounds = (60_000, 25) if full else (6_000, 9)
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bitpail-benchmark-")))
        repository = histories.make(root / "repository.git", commits, 1_000, 400)
        histories.git(f"--git-dir={repository}", "config", "http.receivepack", "true")
        source = root / "source.git"
        histories.git("clone", "-q", "--bare", str(repository), str(source))
        histories.add_branches(source, rounds + 1)
        servers = both(stack, repository)
        waited: dict[str, list[float]] = {name: [] for name in servers}
        spent: dict[str, list[float]] = {name: [] for name in servers}
        for number in range(rounds + 1):
            for name, server in servers.items():
                wall, cpu = _push(server, source, number)
                if number:  # what only the first one costs
                    waited[name].append(wall)
                    spent[name].append(cpu)
    rows = [_row("CPU of server and git", spent), _row("time that the person waits", waited)]
    head = ["each", "bitpail", "nginx + git http-backend", "ratio", "goal", ""]
    table(f"A push of one small commit to {commits:,} commits and 1,000 refs", head, rows)


def _push(server: Server, source: Path, number: int) -> tuple[float, float]:
    """Milliseconds of waiting and of CPU."""
    name = f"refs/heads/new-{number}"
    waited = 0.0

    def push() -> None:
        nonlocal waited
        began = time.perf_counter()
        server.git("-C", str(source), "push", "-q", server.git_url(), f"{name}:{name}")
        waited = (time.perf_counter() - began) * 1000

    spent = server.meter.of(push)
    return waited, spent


def _row(name: str, found: dict[str, list[float]]) -> list[str]:
    median = {server: statistics.median(values) for server, values in found.items()}
    if "peer" not in median:
        return [name, milliseconds(median["bitpail"]), "-", "-", f"x{GOAL:g}", "-"]
    ratio = median["bitpail"] / median["peer"]
    shown = [milliseconds(median["bitpail"]), milliseconds(median["peer"])]
    return [name, *shown, f"x{ratio:.2f}", f"x{GOAL:g}", verdict(ratio, GOAL)]


if __name__ == "__main__":
    main()
