"""Gives the tests an sshd where the machine has none: Debian's, unpacked into this environment and started by tests only.

apt-get checks what it fetches against Debian's signatures. Where it can't be had, this says so in one line.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

UNPACKED = Path(sys.prefix) / "sshd"
_PACKAGES = ["openssh-server", "libwrap0"]
_PATIENCE = 300


def main() -> None:
    found = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin") or (UNPACKED / "usr/sbin/sshd").exists()
    if not found and not _unpacked():
        print("no sshd (openssh-server) on this machine, nor by apt-get")


def _unpacked() -> bool:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return False
    with tempfile.TemporaryDirectory() as fetched:
        if not _fetched(fetched) and (
            os.geteuid() != 0 or not (_works(["apt-get", "-qq", "update"], fetched) and _fetched(fetched))
        ):
            return False
        packages = list(Path(fetched).glob("*.deb"))
        return all(_works(["dpkg", "--extract", str(one), str(UNPACKED)], fetched) for one in packages)


def _fetched(place: str) -> bool:
    return _works(["apt-get", "-qq", "download", *_PACKAGES], place)


def _works(command: list[str], at: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    try:
        done = subprocess.run(command, cwd=at, env=environment, capture_output=True, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    main()
