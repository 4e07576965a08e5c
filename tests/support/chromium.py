"""A real Chromium: an installed one, or one that ``install_chromium.py`` unpacked into this environment."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Playwright

UNPACKED = Path(sys.prefix) / "chromium"
MISSING = "no Chromium (chromium, chromium-browser, google-chrome) on PATH, nor by apt-get"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LIBRARIES = [UNPACKED / "usr/lib", *sorted((UNPACKED / "usr/lib").glob("*-linux-gnu*"))]


def find_chromium() -> Path | None:
    """The program: what is on PATH, else what was unpacked."""
    on_path = (shutil.which(name) for name in _NAMES)
    unpacked = UNPACKED / "usr/lib/chromium/chromium"
    found = next((Path(path) for path in on_path if path), unpacked)
    return found if os.access(found, os.X_OK) else None


@contextmanager
def running(playwright: Playwright) -> Iterator[Browser]:
    """One browser process; raises RuntimeError without the program."""
    program = find_chromium()
    if program is None:
        raise RuntimeError(MISSING)
    options: dict[str, Any] = {"executable_path": program, "args": ["--disable-gpu"]}
    # Chromium refuses to run as root in its sandbox; anybody else gets it.
    options["chromium_sandbox"] = os.geteuid() != 0
    if UNPACKED in program.parents:
        libraries = ":".join(str(directory) for directory in _LIBRARIES)
        options["env"] = os.environ | {"LD_LIBRARY_PATH": libraries}
    browser = playwright.chromium.launch(**options)
    try:
        yield browser
    finally:
        browser.close()
