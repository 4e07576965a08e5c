"""What 2,000 small pushes cost everybody afterwards: before them, after them, and when upkeep has passed.

CPU time of the server with all of its children, git's included, without the clone
cache. The pushes are requests as git sends them, with a pack of three objects each.
"""

import hashlib
import shutil
import statistics
import struct
import tempfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import histories
from client import Client, basic
from measure import Meter, arguments, metered, milliseconds, table, verdict

from bitpail.services import repositories, upkeep, workspaces
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site
from bitpail.services.upkeep import Report
from bitpail.testing import Bitpail

GOAL = 1.2
_PATH = "/ada/repository.git"
_BRANCHES = 20
_KINDS = {"commit": 1, "tree": 2, "blob": 3}
_LS_REFS = (
    b"0014command=ls-refs\n0016object-format=sha10001"
    b"0009peel\n000csymrefs\n001bref-prefix refs/heads/\n001aref-prefix refs/tags/\n0000"
)


def main() -> None:
    full = arguments(__doc__ or "")
    commits, pushes = (60_000, 2_000) if full else (6_000, 400)
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bitpail-benchmark-")))
        source = histories.make(root / "source.git", commits, 1_000, 400)
        server = stack.enter_context(Bitpail.started(upkeep="off", clone_cache_size=0, last_use_interval=1))
        work = _Work(stack, server, source, root / "clone")
        work.done("before upkeep has seen it")
        before = work.measured()
        work.push(pushes)
        after = work.measured()
        report = work.done("after the pushes")
        again = work.measured()
        rows = [
            [
                name, milliseconds(before[name]), milliseconds(after[name]), milliseconds(again[name]),
                f"x{again[name] / before[name]:.2f}", f"x{GOAL:g}", verdict(again[name] / before[name], GOAL),
            ]
            for name in before
        ]  # fmt: skip
    head = ["each", "before", f"after {pushes:,} pushes", "after upkeep", "ratio", "goal", ""]
    table(f"Small pushes to {commits:,} commits: CPU of server and git", head, rows)
    print(f"  upkeep took {report.seconds:.1f} s")


class _Work:
    def __init__(self, stack: ExitStack, server: Bitpail, source: Path, target: Path) -> None:
        ada = server.user("ada")
        self._server = server
        self._target = target
        self._authorization = basic("ada", server.app_password(ada, "repository:write"))

        async def bring(site: Site) -> None:
            workspace = await workspaces.named(site, "ada")
            wanted = Wanted(is_private=True)
            await repositories.import_from(
                site, workspace, "repository", str(source), wanted, lambda _text: None
            )

        server.do(bring)
        self._client = stack.enter_context(Client(server.url))
        self._meter: Meter = stack.enter_context(metered("bitpail", server.process.pid))
        names = ["refs/heads/main", *(f"refs/heads/topic-{number}" for number in range(1, _BRANCHES))]
        listed = histories.git(f"--git-dir={source}", "for-each-ref", "--format=%(refname) %(objectname)")
        tips = dict(line.split(" ") for line in listed.decode().splitlines())
        self._tips = {name: tips[name] for name in names}
        self._pushed = 0

    def push(self, count: int) -> None:
        """So many pushes, one after the other."""
        for _ in range(count):
            self._pushed += 1
            name = [*self._tips][self._pushed % _BRANCHES]
            old = self._tips[name]
            new, pack = _commit(old, self._pushed)
            line = f"{old} {new} {name}\0 report-status agent=benchmark\n".encode()
            body = b"%04x%b0000%b" % (len(line) + 4, line, pack)
            answer = self._post("git-receive-pack", body)
            if b"unpack ok" not in answer or b"ng " in answer:
                raise RuntimeError(f"a push was refused: {answer!r}")
            self._tips[name] = new

    def done(self, when: str) -> Report:
        """Have upkeep look after it now."""

        async def maintain(site: Site) -> Report:
            (target,) = await upkeep.targets(site, [("ada", "repository")])
            return await upkeep.maintain(site, target)

        report = self._server.do(maintain)
        print(f"  {when}: {report.outcome}, packs and loose objects: {_counts(report)}", flush=True)
        return report

    def measured(self) -> dict[str, float]:
        """CPU milliseconds of each kind of work."""
        self._clone()  # what only the first one costs
        return {
            "full clone": self._median(3, self._clone),
            "shallow clone": self._median(5, lambda: self._clone("--depth=1", "--single-branch")),
            "ls-refs": self._median(
                3, lambda: self._many(100, lambda: self._post("git-upload-pack", _LS_REFS))
            ),
            "push": self._median(3, lambda: self._many(10, lambda: self.push(1))),
        }

    def _median(self, rounds: int, work: Callable[[], float]) -> float:
        return statistics.median([work() for _ in range(rounds)])

    def _many(self, times: int, work: Callable[[], object]) -> float:
        return self._meter.of(lambda: [work() for _ in range(times)]) / times

    def _clone(self, *flags: str) -> float:
        header = f"http.extraHeader=Authorization: {self._authorization}"
        url = f"{self._server.url}{_PATH}"
        spent = self._meter.of(
            lambda: histories.git("-c", header, "clone", "-q", "--bare", *flags, url, str(self._target))
        )
        shutil.rmtree(self._target)
        return spent

    def _post(self, service: str, body: bytes) -> bytes:
        headers = {"Content-Type": f"application/x-{service}-request"}
        if service == "git-upload-pack":
            headers["Git-Protocol"] = "version=2"
        prepared = self._client.prepared("POST", f"{_PATH}/{service}", self._authorization, headers, body)
        return self._client.send(prepared)


def _counts(report: Report) -> str:
    before, after = report.before, report.after
    if before is None or after is None:
        return report.reason
    return f"{before.packs} and {before.loose:,} -> {after.packs} and {after.loose:,}"


def _commit(parent: str, number: int) -> tuple[str, bytes]:
    """A commit of one file, and the pack of it."""
    blob = b"number %d\n" % number
    tree = b"100644 file.txt\0" + bytes.fromhex(_hash("blob", blob))
    who = b"Ada <ada@example.org> %d +0000" % (1_700_000_000 + number)
    commit = b"tree %b\nparent %b\nauthor %b\ncommitter %b\n\nnumber %d\n" % (
        _hash("tree", tree).encode(), parent.encode(), who, who, number,
    )  # fmt: skip
    objects = (("commit", commit), ("tree", tree), ("blob", blob))
    pack = b"PACK" + struct.pack(">II", 2, len(objects)) + b"".join(_packed(*one) for one in objects)
    return _hash("commit", commit), pack + hashlib.sha1(pack).digest()


def _hash(kind: str, content: bytes) -> str:
    return hashlib.sha1(b"%b %d\0%b" % (kind.encode(), len(content), content)).hexdigest()


def _packed(kind: str, content: bytes) -> bytes:
    size = len(content)
    head = [_KINDS[kind] << 4 | size & 15]
    size >>= 4
    while size:
        head[-1] |= 128
        head.append(size & 127)
        size >>= 7
    return bytes(head) + zlib.compress(content)


if __name__ == "__main__":
    main()
