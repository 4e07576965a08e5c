"""What a server's processes show of themselves to everybody on the machine, and what they leave."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

PATIENCE = 60
"""Seconds for what happens at once on a machine that has nothing else to do."""


def family(pid: int) -> list[psutil.Process]:
    """A process and all its descendants that are there now."""
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


_SHARED: set[int] = set()


def leave_out() -> None:
    """What the test's own process runs now are servers and browsers that other tests share: no ``children``."""
    _SHARED.clear()
    _SHARED.update(child.pid for child in psutil.Process().children())


def children() -> list[psutil.Process]:
    """What the test's own process runs now, without the servers that other tests share."""
    found = []
    for child in psutil.Process().children():
        try:
            if child.pid not in _SHARED and "bitpail" not in child.cmdline() and child.name() != "postgres":
                found += family(child.pid)
        except psutil.NoSuchProcess:
            continue
    return found


def shown(pid: int) -> dict[str, bytes]:
    """The command lines and environments of a process and its descendants, each by its file in /proc."""
    found = {}
    for process in family(pid):
        for name in ("cmdline", "environ"):
            file = Path(f"/proc/{process.pid}/{name}")
            try:
                found[str(file)] = file.read_bytes()
            except OSError:  # it has ended meanwhile
                continue
    return found


def gits(pid: int) -> list[psutil.Process]:
    """The git processes that a server runs now."""
    running = []
    for process in family(pid):
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("git"):
                running.append(process)
        except psutil.NoSuchProcess:
            continue
    return running


def memory(pid: int) -> int:
    """Bytes that a process holds, without what it started."""
    return int(psutil.Process(pid).memory_info().rss)


async def becomes(true: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """The same as ``eventually``, where the loop has to go on meanwhile."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.02)
    return true()


def eventually(true: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Whether it becomes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return true()
