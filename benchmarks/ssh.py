"""A clone of 200 MB over SSH, beside OpenSSH's own sshd that runs git-upload-pack on the same repository.

The same client, cipher and repository, in turns: how fast the clone arrives, and the CPU time of either server with all of
its children. Ours with the clone cache (the second clone and all after it), without it, and behind that sshd.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import histories
from measure import Meter, arguments, metered, milliseconds, table

from bitpail.services import repositories, ssh_keys, users, workspaces
from bitpail.services.repositories import Wanted
from bitpail.services.site import Site
from bitpail.testing import Bitpail

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support import sshd

GOAL = 0.6
_BEHIND = "behind OpenSSH"
_PEER = "OpenSSH and git"
_CIPHER = "aes128-gcm@openssh.com"


def main() -> None:
    full = arguments(__doc__ or "")
    files, size, rounds = (20, 10_000_000, 7) if full else (5, 10_000_000, 3)
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bitpail-benchmark-")))
        repository = histories.make_large(root / "repository.git", files, size)
        key = root / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        clone = _cloning(root / "clone", key)
        servers: dict[str, tuple[Callable[[], object], Meter]] = {}
        for name, settings in (("with the clone cache", {}), ("without it", {"clone_cache_size": 0})):
            ours = stack.enter_context(Bitpail.started(ssh_sshd="on", **settings))
            _fill(ours, repository, key)
            url = f"{ours.ssh_url}/ada/repository.git"
            clone(url)
            behind, pids = None, [ours.process.pid]
            if not settings and sshd.can_run():
                theirs = stack.enter_context(sshd.running(root / "sshd", ours.settings.data_path))
                behind = f"{theirs.ssh_url}/ada/repository.git"
                pids.append(theirs.pid)
                clone(behind)
            # One for both: the server that is behind sshd is this one.
            meter = stack.enter_context(metered(name.partition(" ")[0], *pids))
            servers[name] = (_bound(clone, url), meter)
            if behind:
                servers[_BEHIND] = (_bound(clone, behind), meter)
        if sshd.can_run():
            plain = stack.enter_context(sshd.running(root / "plain", None, key.with_suffix(".pub")))
            peer = _bound(clone, f"{plain.ssh_url}{repository}")
            servers[_PEER] = (peer, stack.enter_context(metered("openssh", plain.pid)))
        else:
            print(f"\n{sshd.MISSING}: the comparison is left out")
        _report(servers, rounds, files * size)


def _report(servers: dict[str, tuple[Callable[[], object], Meter]], rounds: int, size: int) -> None:
    speeds: dict[str, list[float]] = {name: [] for name in servers}
    spent: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(rounds):
        for name, (clone, meter) in servers.items():
            began = time.perf_counter()
            spent[name].append(meter.of(clone))
            speeds[name].append(size / 1e6 / (time.perf_counter() - began))
    peer = statistics.median(speeds[_PEER]) if _PEER in speeds else None
    rows = []
    for name in servers:
        speed = statistics.median(speeds[name])
        ratio = "-" if peer is None else f"x{speed / peer:.2f}"
        met = (
            "-" if peer is None or name.startswith("OpenSSH") else "met" if speed >= GOAL * peer else "MISSED"
        )
        rows.append([name, f"{speed:.0f} MB/s", ratio, met, milliseconds(statistics.median(spent[name]))])
    table(f"Clones of {size / 1e6:.0f} MB over SSH", ["", "speed", "ratio", f"goal x{GOAL}", "CPU"], rows)


def _fill(server: Bitpail, repository: Path, key: Path) -> None:
    server.user("ada")

    async def work(site: Site) -> None:
        wanted = Wanted(is_private=True)
        workspace = await workspaces.named(site, "ada")
        await repositories.import_from(
            site, workspace, "repository", str(repository), wanted, lambda _text: None
        )
        await ssh_keys.add(site, await users.named(site, "ada"), key.with_suffix(".pub").read_text())

    server.do(work)


def _cloning(target: Path, key: Path) -> Callable[[str], object]:
    """Fetches everything, and keeps nothing but the pack's way to here."""
    options = [
        *("-F", "/dev/null", "-i", str(key), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"),
        *("-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR"),
        *("-c", _CIPHER),
    ]
    command = " ".join(["ssh", *options])

    def clone(url: str) -> None:
        histories.git("-c", f"core.sshCommand={command}", "clone", "-q", "--bare", url, str(target))
        subprocess.run(["rm", "-rf", str(target)], check=True)

    return clone


def _bound(clone: Callable[[str], object], url: str) -> Callable[[], object]:
    return lambda: clone(url)


if __name__ == "__main__":
    main()
