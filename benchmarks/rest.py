"""Reads of the REST API on a large repository: the CPU time of the server and its gits for each request.

60,000 commits, 1,000 branches, 40,000 files. Two servers serve it, one with 100 other
repositories in its database and one with 100,000: no answer may cost more for them. Each
operation is asked for many commits, files and directories in turn. "first" is the very first
request after a start.
"""

import itertools
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import histories
from client import Client, basic
from measure import Meter, arguments, interleaved, metered, milliseconds, table, verdict
from msgspec import Struct
from population import add_repositories, populate

from bitpail.services import workspaces
from bitpail.services.site import Site
from bitpail.testing import Bitpail

FLAT = 1.25
DEEP = 1.25
_ROUNDS = 5
_DIFFERENT = 40
_REPEATED = 10
# Snapshots and graphs are looked at again while a file could still change without a trace.
_REST = 3


class _Size(Struct, frozen=True):
    commits: int
    branches: int
    files: int
    others: tuple[int, int]
    listed: int
    starts: int

    def monorepo(self) -> Path:
        """The large repository, made once and kept."""
        return histories.kept(
            histories.make_monorepo, commits=self.commits, branches=self.branches, files=self.files
        )


QUICK = _Size(commits=3_000, branches=1_000, files=8_000, others=(100, 2_000), listed=1_000, starts=1)
FULL = _Size(commits=60_000, branches=1_000, files=40_000, others=(100, 100_000), listed=10_000, starts=3)


class Operation(Struct, frozen=True):
    """``paths`` are below the repository, or below the workspace of many repositories when they begin with ``?``."""

    name: str
    goal: float
    paths: list[str]


class Server(Struct):
    """One server, its repository, and somebody who reads there."""

    bitpail: Bitpail
    meter: Meter
    authorization: str
    client: Client
    person: str
    """The UUID of whoever reads, in braces."""

    def requests(self, operation: Operation) -> list[bytes]:
        return [self.client.prepared("GET", _address(path), self.authorization) for path in operation.paths]


def main() -> None:
    size = FULL if arguments(__doc__ or "") else QUICK
    with ExitStack() as stack:
        path = size.monorepo()
        measured = list(operations(path, size))
        few, many = [serving(stack, path, others, size.listed) for others in size.others]
        time.sleep(_REST)
        works = {
            (one.name, server.meter.name): _work(server, one)
            for one, server in itertools.product(measured, (few, many))
        }
        for work in works.values():
            work()
        warm = interleaved(works, _ROUNDS)
        deep = _pages(few, path)
        first = {one.name: _first(few, one, size.starts) for one in measured}
    rows = []
    for one in measured:
        value, ratio = warm[one.name, few.meter.name], 0.0
        ratio = warm[one.name, many.meter.name] / value
        figures = milliseconds(value), f"{one.goal:g} ms", verdict(value, one.goal)
        rows.append(
            [one.name, *figures, f"x{ratio:.2f}", verdict(ratio, FLAT), milliseconds(first[one.name])]
        )
    table(
        f"REST reads: {size.commits:,} commits, {size.branches:,} branches, {size.files:,} files",
        ["", "CPU each", "goal", "", f"{size.others[1]:,} others", f"goal x{FLAT}", "first"],
        rows,
    )
    table(
        "Pages of what is walked forward",
        ["", "the first of them", "the second", "ratio", f"goal x{DEEP}"],
        deep,
    )


def _address(path: str) -> str:
    return f"/2.0/repositories/crowd{path}" if path.startswith("?") else f"/2.0/repositories/ada/mono/{path}"


def operations(path: Path, size: _Size) -> Iterator[Operation]:
    """What is measured, for commits, files and branches that are drawn by lot."""
    chance = random.Random(3)

    def some(*arguments: str) -> list[str]:
        return chance.sample(histories.git(f"--git-dir={path}", *arguments).decode().split(), _DIFFERENT)

    commits, recent = some("rev-list", "--all"), some("rev-list", "--max-count=1000", "main")
    files = some("ls-tree", "-r", "--name-only", "main")
    directories = sorted({file.rpartition("/")[0] for file in files if file.startswith("packages/")})
    branches = some("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads")
    at = recent[0]
    small = 5.0
    yield Operation("the repository", small, [""])
    yield Operation("commits, 30 a page", small, ["commits?pagelen=30"])
    yield Operation("commits of a branch", small, [f"commits/{one}?pagelen=30" for one in branches])
    yield Operation("one commit", small, [f"commit/{one}" for one in commits])
    yield Operation(
        "directory, 100 of 80 files", small, [f"src/{at}/{one}/?pagelen=100" for one in directories]
    )
    yield Operation("directory, 10 of 5,000", small, [f"src/{at}/assets/icons/"])
    yield Operation(
        "directory, 100 of 5,000", small, [f"src/{one}/assets/icons/?pagelen=100" for one in recent]
    )
    yield Operation("raw file", small, [f"src/{at}/{one}" for one in files])
    yield Operation("raw file by branch", small, [f"src/main/{one}" for one in files])
    yield Operation("file described", small, [f"src/{at}/{one}?format=meta" for one in files])
    yield Operation("branches, 10 a page", small, [f"refs/branches?page={n}" for n in range(1, _DIFFERENT)])
    yield Operation(
        "branches, 100 a page", small, [f"refs/branches?pagelen=100&page={n}" for n in range(1, 10)]
    )
    yield Operation("branches by name", small, ['refs/branches?q=name~"7"&sort=-name'])
    yield Operation("one branch", small, [f"refs/branches/{one}" for one in branches])
    yield Operation("diffstat, 500 files", 50.0, ["diffstat/main?pagelen=500"])
    yield Operation("diff of one commit", small * 2, [f"diff/{one}" for one in commits])
    last = size.listed // 10
    yield Operation(f"{size.listed:,} repositories", 10.0, [f"?page={n}" for n in (1, 2, last // 2, last)])
    yield Operation("by q", 10.0, [f'?q=name~"{word}"' for word in ("alpha", "beta", "gamma")])
    yield Operation("by sort", 10.0, ["?sort=-updated_on", "?sort=name"])
    yield Operation(
        "by both", 10.0, ['?q=language="python" AND name~"a"&sort=-updated_on'.replace(" ", "%20")]
    )


def serving(stack: ExitStack, path: Path, others: int, listed: int, workers: int = 1) -> Server:
    """A server with so many other repositories, and a workspace of so many."""
    server = stack.enter_context(Bitpail.started(workers=workers, search="off"))
    populate(server.settings, others * 10, others)
    ada = server.user("ada")
    # A quarter of the authors have accounts.
    for number in range(10):
        server.user(f"author{number}", email=f"author{number}@example.org")
    server.adopt(path, "ada/mono")
    server.workspace("crowd", ada)
    workspace, project = server.do(_crowd)
    add_repositories(server.settings, workspace, project, listed)
    authorization = basic("ada", server.app_password(ada, "repository"))
    meter = stack.enter_context(metered(f"rest-{others}", server.process.pid))
    return Server(server, meter, authorization, stack.enter_context(Client(server.url)), ada.uuid)


async def _crowd(site: Site) -> tuple[str, str]:
    workspace = await workspaces.named(site, "crowd")
    return workspace.id, (await workspaces.project_for(site, workspace, None)).id


def _work(server: Server, operation: Operation) -> Callable[[], float]:
    requests = server.requests(operation)
    requests *= max(1, _DIFFERENT // len(requests))

    def send() -> None:
        for request in requests:
            server.client.send(request)

    return lambda: server.meter.of(send) / len(requests)


def _first(server: Server, operation: Operation, starts: int) -> float:
    """What it costs a server that has answered nothing yet."""
    found = []
    for _ in range(starts):
        server.bitpail.stop()
        server.bitpail.start()
        with metered("rest-first", server.bitpail.process.pid) as meter, Client(server.bitpail.url) as client:
            meter.settle()
            request = client.prepared("GET", _address(operation.paths[0]), server.authorization)
            found.append(meter.of(lambda: client.send(request)))  # noqa: B023 - called at once
    return statistics.median(found)


def _pages(server: Server, path: Path) -> list[list[str]]:
    """A page at the beginning and the last full one of listings that have no numbers, each read again and again."""
    rows = []
    touched = histories.git(f"--git-dir={path}", "log", "--no-merges", "--format=", "--name-only", "main")
    ((changed, _),) = Counter(touched.decode().split()).most_common(1)
    for name, address, near in (
        ("every commit", "commits?pagelen=100", 1),
        ("every commit of main", "commits/main?pagelen=100", 1),
        # The first pages are of directories, of which there is less to say.
        ("every file", "src/main/?pagelen=100&max_depth=9", 10),
    ):
        pages = [_address(address)]
        while following := _following(server, pages[-1]):
            pages.append(following)
        works = {key: _again(server, page) for key, page in (("near", pages[near - 1]), ("last", pages[-2]))}
        cost = interleaved(works, _ROUNDS)
        ratio = cost["last"] / cost["near"]
        figures = milliseconds(cost["near"]), milliseconds(cost["last"]), f"x{ratio:.2f}"
        rows.append([f"{name}: page {near} and {len(pages) - 1:,}", *figures, verdict(ratio, DEEP)])
    rows.append(_versions(server, path, changed))
    return rows


def _versions(server: Server, path: Path, changed: str) -> list[str]:
    """A page costs the walk to the version behind it, wherever it begins: so what counts is each commit walked over."""
    pages = [_address(f"filehistory/main/{changed}?pagelen=1")]
    while following := _following(server, pages[-1]):
        pages.append(following)
    order = {commit: at for at, commit in enumerate(_commits(path, "main"))}
    versions = [
        0,
        *(order[commit] for commit in _commits(path, "--no-merges", "--follow", "main", "--", changed)),
    ]
    last = len(pages) - 2
    cost = interleaved({"near": _again(server, pages[0]), "last": _again(server, pages[last])}, _ROUNDS)
    near_each = cost["near"] / (versions[2] - versions[0])
    last_each = cost["last"] / (versions[last + 2] - versions[last])
    ratio = last_each / near_each
    figures = milliseconds(near_each), milliseconds(last_each), f"x{ratio:.2f}"
    return [
        f"every version of a file, for a commit walked over: page 1 and {last + 1}",
        *figures,
        verdict(ratio, DEEP),
    ]


def _commits(path: Path, *arguments: str) -> list[str]:
    return histories.git(f"--git-dir={path}", "log", "--format=%H", *arguments).decode().split()


def _following(server: Server, path: str) -> str:
    request = server.client.prepared("GET", path, server.authorization)
    content = json.loads(server.client.send(request))
    return str(content.get("next", "")).removeprefix(server.bitpail.url)


def _again(server: Server, path: str) -> Callable[[], float]:
    request = server.client.prepared("GET", path, server.authorization)

    def send() -> None:
        for _ in range(_REPEATED):
            server.client.send(request)

    return lambda: server.meter.of(send) / _REPEATED


if __name__ == "__main__":
    main()
