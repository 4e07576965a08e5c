"""What gits that were killed have left in a directory, and whether it is nobody's any more.

A file that some process here has open is in use. What only upkeep makes is nobody's
once the directory is held; what a push or a person may have made, once it is old.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_UPKEEPS = (
    *("objects/pack/tmp_*", "objects/pack/.tmp-*", "objects/pack/multi-pack-index.lock"),
    *("objects/info/commit-graphs/tmp_graph_*", "objects/info/commit-graphs/commit-graph-chain.lock"),
    *("objects/info/commit-graph.lock", "objects/bitmap-ref-tips_*"),
)
# git closes these before it is done with them, so only their age tells.
_ANYBODYS = (
    *("packed-refs.lock", "packed-refs.new", "HEAD.lock", "refs/**/*.lock"),
    *("objects/tmp_obj_*", "objects/[0-9a-f][0-9a-f]/tmp_obj_*"),
)

_SHORT = 60.0
"""Seconds: in a repository of ours no hook runs while git holds refs, so it holds them for moments."""


def remove_leftovers(path: Path, *, of_upkeep: bool, locks_age: float | None = None) -> None:
    """Remove them. ``of_upkeep``: the directory is ours, and held, so nobody else is at upkeep.

    ``locks_age`` is how long in seconds a push may take; None: only what upkeep makes goes.
    """
    found = [(file, 0.0 if of_upkeep else locks_age) for file in _matching(path, _UPKEEPS)]
    if locks_age is not None:
        age = min(locks_age, _SHORT) if of_upkeep else locks_age
        found += [(file, age) for file in _matching(path, _ANYBODYS)]
    at = time.time()
    old = [file for file, age in found if age is not None and _modified(file, at) <= at - age]
    if old:
        in_use = _open_files()
        for file in old:
            if str(file.resolve()) not in in_use:
                file.unlink(missing_ok=True)


def _matching(path: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        for file in path.glob(pattern):
            if file.is_file() and not file.is_symlink():
                yield file


def _modified(file: Path, otherwise: float) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return otherwise


def _open_files() -> set[str]:
    """What the processes that we may look at have open."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError), os.scandir(process / "fd") as descriptors:
            for descriptor in descriptors:
                with suppress(OSError):
                    found.add(os.readlink(descriptor.path))  # noqa: PTH115 - a Path for each would be slow
    return found
