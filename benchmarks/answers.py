"""Small authorised REST answers whole, over HTTP: the server's CPU time for each, however full its database is.

One connection, one request after the other: the dearest way, since nothing is
shared between requests.
"""

import itertools
import random
from collections.abc import Callable
from contextlib import ExitStack

from client import Client, basic
from measure import Meter, arguments, interleaved, metered, milliseconds, table, verdict
from population import Sample, populate

from bitpail.testing import Bitpail

GOAL = 0.3
FLAT = 1.25
QUICK = [(10, 1), (50_000, 5_000)]
FULL = [(10, 1), (1_000_000, 100_000)]
_ROUNDS = 7
_REQUESTS = 1_500

_PATHS: dict[str, Callable[[Sample], str]] = {
    "GET /2.0/user": lambda _: "/2.0/user",
    "GET /2.0/repositories/{workspace}/{repo_slug}": lambda s: f"/2.0/repositories/{s.workspace}/{s.slug}",
}


def main() -> None:
    sizes = FULL if arguments(__doc__ or "") else QUICK
    works: dict[tuple[str, tuple[int, int]], Callable[[], float]] = {}
    with ExitStack() as stack:
        for size in sizes:
            server = stack.enter_context(Bitpail.started())
            samples = populate(server.settings, *size)
            meter = stack.enter_context(metered(f"rest-{size[0]}", server.process.pid))
            for name, path in _PATHS.items():
                works[name, size] = _work(stack, server, meter, samples, path)
                works[name, size]()
        cost = interleaved(works, _ROUNDS)
    rows = []
    for name, size in itertools.product(_PATHS, sizes):
        value = cost[name, size]
        ratio = value / cost[name, sizes[0]]
        full_of = f"{size[0]:,} / {size[1]:,}"
        rows.append(
            [name, full_of, milliseconds(value), verdict(value, GOAL), f"x{ratio:.2f}", verdict(ratio, FLAT)]
        )
    head = [
        "request",
        "app passwords / repositories",
        "CPU each",
        f"goal {GOAL} ms",
        "to first",
        f"goal x{FLAT}",
    ]
    table("REST answers over HTTP", head, rows)


def _work(
    stack: ExitStack, server: Bitpail, meter: Meter, samples: list[Sample], path: Callable[[Sample], str]
) -> Callable[[], float]:
    client = stack.enter_context(Client(server.url))
    requests = [
        client.prepared("GET", path(sample), basic(sample.username, sample.secret.reveal()))
        for sample in random.Random(1).choices(samples, k=_REQUESTS)
    ]

    def send() -> None:
        for request in requests:
            client.send(request)

    return lambda: meter.of(send) / _REQUESTS


if __name__ == "__main__":
    main()
