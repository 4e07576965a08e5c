"""The refs of the repositories that are asked for most lately, kept while nothing of their files has changed.

For each request the stamps of the files are compared, as for a snapshot, so no answer is older than
its question. Where the files alone don't tell (a linked worktree, another kind of storage, a
broken ref, a tag whose object is missing), nothing is kept and everything is read.
"""

import asyncio
from pathlib import Path

from msgspec import Struct

from bitpail.git import plain_config, ref_files, refs
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.kept import Kept
from bitpail.git.ref_files import RefFiles
from bitpail.git.refs import Peel
from bitpail.model.refs import Refs

_MOST_REFS = 50_000
"""Of all repositories together: some tens of megabytes."""
# From so many files on, they are looked at in a thread.
_MANY = 500


class _Reading(Struct, frozen=True):
    files: RefFiles
    refs: Refs


class KeptRefs:
    """Those of one server process."""

    def __init__(self, peel: Peel, most: int = _MOST_REFS) -> None:
        self._peel = peel
        self._kept: Kept[Path, _Reading] = Kept(most)

    async def now(self, directory: GitDirectory) -> Refs:
        """Every ref but hidden ones, and what HEAD names, seen after this was called."""
        kept = self._kept.get(directory.path)
        if kept is not None and len(kept.files.files) < _MANY and kept.files.unchanged():
            return kept.refs
        files = await asyncio.to_thread(_look, directory, kept.files if kept else None)
        if files is None or files.broken:
            self._kept.drop(directory.path)
            return await refs.read(directory, self._peel)
        if kept is not None and (files is kept.files or files.same(kept.files)):
            self._keep(directory.path, _Reading(files, kept.refs))
            return kept.refs
        read = refs.of_files(files)
        found = await refs.completed(directory, read, self._peel)
        if len(found.refs) == len(read.targets):
            self._keep(directory.path, _Reading(files, found))
        else:
            # The object behind a tag is missing; it may come without any change of a ref.
            self._kept.drop(directory.path)
        return found

    def _keep(self, path: Path, reading: _Reading) -> None:
        self._kept.keep(path, reading, 1 + len(reading.refs.refs))


def _look(directory: GitDirectory, before: RefFiles | None) -> RefFiles | None:
    """The files as they are now, ``before`` if that is the same; None where files don't tell."""
    if before is not None and before.unchanged():
        return before
    path = directory.path
    if common_directory(path) != path or (path / "reftable").is_dir():
        return None
    config = plain_config.read(directory)
    return ref_files.read(path, config.width if config else 40, before)
