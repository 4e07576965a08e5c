"""What every clone and every "anything new?" asks first, beside nginx with fcgiwrap and git http-backend.

CPU time of either server with all of its children. Each request of both is signed
in; the peer compares plain text, we check an app password and its rights. The
same repositories, with all refs packed, one request after the other; more of them to
ours, or what it does every few seconds would count as theirs.
"""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import histories
import peer
from client import Client, basic
from measure import Meter, arguments, interleaved, metered, milliseconds, table
from msgspec import Struct

from bitpail.services import repositories, workspaces
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site
from bitpail.testing import Bitpail

_V2 = {"Git-Protocol": "version=2"}
_POSTED = {"Content-Type": "application/x-git-upload-pack-request", **_V2}
_INFO = "/info/refs?service=git-upload-pack"
_LS_REFS = (
    b"0014command=ls-refs\n0016object-format=sha10001"
    b"0009peel\n000csymrefs\n001bref-prefix refs/heads/\n001aref-prefix refs/tags/\n0000"
)
_ADVERTISEMENT_GOAL, _LS_REFS_GOAL = 30, 10
_SIZES = (50, 1_000, 10_000)
# Snapshots are read again while a file could still change without a trace.
_REST = 3


class _Server(Struct):
    url: str
    path: str
    authorization: str
    meter: Meter
    requests: int


def main() -> None:
    full = arguments(__doc__ or "")
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bitpail-benchmark-")))
        for refs in _SIZES:
            histories.make(root / f"refs{refs}.git", 2_000, refs, 100)
        servers = {"bitpail": _bitpail(stack, root, 2_000 if full else 600)}
        if peer.installed():
            servers["peer"] = _peer(stack, root, 200 if full else 60)
        else:
            print(f"\n{peer.MISSING}")
        time.sleep(_REST)
        rows = []
        for name, work, goal in _scenarios(stack):
            cost = interleaved({key: _bound(work, server) for key, server in servers.items()}, 5)
            rows.append([name, milliseconds(cost["bitpail"]), *_beside(cost, goal)])
    head = ["each", "bitpail", "nginx + git http-backend", "times the requests", "goal", ""]
    table("Discovery: CPU of server and git", head, rows)


def _beside(cost: dict[str, float], goal: int) -> list[str]:
    if "peer" not in cost:
        return ["-", "-", f"x{goal}", "-"]
    times = cost["peer"] / cost["bitpail"]
    return [milliseconds(cost["peer"]), f"x{times:.1f}", f"x{goal}", "met" if times >= goal else "MISSED"]


def _bound(work: Callable[[_Server], float], server: _Server) -> Callable[[], float]:
    return lambda: work(server)


def _scenarios(stack: ExitStack) -> list[tuple[str, Callable[[_Server], float], int]]:
    def load(
        refs: int, method: str, path: str, headers: dict[str, str], body: bytes = b""
    ) -> Callable[[_Server], float]:
        def work(server: _Server) -> float:
            client = stack.enter_context(Client(server.url))
            place = server.path.format(f"refs{refs}") + path
            request = client.prepared(method, place, server.authorization, headers, body)
            client.send(request)

            def send() -> None:
                for _ in range(server.requests):
                    client.send(request)

            return server.meter.of(send) / server.requests

        return work

    found = [("advertisement, protocol 2", load(1_000, "GET", _INFO, _V2), _ADVERTISEMENT_GOAL)]
    for refs in _SIZES:
        found.append(
            (
                f"ls-refs, {refs:,} refs",
                load(refs, "POST", "/git-upload-pack", _POSTED, _LS_REFS),
                _LS_REFS_GOAL,
            )
        )
        found.append((f"refs, protocol 0, {refs:,} refs", load(refs, "GET", _INFO, {}), _LS_REFS_GOAL))
    return found


def _bitpail(stack: ExitStack, root: Path, requests: int) -> _Server:
    server = stack.enter_context(Bitpail.started())
    ada = server.user("ada")
    authorization = basic("ada", server.app_password(ada, "repository"))

    async def fill(site: Site) -> None:
        workspace = await workspaces.named(site, "ada")
        for refs in _SIZES:
            source = str(root / f"refs{refs}.git")
            await repositories.import_from(site, workspace, f"refs{refs}", source, Wanted(), lambda _: None)

    server.do(fill)
    meter = stack.enter_context(metered("bitpail", server.process.pid))
    return _Server(server.url, "/ada/{}.git", authorization, meter, requests)


def _peer(stack: ExitStack, root: Path, requests: int) -> _Server:
    started = stack.enter_context(peer.serving(root))
    meter = stack.enter_context(metered("peer", *started.pids))
    return _Server(started.url, "/{}.git", basic(peer.USERNAME, peer.PASSWORD), meter, requests)


if __name__ == "__main__":
    main()
