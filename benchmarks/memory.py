"""What 16 clones of 500 MB at once hold in memory, beyond an idle server.

Memory that belongs to no file (``Pss_Anon``), of the server and of all gits that it
starts. The readers take 16 answers of their own, each as fast as it comes, and
throw them away.
"""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import histories
from client import Client
from measure import arguments, mebibytes, table, verdict
from servers import Server, ours

from bitpail.wire.packet_lines import FLUSH, Special, encode

GOAL = 64 * 2**20
_CLONES = 16
_HEADERS = {"Content-Type": "application/x-git-upload-pack-request", "Git-Protocol": "version=2"}


def main() -> None:
    full = arguments(__doc__ or "")
    files, size = (50, 10_000_000) if full else (10, 5_000_000)
    rows = []
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bitpail-benchmark-")))
        repository = histories.make_large(root / "repository.git", files, size)
        tip = histories.git(f"--git-dir={repository}", "rev-parse", "main").decode().strip()
        for name, settings in (("with the clone cache", {}), ("without it", {"clone_cache_size": 0})):
            with ExitStack() as of_one:
                server = ours(of_one, repository, **settings)
                rows.append(_row(name, server, tip, files * size))
    head = [f"{_CLONES} clones at once", "idle", "at most", "more", "goal", ""]
    table(f"Clones of {files * size / 1e6:,.0f} MB: memory of server and git", head, rows)


def _row(name: str, server: Server, tip: str, size: int) -> list[str]:
    _clone(server, tip, size)  # whatever only the first one needs is there
    idle = server.meter.memory()

    def clones() -> None:
        with ThreadPoolExecutor(_CLONES) as pool:
            list(pool.map(lambda _: _clone(server, tip, size), range(_CLONES)))

    most = server.meter.cost(clones).memory
    shown = [mebibytes(value) for value in (idle, most, most - idle, GOAL)]
    return [name, *shown, verdict(most - idle, GOAL)]


def _clone(server: Server, tip: str, size: int) -> None:
    body = b"".join([
        encode(b"command=fetch\n"), encode(b"object-format=sha1"), Special.DELIMITER.value,
        *map(encode, [b"ofs-delta\n", b"no-progress\n", b"want %b\n" % tip.encode(), b"done\n"]), FLUSH,
    ])  # fmt: skip
    with Client(server.url) as client:
        request = client.prepared(
            "POST", f"{server.path}/git-upload-pack", server.authorization, _HEADERS, body
        )
        received = client.send_and_count(request)
    if received < size:
        raise RuntimeError(f"the clone ended after {received:,} bytes")


if __name__ == "__main__":
    main()
