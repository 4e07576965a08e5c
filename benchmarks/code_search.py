"""Code search: a repository of many files and a workspace of many repositories, of source files that the machine has.

What reading them for the first time costs, what a push costs after that, how
large the indexes become, and what queries cost, in the CPU time of the server and its gits.
"""

import os
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import quote, urlencode

import histories
from client import Client, basic
from measure import Meter, arguments, interleaved, metered, milliseconds, table
from msgspec import Struct

from bitpail.services import workspaces
from bitpail.services.search_indexing import index_path
from bitpail.services.site import Site
from bitpail.testing import Bitpail

_ENDINGS = frozenset(
    {
        *(".py", ".pyi", ".c", ".h", ".cc", ".cpp", ".hpp", ".go", ".rs", ".js", ".ts", ".rb", ".pl", ".pm"),
        *(".sh", ".tcl", ".md", ".rst", ".txt", ".html", ".css", ".json", ".xml", ".toml", ".yml", ".yaml"),
    }
)
_LARGEST = 400_000
_ROUNDS = 3
_REPEATED = 5
_PUSHES = 5
_FEW = 20
_WORD = "zqxjvkwordofthispush"
_QUERIES = {
    "a rare word": "ThreadPoolExecutor",
    "a common word": "return",
    "two words": "socket timeout",
    "a phrase": '"raise ValueError"',
    "nothing": "nowordlikethisanywhere",
    "by ending and path": "import ext:py path:test",
}


class _Place(Struct):
    """A workspace to be searched."""

    name: str
    files: int
    bytes: int


def main() -> None:
    full = arguments(__doc__ or "")
    many, number = (40_000, 1_000) if full else (1_500, 30)
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bitpail-benchmark-")))
        server = stack.enter_context(Bitpail.started())
        meter = stack.enter_context(metered("search", server.process.pid))
        ada = server.user("ada")
        for name in ("large", "many"):
            server.workspace(name, ada)
        authorization = basic("ada", server.app_password(ada, "repository", "repository:write"))
        sources = list(_sources(many))
        places, costs = [], []
        for make in (lambda: _one(server, root, sources), lambda: _several(server, root, sources, number)):
            places.append(make())
            costs.append(_index(server, meter, authorization, places[-1]))
        works = {
            (place.name, name): _asking(server, meter, authorization, place.name, query)
            for place in places
            for name, query in _QUERIES.items()
        }
        asked = interleaved(works, _ROUNDS)
        sizes = {place.name: _size(server, place.name) for place in places}
    rows = [
        [
            *(place.name, f"{place.files:,}", f"{place.bytes / 1e6:.0f} MB"),
            *(f"{first / 1000:.1f} s", milliseconds(push), f"{sizes[place.name] / 1e6:.0f} MB"),
        ]
        for place, (first, push) in zip(places, costs, strict=True)
    ]
    table("Indexing", ["workspace", "files", "text", "first time", "after a push of one file", "index"], rows)
    table(
        "Queries, the first ten files each",
        ["", *(place.name for place in places)],
        [[name, *(milliseconds(asked[place.name, name]) for place in places)] for name in _QUERIES],
    )


def _sources(number: int) -> Iterator[Path]:
    """So many source files of this machine."""
    roots = [sysconfig.get_path("stdlib"), *sys.path, "/usr/local", "/usr/lib", "/usr/share", "/usr/include"]
    seen: set[tuple[int, int]] = set()
    for root in roots:
        for directory, _, names in os.walk(root):
            for name in names:
                path = Path(directory) / name
                if path.suffix not in _ENDINGS or path.is_symlink():
                    continue
                stat = path.stat()
                if (stat.st_dev, stat.st_ino) in seen or not 0 < stat.st_size <= _LARGEST:
                    continue
                seen.add((stat.st_dev, stat.st_ino))
                yield path
                if len(seen) == number:
                    return


def _one(server: Bitpail, root: Path, sources: list[Path]) -> _Place:
    """A workspace with one repository that holds them all."""
    return _Place("large", len(sources), _make(server, root, sources, "large", "r0"))


def _several(server: Bitpail, root: Path, sources: list[Path], number: int) -> _Place:
    """A workspace with many repositories of some files each."""
    size = 0
    for one in range(number):
        part = [sources[(one * _FEW + at) % len(sources)] for at in range(_FEW)]
        size += _make(server, root, part, "many", f"r{one}")
    return _Place("many", number * _FEW, size)


def _make(server: Bitpail, root: Path, sources: list[Path], workspace: str, slug: str) -> int:
    """A repository of these files; how many bytes they have."""
    size = 0

    def read() -> Iterator[tuple[str, bytes]]:
        nonlocal size
        for path in sources:
            data = path.read_bytes()
            size += len(data)
            yield str(path).lstrip("/").replace("\n", "_"), data

    server.adopt(histories.make_of(root / f"{workspace}-{slug}.git", read()), f"{workspace}/{slug}")
    return size


def _index(server: Bitpail, meter: Meter, authorization: str, place: _Place) -> tuple[float, float]:
    """Milliseconds until all is indexed, and for the index after a push of one file more."""
    first = meter.of(lambda: _wait(server))
    followed = []
    for number in range(_PUSHES):
        _push(server, authorization, place.name, number)
        followed.append(meter.of(lambda: _wait(server)))
    return first, statistics.median(followed)


def _push(server: Bitpail, authorization: str, workspace: str, number: int) -> None:
    body = urlencode({"word.txt": f"{_WORD} {number}", "message": "a word"}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    # A connection of its own: one that is idle for as long as this takes is closed.
    with Client(server.url) as client, suppress(RuntimeError):  # 201
        client.send(
            client.prepared("POST", f"/2.0/repositories/{workspace}/r0/src", authorization, kind, body)
        )


def _wait(server: Bitpail) -> None:
    """Until nothing is marked, and whatever was taken is done."""
    marks = server.settings.data_path / "cache/search/marks"
    time.sleep(0.2)
    while any(marks.iterdir()):
        time.sleep(0.1)


def _asking(
    server: Bitpail, meter: Meter, authorization: str, workspace: str, query: str
) -> Callable[[], float]:
    path = f"/2.0/workspaces/{workspace}/search/code?search_query={quote(query)}"

    def ask() -> None:
        with Client(server.url) as client:
            request = client.prepared("GET", path, authorization)
            for _ in range(_REPEATED):
                client.send(request)

    return lambda: meter.of(ask) / _REPEATED


def _size(server: Bitpail, workspace: str) -> int:
    async def path(site: Site) -> Path:
        return index_path(site, (await workspaces.named(site, workspace)).id)

    return server.do(path).stat().st_size


if __name__ == "__main__":
    main()
