"""Git over HTTP beside nginx with fcgiwrap and git http-backend, which serve the same repository.

CPU time of either server with all of its children, git's included. Every
request of both is signed in at once (an Authorization header, not a name in the
URL, with which git asks twice); the peer compares plain text, we check an app
password and its rights.
"""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import histories
import peer
from client import Client, basic
from measure import Meter, arguments, interleaved, metered, milliseconds, table, verdict
from msgspec import Struct

from bitpail.services import repositories, workspaces
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site
from bitpail.testing import Bitpail

CLONE_GOAL = 1.1
DISCOVERY_GOAL = 1.0
_V2 = {"Git-Protocol": "version=2"}
_LS_REFS = (
    b"0014command=ls-refs\n0016object-format=sha10001"
    b"0009peel\n000csymrefs\n001bref-prefix refs/heads/\n001aref-prefix refs/tags/\n0000"
)
_REQUESTS = 100


class Server(Struct):
    """One of the two, its repository and how one signs in."""

    url: str
    path: str
    authorization: str
    meter: Meter

    def git_url(self) -> str:
        """What ``git clone`` takes."""
        return f"{self.url}{self.path}"


def main() -> None:
    full = arguments(__doc__ or "")
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bitpail-benchmark-")))
        repository = histories.make(root / "repository.git", 40_000 if full else 6_000, 1_000, 2_000)
        servers = {"bitpail": bitpail_serving(stack, repository)}
        if peer.installed():
            servers["peer"] = peer_serving(stack, root)
        else:
            print(f"\n{peer.MISSING}")
        if not all(server.meter.complete for server in servers.values()):
            print(
                "\nno control group can be made here: the peer's figures lack its children, run this as root"
            )
        rows = []
        for name, work, goal, rounds in _scenarios(stack, root / "clone", full=full):
            cost = interleaved({key: _bound(work, server) for key, server in servers.items()}, rounds)
            ratio = cost["bitpail"] / cost["peer"] if "peer" in cost else None
            told = "-" if ratio is None else f"x{ratio:.2f}"
            met = "-" if ratio is None else verdict(ratio, goal)
            other = milliseconds(cost["peer"]) if "peer" in cost else "-"
            rows.append([name, milliseconds(cost["bitpail"]), other, told, f"x{goal:g}", met])
    head = ["each", "bitpail", "nginx + git http-backend", "ratio", "goal", ""]
    table("Git over HTTP, 1,000 refs: CPU of server and git", head, rows)


def _bound(work: Callable[[Server], float], server: Server) -> Callable[[], float]:
    return lambda: work(server)


def _scenarios(
    stack: ExitStack, target: Path, *, full: bool
) -> list[tuple[str, Callable[[Server], float], float, int]]:
    def load(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Callable[[Server], float]:
        def work(server: Server) -> float:
            client = stack.enter_context(Client(server.url))
            request = client.prepared(method, server.path + path, server.authorization, headers, body)

            def send() -> None:
                for _ in range(_REQUESTS):
                    client.send(request)

            return server.meter.of(send) / _REQUESTS

        return work

    def clone(*flags: str) -> Callable[[Server], float]:
        def work(server: Server) -> float:
            header = f"http.extraHeader=Authorization: {server.authorization}"
            spent = server.meter.of(
                lambda: histories.git(
                    "-c", header, "clone", "-q", "--bare", *flags, server.git_url(), str(target)
                )
            )
            shutil.rmtree(target)
            return spent

        return work

    posted = {"Content-Type": "application/x-git-upload-pack-request", **_V2}
    info = "/info/refs?service=git-upload-pack"
    return [
        ("full clone", clone(), CLONE_GOAL, 5 if full else 3),
        ("shallow clone", clone("--depth=1", "--single-branch"), CLONE_GOAL, 9 if full else 5),
        ("discovery: info/refs, protocol 2", load("GET", info, _V2), DISCOVERY_GOAL, 5),
        ("discovery: info/refs, protocol 0", load("GET", info, {}), DISCOVERY_GOAL, 5),
        ("discovery: ls-refs", load("POST", "/git-upload-pack", posted, _LS_REFS), DISCOVERY_GOAL, 5),
    ]


def bitpail_serving(stack: ExitStack, repository: Path) -> Server:
    server = stack.enter_context(Bitpail.started())
    ada = server.user("ada")
    authorization = basic("ada", server.app_password(ada, "repository"))

    async def adopt(site: Site) -> None:
        workspace = await workspaces.named(site, "ada")
        await repositories.adopt(site, workspace, "repository", repository, Wanted())

    server.do(adopt)
    meter = stack.enter_context(metered("bitpail", server.process.pid))
    return Server(server.url, "/ada/repository.git", authorization, meter)


def peer_serving(stack: ExitStack, root: Path) -> Server:
    started = stack.enter_context(peer.serving(root))
    meter = stack.enter_context(metered("peer", *started.pids))
    return Server(started.url, "/repository.git", basic(peer.USERNAME, peer.PASSWORD), meter)


if __name__ == "__main__":
    main()
