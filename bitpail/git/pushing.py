"""Which pushes are under way, and what is left of those that are dead. Packing refs counts as one.

The kernel keeps a repository's refs locked, for sharing, as long as any process
of a push lives. A push leaves a mark too: what has to be looked at after a crash.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from bitpail.git.directories import GitDirectory, common_directory

LOCK = 7
"""The descriptor by which git and its children hold the lock."""

_MARK = "pushing-"
_LEFT = (
    *("objects/tmp_objdir-incoming-*", "objects/tmp_obj_*", "objects/[0-9a-f][0-9a-f]/tmp_obj_*"),
    *("HEAD.lock", "packed-refs.lock", "packed-refs.new", "refs/**/*.lock"),
)

# Whoever else moves refs, in the web or by hand, holds them for moments.
_MOMENT = 2.0


class Push:
    """One that is under way; ``descriptor`` is to be handed on as ``LOCK``."""

    def __init__(self, descriptor: int, mark: Path) -> None:
        self.descriptor = descriptor
        self._mark = mark

    def ended_well(self) -> None:
        """Git has tidied up by itself."""
        self._mark.unlink(missing_ok=True)


@contextmanager
def under_way(directory: GitDirectory, place: Path) -> Iterator[Push]:
    """Note a push in the directory ``place``."""
    common = common_directory(directory.path).absolute()
    mark = place / f"{_MARK}{uuid4().hex}"
    descriptor = os.open(common / "refs", os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some network's file system can't: nothing is removed at once then
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        with suppress(OSError):  # a full disk: git says so better
            mark.symlink_to(common)
        yield Push(descriptor, mark)
    finally:
        os.close(descriptor)


def clean_after_dead(place: Path) -> None:
    """Remove what pushes have left of which no process lives any more. Waits a moment if there is any."""
    marks: dict[Path, list[Path]] = {}
    for mark in place.glob(f"{_MARK}*"):
        with suppress(OSError):
            marks.setdefault(mark.readlink(), []).append(mark)
    for directory, of_it in marks.items():
        # Asked before the look, or a push that dies just after it would leave what nobody knows of; and
        # after it: what began later is not among what was found.
        if not _is_idle(directory):
            continue
        left = {path: _identity(path) for pattern in _LEFT for path in directory.glob(pattern)}
        if not _is_idle(directory):
            continue
        if left:
            time.sleep(_MOMENT)
        for path, identity in left.items():
            if identity is not None and _identity(path) == identity:
                _remove(path)
        for mark in of_it:
            mark.unlink(missing_ok=True)


def _is_idle(directory: Path) -> bool:
    """Whether nobody is pushing to it. Holds the lock for no time."""
    try:
        descriptor = os.open(directory / "refs", os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return True  # the repository is no more
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
