"""The pages of a large repository in a browser: the CPU time of the server and its gits for each, and its weight.

60,000 commits, 1,000 branches, 40,000 files; a workspace of 10,000 repositories. Somebody is logged in. What is drawn
by lot (commits, files) differs from one look to the next; each is looked at once before it is measured again, since some
of it is kept. The weight is the page and the style and script that it names, without compression, as a browser loads
them that has nothing yet.
"""

import itertools
import random
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import histories
import rest
from measure import arguments_of_some, interleaved, milliseconds, table, verdict

from bitpail.model.access import Actor, Client, Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.services import new_commits, sessions, users
from bitpail.services.access import to_repository
from bitpail.services.new_commits import NewFile, Wanted
from bitpail.services.site import Site

GOAL = 50.0
HEAVIEST = 150_000
_ROUNDS = 3
_DIFFERENT = 20
_OF_PAGE = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def main() -> None:
    is_full, only = arguments_of_some(__doc__ or "")
    size = rest.FULL if is_full else rest.QUICK
    with ExitStack() as stack:
        path = size.monorepo()
        server = rest.serving(stack, path, size.others[0], size.listed)
        server.bitpail.do(_write_wiki)
        cookie = {"Cookie": f"{sessions.COOKIE}={server.bitpail.do(_session)}"}
        asked = {
            name: [server.client.prepared("GET", page, "", cookie) for page in pages]
            for name, pages in addresses(path)
            if only in name
        }
        # What is kept afterwards has to be made once.
        first = {name: _first(server, requests) for name, requests in asked.items()}
        weights = {name: max(_weight(server, one) for one in requests) for name, requests in asked.items()}
        works = {name: _work(server, requests) for name, requests in asked.items()}
        cost = interleaved(works, _ROUNDS)
    rows = [
        [
            name,
            milliseconds(first[name]),
            milliseconds(cost[name]),
            verdict(max(first[name], cost[name]), GOAL),
            f"{weights[name] / 1000:.0f} kB",
            verdict(weights[name], HEAVIEST),
        ]
        for name in asked
    ]
    head = ["page", "CPU first", "CPU again", f"goal {GOAL:g} ms", "weight", f"goal {HEAVIEST // 1000} kB"]
    table(f"Pages: {size.commits:,} commits, {size.branches:,} branches, {size.files:,} files", head, rows)


def addresses(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Each kind of page, with the addresses of some."""
    chance = random.Random(5)

    def some(*arguments: str) -> list[str]:
        return chance.sample(histories.git(f"--git-dir={path}", *arguments).decode().split(), _DIFFERENT)

    at = "/ada/mono"
    commits, recent = some("rev-list", "--all"), some("rev-list", "--max-count=1000", "main")
    files = some("ls-tree", "-r", "--name-only", "main", "packages/")
    yield "own repositories, of many", ["/", "/?page=2", "/?search=alpha"]
    yield "settings of a repository", [f"{at}/admin/", f"{at}/admin/permissions/"]
    yield "workspace of many repositories", ["/crowd/", "/crowd/?page=2", "/crowd/?search=alpha"]
    yield "repository", [f"{at}/"]
    yield "directory", [f"{at}/src/{one}/" for one in recent]
    yield "directory of 5,000 files", [f"{at}/src/{one}/assets/icons/" for one in recent]
    yield "files of a commit, never seen", [f"{at}/src/{commits[n]}/{name}" for n, name in enumerate(files)]
    yield "files, again", [f"{at}/src/main/{name}" for name in files[:3]]
    yield "file as it is", [f"{at}/raw/main/{name}" for name in files]
    yield "blame", [f"{at}/annotate/main/{name}" for name in files]
    yield "history of a file", [f"{at}/history-node/main/{name}" for name in files]
    yield "history of a directory", [f"{at}/history-node/main/{name.rpartition('/')[0]}" for name in files]
    yield "last changes, top", [f"{at}/last-changes/{one}/" for one in recent]
    yield "last changes, a directory", [f"{at}/last-changes/main/{name.rpartition('/')[0]}" for name in files]
    yield "last changes, 5,000 files", [f"{at}/last-changes/{one}/assets/icons/" for one in recent]
    yield "find a file", [f"{at}/find/main?q={name[9:30:3]}+{name[-7:]}" for name in files]
    yield "edit a file", [f"{at}/edit/main/{name}" for name in files]
    yield "settings", [f"{at}/admin"]
    yield "dashboard", ["/"]
    yield "create a repository", ["/repo/create"]
    yield "commits", [f"{at}/commits/"]
    yield "commits of a branch", [f"{at}/commits/branch/main?page={n}" for n in (1, 2)]
    yield "one commit", [f"{at}/commits/{one}" for one in commits]
    yield "one commit, side by side", [f"{at}/commits/{one}?view=split" for one in commits]
    yield "a commit of 500 files", [f"{at}/commits/{_tip(path)}"]
    yield "branches", [f"{at}/branches/", *(f"{at}/branches/?page={n}" for n in range(2, 20))]
    yield "branches, once looked at", [f"{at}/branches/"]
    yield (
        "how far 30 branches are apart, after the page",
        [f"{at}/branches/?distances=1&page={n}" for n in range(2, 20)],
    )
    yield "tags", [f"{at}/tags/"]
    older = some("rev-list", "--first-parent", "--max-count=200", "main")
    yield from _compared(f"{at}/branches/compare", older, recent)
    yield "downloads", [f"{at}/downloads/"]
    yield "a page of a wiki of 1,000", [f"{at}/wiki/part-{n % 10}/page-{n}" for n in range(20)]
    yield "all pages of a wiki", [f"{at}/wiki/browse"]
    yield "search in a wiki", [f"{at}/wiki/search?q=engine+{n}" for n in range(20)]
    yield "history of a page of a wiki", [f"{at}/wiki/history/part-{n % 10}/page-{n}" for n in range(20)]
    yield "form of a page of a wiki", [f"{at}/wiki/edit/part-{n % 10}/page-{n}" for n in range(20)]


def _compared(at: str, older: list[str], recent: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Two beside each other: what is told at once, and what comes after the page."""
    branches = [f"topic-{number}" for number in range(1, 20)]
    pairs = {
        "up to 200 merges apart": [f"main%0D{one}" for one in older],
        "both worked on": [
            f"{one}%0D{other}" for one, other in zip(branches, branches[1:] + branches[:1], strict=True)
        ],
        "one with 57,000 commits more": [f"main%0D{one}" for one in recent],
    }
    for how, spec in pairs.items():
        yield f"two compared, {how}", [f"{at}/{one}" for one in spec]
    for how, spec in pairs.items():
        yield f"files of two compared, {how}", [f"{at}/{one}?files=1" for one in spec]
    yield "two compared, 57,000 commits counted", [f"{at}/main%0D{one}?distances=1" for one in recent]


def _tip(path: Path) -> str:
    return histories.git(f"--git-dir={path}", "rev-parse", "main").decode().strip()


async def _write_wiki(site: Site) -> None:
    ada = await users.named(site, "ada")
    actor = Actor(ada, None, frozenset(Scope), Client("127.0.0.1", "benchmark"))
    to_wiki = await to_repository(site, actor, Need(permission=Permission.WRITE, of="wiki"), "ada", "mono")
    words = "The engine adds and divides, with [[part-1/page-1]] and *cards* of paper. " * 10
    text = "".join(
        f"## Part {n}\n\n{words}\n\n- one\n- two\n\n| a | b |\n| - | - |\n| c | d |\n\n" for n in range(12)
    )
    files = tuple(
        NewFile(f"part-{n % 10}/page-{n}.md", f"# Page {n}\n\n{text}".encode()) for n in range(1000)
    )
    await new_commits.make(site, to_wiki, Wanted(files, message="All"))


async def _session(site: Site) -> str:
    return await sessions.begin(site, await users.named(site, "ada"), Client("127.0.0.1", "benchmark"), None)


def _work(server: rest.Server, requests: list[bytes]) -> Callable[[], float]:
    waiting = itertools.cycle(requests)

    def send() -> None:
        for _ in range(_DIFFERENT):
            server.client.send(next(waiting))

    return lambda: server.meter.of(send) / _DIFFERENT


def _first(server: rest.Server, requests: list[bytes]) -> float:
    def send() -> None:
        for request in requests:
            server.client.send(request)

    return server.meter.of(send) / len(requests)


def _weight(server: rest.Server, request: bytes) -> int:
    page = server.client.send(request)
    files = set(_OF_PAGE.findall(page.decode()))
    return len(page) + sum(len(server.client.send(server.client.prepared("GET", one, ""))) for one in files)


if __name__ == "__main__":
    main()
