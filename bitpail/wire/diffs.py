"""What differs between commits, in the API's words."""

from typing import Any

from bitpail.model.diffs import ChangedFile, FileConflict, FileSide
from bitpail.wire.links import RepositoryLinks
from bitpail.wire.text import clean

_ATTRIBUTES = {"120000": "link", "100755": "executable", "160000": "subrepository"}


def changed(at: RepositoryLinks, entry: ChangedFile, *, old: str | None, new: str) -> dict[str, Any]:
    """One file of a diffstat; ``old`` and ``new`` are the commits it was compared in."""
    return {
        "type": "diffstat",
        "status": entry.status,
        "lines_added": entry.added,
        "lines_removed": entry.removed,
        "old": None if entry.old is None or old is None else _file(at, entry.old, old),
        "new": None if entry.new is None else _file(at, entry.new, new),
    }


def _file(at: RepositoryLinks, side: FileSide, commit_hash: str) -> dict[str, Any]:
    attributes = [_ATTRIBUTES[side.mode]] if side.mode in _ATTRIBUTES else []
    if side.is_binary:
        attributes.append("binary")
    return {
        "type": "commit_file",
        "path": clean(side.path),
        "escaped_path": at.escaped(side.path),
        "attributes": attributes,
        "links": {"self": at.source(commit_hash, side.path)},
    }


def conflict(entry: FileConflict) -> dict[str, Any]:
    """A path that a merge would have to ask about."""
    return {
        "type": "file_conflict",
        "path": clean(entry.path),
        "scenario": entry.scenario,
        "message": clean(entry.message),
    }
