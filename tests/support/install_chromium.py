"""Gives the tests a Chromium where the machine has none: Debian's, as root for all, else unpacked into this environment.

One that is installed is left alone. apt-get checks what it fetches against Debian's signatures.
Where it can't be had either, this says so in one line.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from chromium import MISSING, UNPACKED, find_chromium


def main() -> None:
    if find_chromium() is not None:
        return
    if shutil.which("apt-get"):
        (_install if os.geteuid() == 0 else _unpack)()
    if find_chromium() is None:
        print(MISSING)


def _install() -> None:
    _apt("update")
    _apt("install", "--yes", "--no-install-recommends", "chromium")


def _unpack() -> None:
    """Chromium and the libraries that are missing, without root."""
    lacking = _apt("install", "--simulate", "--no-install-recommends", "chromium")
    packages = re.findall(r"^Inst (\S+)", lacking, re.MULTILINE)
    with tempfile.TemporaryDirectory() as fetched:
        if packages:
            _apt("download", *packages, at=fetched)
        for package in Path(fetched).glob("*.deb"):
            subprocess.run(["dpkg", "--extract", package, UNPACKED], capture_output=True)


def _apt(*arguments: str, at: str | None = None) -> str:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(
        ["apt-get", "-qq", *arguments], cwd=at, env=environment, capture_output=True, text=True
    )
    return done.stdout


if __name__ == "__main__":
    main()
