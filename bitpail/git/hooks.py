"""Hooks that ask the server before a push counts.

A hook is a few lines of sh: an interpreter's start would cost more than the
push. An adopted repository's own hooks still run, as git would run them.
"""

import asyncio
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bitpail.git.command import run
from bitpail.git.directories import GitDirectory

QUESTION = 8
"""The descriptor on which the hook tells what is pushed."""

VERDICT = 9
"""The descriptor on which it waits for the server's verdict."""

QUESTION_END = "BITPAIL_QUESTION_END"
"""A line that ends the question, and that nobody who pushes can know."""

OWN_PRE_RECEIVE = "BITPAIL_PRE_RECEIVE"

# Up to so many refs are read by sh itself, byte by byte, which costs less than to start cat.
_FEW = 20

# Refuses whenever the server does not say "ok": its death closes both pipes.
# An own hook keeps safe.directory, our first setting, and none of the others:
# they are meant for this push, not for what the hook does elsewhere.
_PRE_RECEIVE = f"""\
#!/bin/sh
# Written by bitpail; changes are lost.
refs=
count=0
while [ $count -lt {_FEW} ] && IFS= read -r line; do
    refs="$refs$line
"
    count=$((count + 1))
done
[ $count -lt {_FEW} ] || refs="$refs$(cat)"
refs=${{refs%
}}
printf '%s\\n%s\\n%s\\n' "$GIT_QUARANTINE_PATH" "$refs" "${QUESTION_END}" >&{QUESTION} || exit 1
while IFS= read -r line <&{VERDICT}; do
    case $line in
        ok)
            [ -n "${OWN_PRE_RECEIVE}" ] || exit 0
            GIT_CONFIG_COUNT=1
            printf '%s\\n' "$refs" | "${OWN_PRE_RECEIVE}" {QUESTION}>&- {VERDICT}<&-
            exit
            ;;
        end) exit 1 ;;
        *) printf '%s\\n' "${{line#- }}" >&2 ;;
    esac
done
echo 'the server did not answer' >&2
exit 1
"""

_STALE = 24 * 3600
PER_PUSH = "push-"
"""How directories begin that are there for one push."""


def write_hooks(directory: Path) -> None:
    """Write the hooks of pushes into a directory, unless they are there."""
    directory.mkdir(parents=True, exist_ok=True)
    _write_script(directory / "pre-receive", _PRE_RECEIVE)
    for left in directory.glob(f"{PER_PUSH}*"):
        if left.stat().st_mtime < time.time() - _STALE:
            shutil.rmtree(left, ignore_errors=True)


def _write_script(path: Path, text: str) -> None:
    if path.is_file() and path.read_text() == text and os.access(path, os.X_OK):
        return
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    Path(temporary).chmod(0o755)
    Path(temporary).replace(path)


@asynccontextmanager
async def for_push(directory: GitDirectory, hooks: Path) -> AsyncIterator[tuple[Path, dict[str, str]]]:
    """The hooks directory of one push, and what its hooks need in the environment."""
    own = await _own_hooks(directory) if directory.adopted else {}
    if not own:
        yield hooks, {}
        return
    place = await asyncio.to_thread(_chain, own, hooks)
    try:
        yield place, {OWN_PRE_RECEIVE: str(own["pre-receive"])} if "pre-receive" in own else {}
    finally:
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)


async def _own_hooks(directory: GitDirectory) -> dict[str, Path]:
    named = os.fsdecode(await run(directory.path, "rev-parse", "--git-path", "hooks")).rstrip("\n")
    # Git takes a relative core.hooksPath from where hooks run: the git directory.
    place = directory.path / named
    return await asyncio.to_thread(_executables, place)


def _executables(place: Path) -> dict[str, Path]:
    if not place.is_dir():
        return {}
    found = (entry for entry in place.iterdir() if not entry.name.endswith(".sample"))
    return {entry.name: entry for entry in found if entry.is_file() and os.access(entry, os.X_OK)}


def _chain(own: dict[str, Path], hooks: Path) -> Path:
    place = Path(tempfile.mkdtemp(prefix=PER_PUSH, dir=hooks))
    (place / "pre-receive").symlink_to(hooks.absolute() / "pre-receive")
    for name, path in own.items():
        if name != "pre-receive":
            # By its own path, not by a link: hooks look beside themselves for their parts.
            script = f'#!/bin/sh\nGIT_CONFIG_COUNT=1\nexec {shlex.quote(str(path))} "$@" {QUESTION}>&- {VERDICT}<&-\n'
            _write_script(place / name, script)
    return place
