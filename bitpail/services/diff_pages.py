"""What differs between commits, for somebody who looks at it: some files at a time, within limits of size and time."""

import asyncio
import zlib
from pathlib import Path

from msgspec import Struct

from bitpail.errors import NotFound, TookTooLong
from bitpail.git import diff_beginnings, diffs
from bitpail.git.diff_beginnings import Beginning
from bitpail.git.diffs import Named
from bitpail.git.directories import GitDirectory
from bitpail.git.kept import Kept
from bitpail.git.revisions import RepositoryPath
from bitpail.model.access import Access
from bitpail.model.diffs import ChangedFile
from bitpail.services.diffs import compared
from bitpail.services.git_slots import whose
from bitpail.services.repositories import directory
from bitpail.services.site import Site
from bitpail.wire import unified_diffs
from bitpail.wire.unified_diffs import Section

FILES = 50
"""How many files there are on a page."""

_MOST_TEXT = 2 << 20
_KEPT = 8 << 20
# Of fewer files git tells all and the first of them sooner than the first alone by their names.
_MANY = 1000


class _Packed(Struct, frozen=True):
    """Files as git writes them, compressed: names in one directory are alike."""

    count: int
    lines: bytes


# Which files differ between two commits can't change; what is in them is asked of git each time.
_entries: Kept[tuple[Path, str | None, str], _Packed] = Kept(_KEPT)


class Wanted(Struct, frozen=True):
    """``path`` is one file, before or after; else page ``number`` of all, from 1. ``context`` is in lines.

    ``topic``: B of ``A..B`` may have commits that A has not.
    """

    path: str | None = None
    number: int = 1
    context: int = 3
    ignore_whitespace: bool = False
    topic: bool = True


class FileText(Struct, frozen=True):
    """A file and its lines; ``is_whole`` says that no lines were too much to be read."""

    file: ChangedFile
    sections: list[Section]
    is_whole: bool


class DiffPage(Struct, frozen=True):
    """The commits that were compared, a page of files, the number of all, and whether that is exact."""

    old: str | None
    new: str
    files: list[FileText]
    size: int
    is_counted: bool


async def page(site: Site, access: Access, spec: str, wanted: Wanted) -> DiffPage:
    """A commit against its first parent, or ``A..B``: A against what it has in common with B.

    Raises Invalid or NotFound.
    """
    git_directory = await directory(site, access)
    sides = await compared(site, git_directory, spec, topic=wanted.topic)
    how = diffs.How(context=wanted.context, ignore_whitespace=wanted.ignore_whitespace)
    # Of one file alone, or behind the first page, the text of all is not wanted.
    few = FILES if wanted.path is None and wanted.number == 1 else 0
    async with site.slots.slot(*whose(access)):
        begun = await _begun(git_directory, sides, how, few)
        chosen = _chosen(begun.entries, wanted)
        if len(chosen) < len(begun.entries):
            how = _of(how, chosen)
        if begun.text is not None:
            text, is_whole = begun.text, begun.is_whole
        elif chosen:
            text, is_whole = await diff_beginnings.of_some(git_directory, sides, how, _MOST_TEXT)
        else:
            text, is_whole = b"", True
        counted = [] if is_whole else await _counted(git_directory, sides, how)
    files = await asyncio.to_thread(_files, chosen, text, counted, is_whole=is_whole)
    return DiffPage(sides.old, sides.new, files, len(begun.entries), begun.is_counted)


async def _begun(git_directory: GitDirectory, sides: diffs.Sides, how: diffs.How, few: int) -> Beginning:
    """All files, and the text of the first ``few``. Which ones there are is kept, where they are many."""
    if sides.old == sides.new:
        return Beginning([], is_counted=True, text=b"", is_whole=True)
    key = (git_directory.path, sides.old, sides.new)
    known = _entries.get(key)
    if known is not None and (known.count > _MANY or not few):
        entries = zlib.decompress(known.lines).split(b"\n")
        return Beginning(entries, is_counted=True, text=None, is_whole=False)
    begun = await diff_beginnings.of_all(git_directory, sides, how, few=few, most=_MOST_TEXT)
    if begun.is_counted and len(begun.entries) > few:
        packed = _Packed(len(begun.entries), zlib.compress(b"\n".join(begun.entries), 1))
        _entries.keep(key, packed, len(packed.lines))
    return begun


def _chosen(entries: list[bytes], wanted: Wanted) -> list[Named]:
    if wanted.path is None:
        return diff_beginnings.named(entries[(wanted.number - 1) * FILES : wanted.number * FILES])
    # Of ten thousand files only those are taken apart that may be meant.
    path = wanted.path.encode("utf-8", "surrogateescape")
    likely = (entry for entry in entries if path in entry or b'"' in entry)
    found = [one for one in diff_beginnings.named(likely) if wanted.path in one.paths]
    if not found:
        raise NotFound(f"no change of {RepositoryPath(wanted.path).text!r} here")
    return found[:FILES]


def _of(how: diffs.How, chosen: list[Named]) -> diffs.How:
    paths = tuple(RepositoryPath(path) for one in chosen for path in dict.fromkeys(one.paths))
    return diffs.How(context=how.context, ignore_whitespace=how.ignore_whitespace, paths=paths)


async def _counted(git_directory: GitDirectory, sides: diffs.Sides, how: diffs.How) -> list[ChangedFile]:
    """The numbers of lines where the text that was read does not tell them."""
    try:
        return await diffs.files(git_directory, sides, how, shown=True)
    except TookTooLong:
        # Then nobody knows how many lines; which files is known.
        return []


def _files(chosen: list[Named], text: bytes, counted: list[ChangedFile], *, is_whole: bool) -> list[FileText]:
    sections = unified_diffs.parse(text)
    by_path: dict[str, list[Section]] = {}
    for section in sections:
        by_path.setdefault(section.paths[1], []).append(section)
    cut = sections[-1].paths[1] if sections and not is_whole else None
    known = {_path(file): file for file in counted}
    shown = []
    for one in chosen:
        path = one.paths[-1]
        found = by_path.get(path, [])
        file = known.get(path) or one.changed(*_numbers(found), is_binary=_is_binary(found))
        shown.append(FileText(file, found, is_whole or (bool(found) and path != cut)))
    return shown


def _numbers(sections: list[Section]) -> tuple[int, int]:
    """Lines that were gained and lost."""
    signs = [line[:1] for section in sections for hunk in section.hunks for line in hunk.lines]
    return signs.count(b"+"), signs.count(b"-")


def _is_binary(sections: list[Section]) -> bool:
    return any(line.startswith(b"Binary files ") for section in sections for line in section.header)


def _path(file: ChangedFile) -> str:
    side = file.new or file.old
    return side.path if side else ""
