"""Mixed reads by 16 clients at once, each with one request after the other: how many a second, and how long they wait.

As a CI service reads: files, commits, single branches; a page of history, of a directory, of branches
now and then; a difference sometimes. The clients share the machine with the server, and wall
time is what other work leaves of it: so several runs, the best and the median, the load, and
the server's CPU time beside them.
"""

import asyncio
import os
import random
import statistics
import time
from contextlib import ExitStack
from typing import cast
from urllib.parse import urlsplit

import httptools
import rest
import uvloop
from measure import arguments, milliseconds, table
from msgspec import Struct

from bitpail.testing import Bitpail

CLIENTS = 16
PER_SECOND = 500
P99 = 50.0
_WORKERS = 2
_MIX = {
    "raw file": 25,
    "raw file by branch": 5,
    "one commit": 20,
    "one branch": 10,
    "the repository": 10,
    "commits, 30 a page": 5,
    "commits of a branch": 5,
    "directory, 100 of 80 files": 8,
    "directory, 10 of 5,000": 2,
    "branches, 10 a page": 6,
    "branches, 100 a page": 1,
    "diff of one commit": 2,
    "10,000 repositories": 1,
}
"""Of a hundred requests."""


class _Run(Struct):
    """``cpu`` is milliseconds of the server for each request; the others wall time of the clients."""

    per_second: float
    p50: float
    p99: float
    cpu: float


def main() -> None:
    full = arguments(__doc__ or "")
    size = rest.FULL if full else rest.QUICK
    with ExitStack() as stack:
        path = size.monorepo()
        server = rest.serving(stack, path, size.others[0], size.listed, workers=_WORKERS)
        requests = _mixed(server, [*rest.operations(path, size)])
        loads = [_loaded(server, requests, seconds=2)]  # warm
        loads = [_loaded(server, requests, seconds=10 if full else 3) for _ in range(7 if full else 3)]
    best = max(loads, key=lambda run: run.per_second)
    rows = [
        ["best of " + str(len(loads)), *_cells(best)],
        ["median", *_cells(_median(loads))],
    ]
    one, five, _ = os.getloadavg()
    goal = f"goal {PER_SECOND:,}"
    table(
        f"{CLIENTS} clients at once, {_WORKERS} workers, {os.cpu_count()} processors, load {one:.1f} {five:.1f}",
        ["", "a second", goal, "half within", "99 of 100 within", f"goal {P99:g} ms", "server's CPU each"],
        rows,
    )


def _cells(run: _Run) -> list[str]:
    return [
        f"{run.per_second:,.0f}",
        "met" if run.per_second >= PER_SECOND else "MISSED",
        milliseconds(run.p50),
        milliseconds(run.p99),
        "met" if run.p99 <= P99 else "MISSED",
        milliseconds(run.cpu),
    ]


def _median(runs: list[_Run]) -> _Run:
    return _Run(*(statistics.median(values) for values in zip(*map(_figures, runs), strict=True)))


def _figures(run: _Run) -> tuple[float, float, float, float]:
    return run.per_second, run.p50, run.p99, run.cpu


def _mixed(server: rest.Server, operations: list[rest.Operation]) -> list[bytes]:
    """A hundred kinds of request by their shares, each for many different commits, files and branches."""
    chance = random.Random(5)
    named = {one.name: server.requests(one) for one in operations}
    mixed = [
        chance.choice(named[name])
        for _ in range(20)
        for name, share in _MIX.items()
        if name in named
        for _ in range(share)
    ]
    chance.shuffle(mixed)
    return mixed


def _loaded(server: rest.Server, requests: list[bytes], seconds: float) -> _Run:
    taken: list[float] = []

    def load() -> None:
        taken.extend(uvloop.run(_clients(server.bitpail, requests, seconds)))

    cpu = server.meter.of(load)
    taken.sort()
    return _Run(len(taken) / seconds, taken[len(taken) // 2], taken[len(taken) * 99 // 100], cpu / len(taken))


async def _clients(server: Bitpail, requests: list[bytes], seconds: float) -> list[float]:
    parts = urlsplit(server.url)
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    clients = []
    for number in range(CLIENTS):
        mine = requests[number::CLIENTS]
        _, client = await loop.create_connection(
            lambda mine=mine: _Client(mine, end), parts.hostname, parts.port
        )
        clients.append(client)
    await asyncio.gather(*(client.done for client in clients))
    return [milliseconds for client in clients for milliseconds in client.taken]


class _Client(asyncio.Protocol):
    """One connection, one request after the other until the end."""

    def __init__(self, requests: list[bytes], end: float) -> None:
        self._requests = requests
        self._end = end
        self._number = 0
        self._began = 0.0
        self._transport: asyncio.Transport
        self._parser = httptools.HttpResponseParser(self)
        self.done = asyncio.get_running_loop().create_future()
        self.taken: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        now = time.monotonic()
        self.taken.append((now - self._began) * 1000)
        if self._parser.get_status_code() != 200:
            self.done.set_exception(RuntimeError(f"status {self._parser.get_status_code()}"))
            self._transport.close()
        elif asyncio.get_running_loop().time() > self._end:
            self.done.set_result(None)
            self._transport.close()
        else:
            # It is still in the parser's hands.
            asyncio.get_running_loop().call_soon(self._send)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or RuntimeError("the server has closed the connection"))

    def _send(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._began = time.monotonic()
        self._transport.write(self._requests[self._number % len(self._requests)])
        self._number += 1


if __name__ == "__main__":
    main()
