"""What every benchmark here shares: CPU time of a process and its children, medians, one table.

CPU time (user and system) and never wall time: other work on the machine makes
wall time worthless, and hardly touches this.
"""

import argparse
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

_TICK = os.sysconf("SC_CLK_TCK")
_SETTLE = 0.03
"""Seconds in which the children of the last request come to their end."""
_SETTLED_WITHIN = 60
_IDLE = 20
"""CPU milliseconds in half a second; what a server does by the clock is far less."""
_BETWEEN_LOOKS = 0.1
"""Seconds between two looks at memory."""


def arguments(description: str) -> bool:
    """Whether the full benchmark was asked for, at the command line."""
    return bool(_parser(description).parse_args().full)


def arguments_of_some(description: str) -> tuple[bool, str]:
    """The same, and a word that must be in the name of what is measured."""
    parser = _parser(description)
    parser.add_argument(
        "--only", default="", metavar="WORD", help="what has this in its name, and nothing else"
    )
    found = parser.parse_args()
    return bool(found.full), str(found.only)


def _parser(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small sizes, under a minute; the default")
    size.add_argument("--full", action="store_true", help="the sizes that the goals speak of")
    return parser


class Cost(Struct, frozen=True):
    """CPU milliseconds, and the most bytes of memory at any one time."""

    cpu: float
    memory: float


class Meter:
    """CPU seconds of a server and all that it starts: in a control group, or else from /proc.

    ``complete`` is False where /proc misses children that nobody waits for.
    """

    def __init__(self, name: str, pids: Sequence[int]) -> None:
        self.name = name
        self._pids = pids
        self._group: Path | None = None
        for root, usage, unit in _controllers():
            group = root / f"bitpail-benchmark-{os.getpid()}-{name}"
            with suppress(OSError):
                group.mkdir()
                self._group, self._usage, self._unit = group, usage, unit
                for pid in _family(pids):
                    (group / "cgroup.procs").write_text(str(pid))
                break
        self.complete = self._group is not None

    def seconds(self) -> float:
        """CPU time so far."""
        if self._group is None:
            return sum(map(_seconds_of, _family(self._pids)))
        text = (self._group / self._usage).read_text().removeprefix("usage_usec ")
        return int(text.split()[0]) / self._unit

    def of(self, work: Callable[[], object]) -> float:
        """CPU milliseconds that the server spends while this runs."""
        before = self.seconds()
        work()
        time.sleep(_SETTLE)
        return (self.seconds() - before) * 1000

    def memory(self) -> int:
        """Bytes of memory that are no file's, and not shared, as of now."""
        if self._group is None:
            pids = _family(self._pids)
        else:
            pids = [int(pid) for pid in (self._group / "cgroup.procs").read_text().split()]
        return sum(map(_memory_of, pids))

    def cost(self, work: Callable[[], object]) -> Cost:
        """What the server spends while this runs, and the most it holds."""
        most = self.memory()
        done = threading.Event()

        def watch() -> None:
            nonlocal most
            while not done.wait(_BETWEEN_LOOKS):
                most = max(most, self.memory())

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            cpu = self.of(work)
        finally:
            done.set()
            watching.join()
        return Cost(cpu, most)

    def settle(self) -> None:
        """Wait until what the start set off has come to its end."""
        end = time.monotonic() + _SETTLED_WITHIN
        while self.of(lambda: time.sleep(0.5)) > _IDLE:
            if time.monotonic() > end:
                raise RuntimeError("the server does not come to rest")

    def close(self) -> None:
        """Give the control group back; its processes may live on."""
        if self._group is not None:
            for pid in (self._group / "cgroup.procs").read_text().split():
                with suppress(OSError):
                    (self._group.parent / "cgroup.procs").write_text(pid)
            with suppress(OSError):
                self._group.rmdir()


def _controllers() -> Iterator[tuple[Path, str, float]]:
    for line in Path("/proc/mounts").read_text().splitlines():
        _, place, kind, options = line.split()[:4]
        if kind == "cgroup" and "cpuacct" in options.split(","):
            yield Path(place), "cpuacct.usage", 1e9
        if kind == "cgroup2" and (Path(place) / "cpu.stat").exists():
            yield Path(place), "cpu.stat", 1e6


def _family(pids: Sequence[int]) -> list[int]:
    found, waiting = [], list(pids)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
    return found


def _seconds_of(pid: int) -> float:
    """Its own time and that of the children it has waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICK


def _memory_of(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it has ended
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss_Anon:"))


@contextmanager
def metered(name: str, *pids: int) -> Iterator[Meter]:
    """A meter, closed at the end."""
    meter = Meter(name, pids)
    try:
        yield meter
    finally:
        meter.close()


def interleaved(works: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of each measurement; they take turns, so that what disturbs one disturbs all."""
    results: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            results[name].append(work())
    return {name: statistics.median(values) for name, values in results.items()}


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print it; the first column is text, the others are figures."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    print(f"\n{title}", flush=True)
    for row in (head, ["-" * width for width in widths], *rows):
        cells = [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]
        print("  " + "  ".join(cells), flush=True)


def milliseconds(value: float) -> str:
    """So many of them, as a cell."""
    return f"{value:.3f} ms" if value < 10 else f"{value:.1f} ms"


def mebibytes(value: float) -> str:
    """So many bytes, as a cell."""
    return f"{value / 2**20:.1f} MiB"


def verdict(value: float, most: float) -> str:
    """Whether a goal is met, as a cell."""
    return "met" if value <= most else f"MISSED x{value / most:.2f}"
