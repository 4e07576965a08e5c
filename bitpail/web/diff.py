"""A difference on a page: how it is to be shown, and its files as rows, with what was said of their lines."""

import asyncio
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct

from bitpail.model.access import Access
from bitpail.model.commit_comments import CommitComment
from bitpail.model.diffs import ChangedFile, FileSide
from bitpail.services import diff_pages
from bitpail.services.diff_pages import FILES, DiffPage, FileText, Wanted
from bitpail.web.request import WebRequest
from bitpail.wire import diff_rows
from bitpail.wire.diff_rows import Budget, Row

_LINES, _CHARACTERS = 800, 40_000
_CONTEXTS = (3, 10, 25)
_WHOLE = 100_000
_LONGEST_PATH = 4096
_LFS = b"version https://git-lfs.github.com/spec/v1"
_KINDS = {"120000": "link", "160000": "submodule"}


class Place(Struct, frozen=True):
    """A row, or a pair of rows, and what was said of that line."""

    left: Row | None
    right: Row | None
    comments: list[CommitComment]


class ShownFile(Struct, frozen=True):
    """``notes`` are words about it; ``left`` is how many lines there was no room for."""

    id: str
    path: str
    old_path: str | None
    file: ChangedFile
    notes: list[str]
    places: list[Place]
    left: int
    is_whole: bool
    elsewhere: list[CommitComment]
    alone: str
    following: str | None


class Look(Struct, frozen=True):
    """How somebody wants to see it, by the address."""

    path: str | None
    number: int
    context: int
    ignores_whitespace: bool
    is_split: bool
    skip: int

    def address(self, **changes: str | None) -> str:
        """The query of the same look but for something."""
        now = {
            "path": self.path,
            "page": str(self.number) if self.number > 1 else None,
            "context": str(self.context) if self.context != _CONTEXTS[0] else None,
            "w": "1" if self.ignores_whitespace else None,
            "view": "split" if self.is_split else None,
        }
        kept = {name: value for name, value in {**now, **changes}.items() if value is not None}
        return "?" + urlencode(kept, errors="surrogateescape")


class ShownDiff(Struct, frozen=True):
    """All that the template asks for."""

    look: Look
    files: list[ShownFile]
    size: int
    is_counted: bool
    added: int
    removed: int
    contexts: list[tuple[str, str, bool]]
    previous: str | None
    following: str | None


def look(request: WebRequest) -> Look:
    """What the query says; what it says wrongly is as if it said nothing."""
    query = dict(parse_qsl(request.call.query, errors="surrogateescape"))
    return Look(
        path=query.get("path", "")[:_LONGEST_PATH] or None,
        number=_number(query.get("page"), 1, 1_000_000) or 1,
        context=_number(query.get("context"), _CONTEXTS[0], _WHOLE),
        ignores_whitespace=query.get("w") == "1",
        is_split=query.get("view") == "split",
        skip=_number(query.get("skip"), 0, 10_000_000) if query.get("path") else 0,
    )


def _number(text: str | None, otherwise: int, most: int) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return otherwise
    return min(int(text), most)


async def shown(
    request: WebRequest, access: Access, spec: str, comments: Iterable[CommitComment] = ()
) -> tuple[DiffPage, ShownDiff]:
    """What differs, and how it is shown. Raises Invalid or NotFound."""
    seen = look(request)
    wanted = Wanted(seen.path, seen.number, seen.context, seen.ignores_whitespace)
    found = await diff_pages.page(request.site, access, spec, wanted)
    files = await asyncio.to_thread(_files, found.files, seen, list(comments))
    is_paged = seen.path is None
    following = (
        seen.address(page=str(seen.number + 1)) if is_paged and seen.number * FILES < found.size else None
    )
    made = ShownDiff(
        look=seen,
        files=files,
        size=found.size,
        is_counted=found.is_counted,
        added=sum(one.file.added for one in found.files),
        removed=sum(one.file.removed for one in found.files),
        contexts=[
            (
                "the whole file" if lines == _WHOLE else f"{lines} lines",
                seen.address(context=str(lines) if lines != _CONTEXTS[0] else None),
                lines == seen.context,
            )
            for lines in (*_CONTEXTS, *([] if is_paged else [_WHOLE]))
        ],
        previous=seen.address(page=str(seen.number - 1)) if is_paged and seen.number > 1 else None,
        following=following,
    )
    return found, made


def _files(found: list[FileText], seen: Look, comments: list[CommitComment]) -> list[ShownFile]:
    budget = Budget(_LINES, _CHARACTERS)
    return [_file(f"file-{number}", one, seen, budget, comments) for number, one in enumerate(found, 1)]


def _file(
    file_id: str, one: FileText, seen: Look, budget: Budget, comments: list[CommitComment]
) -> ShownFile:
    listed, left = diff_rows.rows(one.sections, budget, seen.skip)
    old, new = one.file.old, one.file.new
    side = new or old
    path = side.path if side else ""
    said = [comment for comment in comments if comment.inline and comment.inline.path == path]
    pairs = diff_rows.side_by_side(listed) if seen.is_split else [(row, row) for row in listed]
    places = [Place(left_row, right_row, _taken(left_row, right_row, said)) for left_row, right_row in pairs]
    skipped = seen.skip + len(listed)
    return ShownFile(
        id=file_id,
        path=path,
        old_path=old.path if old and new and old.path != new.path else None,
        file=one.file,
        notes=_notes(one, old, new),
        places=places,
        left=left,
        is_whole=one.is_whole,
        elsewhere=said,
        alone=seen.address(path=path, page=None),
        following=seen.address(path=path, page=None, skip=str(skipped)) if left else None,
    )


def _taken(left: Row | None, right: Row | None, said: list[CommitComment]) -> list[CommitComment]:
    """Those of this line, which are then nowhere else."""
    found = []
    for comment in [*said]:
        place = comment.inline
        if place is None or (place.to_line is None and place.from_line is None):
            continue
        is_new = place.to_line is not None
        is_here = (
            right is not None and right.new == place.to_line
            if is_new
            else left is not None and left.old == place.from_line
        )
        if is_here:
            found.append(comment)
            said.remove(comment)
    return found


def _notes(one: FileText, old: FileSide | None, new: FileSide | None) -> list[str]:
    side = new or old
    notes = []
    if side and side.mode in _KINDS:
        notes.append(_KINDS[side.mode])
    if old and new and old.mode != new.mode:
        notes.append(f"mode {old.mode} → {new.mode}")
    if side and side.is_binary:
        notes.append("binary")
    lines = (line for section in one.sections for hunk in section.hunks for line in hunk.lines[:6])
    if any(line[1:].startswith(_LFS) for line in lines):
        notes.append("Git LFS")
    return notes
