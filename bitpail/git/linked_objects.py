"""The objects of a Git directory under second names, so that a copy of them takes neither time nor room.

Git never changes such a file once it is there; it makes others and takes these names
away. None is lost that was there when this began, whoever pushes or repacks meanwhile.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bitpail.errors import Unavailable

# Of a pack; git knows one by its .idx, so that comes last.
_PARTS = (".pack", ".rev", ".mtimes", ".bitmap", ".idx")
_TRIES = 10


def link_objects(source: Path, target: Path) -> None:
    """Let ``target``, which is nobody's yet, have every object of ``source``; raises Unavailable."""
    there, here = source / "objects", target / "objects"
    with _unpacked(there) as is_still:
        # Loose ones first: what is packed meanwhile is then in a pack that is looked for later.
        for first in range(256):
            _link_loose(there / f"{first:02x}", here / f"{first:02x}")
        for _ in range(_TRIES):
            if _link_packs(there / "pack", here / "pack"):
                break
        else:
            raise Unavailable("the repository is being packed: try again")
        if is_still:
            # They name packs and commits: while nobody packs, none of those goes.
            _link_all(there / "pack", here / "pack", "multi-pack-index*")
            _link_all(there / "info", here / "info", "commit-graph")
            _link_all(there / "info/commit-graphs", here / "info/commit-graphs", "*")


@contextmanager
def _unpacked(objects: Path) -> Iterator[bool]:
    """Whether upkeep is not at it, and stays away meanwhile."""
    descriptor = os.open(objects, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _link_loose(there: Path, here: Path) -> None:
    with suppress(FileNotFoundError):
        for name in os.listdir(there):  # noqa: PTH208 - names, and many
            if not name.startswith("tmp_"):
                here.mkdir(exist_ok=True)
                # Packed meanwhile.
                with suppress(FileNotFoundError):
                    _link(there / name, here / name)


def _link_packs(there: Path, here: Path) -> bool:
    """Whether all that were there still were when their turn came."""
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    listed = set(os.listdir(there))  # noqa: PTH208 - names
    # Of one that a push is just bringing, there is no .idx yet.
    names = [
        name for name in listed if name.startswith("pack-") and f"{name.partition('.')[0]}.idx" in listed
    ]
    for part in _PARTS:
        for name in names:
            if name.endswith(part):
                try:
                    _link(there / name, here / name)
                except FileNotFoundError:
                    return False
    return all((here / name).with_suffix(".pack").exists() for name in names if name.endswith(".idx"))


def _link_all(there: Path, here: Path, pattern: str) -> None:
    for file in there.glob(pattern):
        if file.suffix != ".lock" and file.is_file():
            here.mkdir(exist_ok=True)
            _link(file, here / file.name)


def _link(file: Path, name: Path) -> None:
    try:
        os.link(file, name)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or too many names of one file
        shutil.copy2(file, name)
