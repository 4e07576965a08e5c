"""``GET .../commits`` on a long history: the first page, and pages deep in it, in the server's and git's CPU time.

Pages are followed by ``next``, as clients do. "again" is a page that was asked
for before; "in passing" is the mean while somebody reads on for the first time.
"""

import itertools
import json
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import histories
from client import Client, basic
from measure import Meter, arguments, interleaved, metered, milliseconds, table, verdict
from msgspec import Struct

from bitpail.services import repositories, workspaces
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site
from bitpail.testing import Bitpail

GOAL = 5.0
FLAT = 2.0
_COMMITS = 65_000
_PAGELEN = 30
_STRETCH = 50
_REPEATED = 40
_ROUNDS = 5


class _Reader(Struct):
    """Somebody who reads one history, page after page."""

    client: Client
    authorization: str
    base: str
    first: str

    def page(self, path: str) -> str:
        """Read a page; the path of the next one, empty after the last."""
        content = json.loads(self.client.send(self.client.prepared("GET", path, self.authorization)))
        return content.get("next", "").removeprefix(self.base)


def main() -> None:
    full = arguments(__doc__ or "")
    deep = 1_000 if full else 300
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bitpail-benchmark-")))
        server = stack.enter_context(Bitpail.started())
        meter = stack.enter_context(metered("commits", server.process.pid))
        repositories_ = {
            f"{refs:,} refs": histories.make(root / f"{refs}.git", _COMMITS, refs) for refs in (20, 1_000)
        }
        readers = _adopt(server, stack, repositories_)
        works, cost = {}, {}
        for name, reader in readers.items():
            path, passing = _walk(meter, reader, deep)
            cost |= {(name, place): value for place, value in passing.items()}
            works[name, "page 1 again"] = _again(meter, reader, reader.first)
            works[name, f"page {deep:,} again"] = _again(meter, reader, path)
        cost |= interleaved(works, _ROUNDS)
    rows = []
    for name, (near, far) in itertools.product(
        readers,
        [
            ("page 1 again", f"page {deep:,} again"),
            (f"pages 1 to {_STRETCH} in passing", f"to {deep:,} in passing"),
        ],
    ):
        first, last = cost[name, near], cost[name, far]
        rows += [
            [f"{name}: {near}", milliseconds(first), verdict(first, GOAL), "x1.00", "-"],
            [f"{name}: {far}", milliseconds(last), "-", f"x{last / first:.2f}", verdict(last / first, FLAT)],
        ]
    table(
        f"Commits, {_PAGELEN} a page, of {_COMMITS:,}",
        ["", "CPU each", f"goal {GOAL:g} ms", "to first", f"goal x{FLAT:g}"],
        rows,
    )


def _adopt(server: Bitpail, stack: ExitStack, paths: dict[str, Path]) -> dict[str, _Reader]:
    ada = server.user("ada")
    authorization = basic("ada", server.app_password(ada, "repository"))
    readers = {}
    for name, path in paths.items():

        async def adopt(site: Site, path: Path = path) -> None:
            workspace = await workspaces.named(site, "ada")
            await repositories.adopt(site, workspace, f"r{path.stem}", path, Wanted())

        server.do(adopt)
        first = f"/2.0/repositories/ada/r{path.stem}/commits?pagelen={_PAGELEN}"
        readers[name] = _Reader(stack.enter_context(Client(server.url)), authorization, server.url, first)
    return readers


def _walk(meter: Meter, reader: _Reader, deep: int) -> tuple[str, dict[str, float]]:
    """The path of a page deep in history, and what the pages at both ends cost when first read."""
    path = reader.first

    def read(count: int) -> None:
        nonlocal path
        for _ in range(count):
            path = reader.page(path)

    near = meter.of(lambda: read(_STRETCH)) / _STRETCH
    read(deep - 2 * _STRETCH - 1)
    far = meter.of(lambda: read(_STRETCH)) / _STRETCH
    return path, {f"pages 1 to {_STRETCH} in passing": near, f"to {deep:,} in passing": far}


def _again(meter: Meter, reader: _Reader, path: str) -> Callable[[], float]:
    request = reader.client.prepared("GET", path, reader.authorization)

    def read() -> None:
        for _ in range(_REPEATED):
            reader.client.send(request)

    return lambda: meter.of(read) / _REPEATED


if __name__ == "__main__":
    main()
