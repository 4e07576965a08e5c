"""Gives the tests isomorphic-git, bitbucket.js and passport by npm, and go-git built by Go, into this environment.

What is there and made of the same files is left alone. npm and Go check what they fetch against the
hashes beside the sources. Where one can't be had, this says so in one line.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from other_clients import (
    BITBUCKET_JS,
    GO_GIT,
    INSTALLED,
    ISOMORPHIC_GIT,
    PASSPORT,
    Program,
    bitbucket_js,
    go_git,
    isomorphic_git,
    passport,
)

_PATIENCE = 300
"""Seconds; where there is no network, npm would try for longer."""
_LOCK = "package-lock.json"
_STAMPS = {isomorphic_git: _LOCK, bitbucket_js: _LOCK, passport: _LOCK, go_git: "*"}


def main() -> None:
    for program, source, install in (
        (isomorphic_git, ISOMORPHIC_GIT, _npm),
        (bitbucket_js, BITBUCKET_JS, _npm),
        (passport, PASSPORT, _npm),
        (go_git, GO_GIT, _go),
    ):
        _bring(program, source, install)


def _bring(program: Program, source: Path, install: Callable[[Path], bool]) -> None:
    stamp = INSTALLED / f"{program.name}.made-of"
    digest = _digest(source, _STAMPS[program])
    if program.found and stamp.exists() and stamp.read_text() == digest:
        return
    INSTALLED.mkdir(exist_ok=True)
    if install(source):
        stamp.write_text(digest)
    elif program.found:
        print(f"{program.missing}; the tests use an older one")
    else:
        print(program.missing)


def _digest(source: Path, pattern: str) -> str:
    files = sorted(source.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _npm(source: Path) -> bool:
    npm = shutil.which("npm")
    if npm is None:
        return False
    place = INSTALLED / source.name
    place.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, place)
    flags = ["--ignore-scripts", "--no-audit", "--no-fund"]
    return _works([npm, "ci", *flags], place)


def _go(source: Path) -> bool:
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        return False
    flags = ["-mod=readonly", "-trimpath", "-buildvcs=false"]
    return _works([go, "build", *flags, "-o", str(INSTALLED / "go_git"), "."], source, CGO_ENABLED="0")


def _works(command: list[str], at: Path, **environment: str) -> bool:
    try:
        done = subprocess.run(
            command, cwd=at, env=os.environ | environment, capture_output=True, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    main()
