"""Other versions of git beside the machine's: Debian's of other releases, which ``install_gits.py`` unpacked into this environment."""

import os
import subprocess
import sys
from pathlib import Path

UNPACKED = Path(sys.prefix) / "gits"
RELEASES = ("bullseye", "trixie", "sid")
MISSING = "no git of Debian's {release}: install_gits.py needs apt-get and Debian's archive"


def program(release: str) -> Path | None:
    """The directory to put first in PATH; None if that git is not there, or doesn't run here."""
    found = UNPACKED / release / "bin"
    return found if version(release) else None


def version(release: str) -> str:
    """What it calls itself; nothing if it doesn't run."""
    found = UNPACKED / release / "bin/git"
    if not os.access(found, os.X_OK):
        return ""
    done = subprocess.run([found, "version"], capture_output=True, text=True)
    return done.stdout.removeprefix("git version ").strip() if done.returncode == 0 else ""
