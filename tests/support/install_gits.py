"""Gives the tests other versions of git: Debian's of other releases, each with its own libraries, unpacked into this environment.

They come from the archive that this machine uses, and apt-get checks them against Debian's signatures, with a state of its own. What
can't be had is said in one line.
"""

import os
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from git_versions import MISSING, RELEASES, UNPACKED, version

_PATIENCE = 300


def main() -> None:
    for release in RELEASES:
        if not version(release):
            archive = _archive()
            if archive is None or not _bring(release, *archive):
                print(MISSING.format(release=release))


def _archive() -> tuple[str, str] | None:
    """Address and keys of Debian's own archive, as this machine's apt has them."""
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return None
    texts = [path.read_text() for path in Path("/etc/apt").glob("sources.list.d/*.sources")]
    for stanza in "\n\n".join(texts).split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): *(.+)$", stanza, re.MULTILINE))
        if fields.get("URIs", "").rstrip("/").endswith("/debian") and "Signed-By" in fields:
            return fields["URIs"].split()[0], fields["Signed-By"]
    return None


def _bring(release: str, address: str, keys: str) -> bool:
    place = UNPACKED / release
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        state = Path(temporary)
        for name in ("lists/partial", "archives/partial", "etc"):
            (state / name).mkdir(parents=True)
        (state / "status").touch()
        (state / "sources.list").write_text(f"deb [signed-by={keys}] {address} {release} main\n")
        options = [
            *("-o", f"Dir::State={state}", "-o", f"Dir::State::status={state}/status"),
            *("-o", f"Dir::State::lists={state}/lists", "-o", f"Dir::Cache={state}"),
            *("-o", f"Dir::Etc::sourcelist={state}/sources.list", "-o", f"Dir::Etc::sourceparts={state}/etc"),
            *("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none"),
            *("-o", "Acquire::Check-Valid-Until=false"),
        ]
        install = ["install", "--download-only", "--no-install-recommends", "--yes", "git"]
        if not _works(["apt-get", "-qq", *options, "update"]) or not _works(
            ["apt-get", "-qq", *options, *install]
        ):
            return False
        for package in (state / "archives").glob("*.deb"):
            if not _works(["dpkg", "--extract", str(package), str(place / "root")]):
                return False
    _wrap(place)
    return bool(version(release))


def _wrap(place: Path) -> None:
    """Commands that run it with its own loader and libraries, whatever the machine's are."""
    root = place / "root"
    loaders = [file for lib in ("lib", "usr/lib") for file in root.glob(f"{lib}/*-linux-gnu*/ld-*.so*")]
    loader = next(file for file in loaders if not file.is_symlink())
    for unused in root.glob("usr/share/*"):
        if unused.name != "git-core":
            shutil.rmtree(unused, ignore_errors=True)
    libraries = ":".join(
        str(path) for path in [*root.glob("lib/*-linux-gnu*"), *root.glob("usr/lib/*-linux-gnu*")]
    )
    core, ours = root / "usr/lib/git-core", place / "git-core"
    ours.mkdir()
    (place / "bin").mkdir()
    run = shlex.join([str(loader), "--library-path", libraries])
    for file in core.iterdir():
        if file.is_dir():
            continue
        if file.is_symlink() or not _is_program(file):
            # Most are git under another name; scripts run as they are.
            if file.is_symlink() and file.resolve().name in {"git", "git-remote-http"}:
                _write(ours / file.name, _line(run, file, ours))
            else:
                shutil.copy(file, ours / file.name)
        else:
            _write(ours / file.name, _line(run, file, ours))
    git = _line(run, root / "usr/bin/git", ours)
    _write(ours / "git", git)
    _write(place / "bin/git", git)


def _line(run: str, file: Path, ours: Path) -> str:
    name, real = file.name, file.resolve()
    # Under the loader a program can't tell by which name it was called.
    word = f" {name.removeprefix('git-')}" if real.name == "git" and name != "git" else ""
    return f'#!/bin/sh\nGIT_EXEC_PATH={shlex.quote(str(ours))}\nexport GIT_EXEC_PATH\nexec {run} {shlex.quote(str(real))}{word} "$@"\n'


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _is_program(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(4) == b"\x7fELF"


def _works(command: list[str]) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    main()
