"""A difference on a page: how it is to be shown, and its files as rows, with what was said of their lines."""

import asyncio
from collections.abc import Callable, Iterable
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup
from msgspec import Struct

from bitpail.model.access import Access
from bitpail.model.commit_comments import CommitComment
from bitpail.model.diffs import ChangedFile, FileSide
from bitpail.services import diff_pages
from bitpail.services.diff_pages import FILES, DiffPage, FileText, Wanted
from bitpail.web.repository import below, raw_at
from bitpail.web.request import WebRequest
from bitpail.wire import diff_html, diff_rows, unified_diffs
from bitpail.wire.diff_rows import Budget, Row
from bitpail.wire.source import PICTURES, media_type

_LINES, _CHARACTERS = 700, 36_000
# What the frame of a file weighs, in lines and characters, beyond the first ten.
_FRAME_LINES, _FRAME_CHARACTERS, _FREE_FRAMES = 4, 250, 10
_CONTEXTS = (3, 10, 25)
_WHOLE = 100_000
_LONGEST_PATH = 4096
_LFS = b"version https://git-lfs.github.com/spec/v1"
_SUBMODULE = "160000"
_KINDS = {"120000": "link", _SUBMODULE: "submodule"}


class Block(Struct, frozen=True):
    """Rows of a table, and what was said of the last of their lines."""

    html: Markup
    comments: list[CommitComment]


class ShownFile(Struct, frozen=True):
    """``notes`` are words about it; ``left`` is how many lines there was no room for.

    ``before`` and ``after`` are where it is as a picture, None if it is none; ``source`` is where all of it is;
    ``wider`` is where more lines around its changes are, None if there are none.
    """

    id: str
    path: str
    old_path: str | None
    file: ChangedFile
    notes: list[str]
    blocks: list[Block]
    before: str | None
    after: str | None
    source: str | None
    left: int
    is_whole: bool
    elsewhere: list[CommitComment]
    alone: str
    following: str | None
    wider: str | None


class Look(Struct, frozen=True):
    """How somebody wants to see it, by the address.

    ``is_asked`` says that they want to see it at all, where a page comes without it.
    """

    path: str | None
    number: int
    context: int
    ignores_whitespace: bool
    is_split: bool
    skip: int
    is_asked: bool

    def address(self, **changes: str | None) -> str:
        """The query of the same look but for something."""
        now = {
            "path": self.path,
            "page": str(self.number) if self.number > 1 else None,
            "context": str(self.context) if self.context != _CONTEXTS[0] else None,
            "w": "1" if self.ignores_whitespace else None,
            "view": "split" if self.is_split else None,
            "files": "1" if self.is_asked else None,
        }
        kept = {name: value for name, value in {**now, **changes}.items() if value is not None}
        return "?" + urlencode(kept, safe="/", errors="surrogateescape")

    @property
    def query(self) -> str:
        """What keeps this look behind another address: nothing, if it is the one that everybody sees first."""
        return self.address().removesuffix("?")


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
        is_asked=query.get("files") == "1",
    )


def _number(text: str | None, otherwise: int, most: int) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return otherwise
    return min(int(text), most)


async def shown(
    request: WebRequest,
    access: Access,
    spec: str,
    comments: Iterable[CommitComment] = (),
    *,
    topic: bool = True,
) -> tuple[DiffPage, ShownDiff]:
    """What differs, and how it is shown. Raises Invalid or NotFound.

    Without ``topic`` nobody asks for what both sides of ``A..B`` have in common: it is known to be B.
    """
    seen = look(request)
    wanted = Wanted(seen.path, seen.number, seen.context, seen.ignores_whitespace, topic)
    found = await diff_pages.page(request.site, access, spec, wanted)

    def picture(commit: str | None, side: FileSide | None) -> str | None:
        """Where it is shown, if it is a picture and not a link to one."""
        if commit is None or side is None or side.mode in _KINDS or media_type(side.path) not in PICTURES:
            return None
        return raw_at(access, commit, side.path)

    def source(side: FileSide | None) -> str | None:
        """Its page among the files of this commit, where it is one of them."""
        if side is None or side.mode == _SUBMODULE or access.need.of == "wiki":
            return None
        return below(access, "src", found.new, side.path)

    places = _Places(picture, source)
    files = await asyncio.to_thread(_files, found, seen, list(comments), places)
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


class _Places(Struct, frozen=True):
    """How the addresses of one side of a file are made."""

    picture: Callable[[str | None, FileSide | None], str | None]
    source: Callable[[FileSide | None], str | None]


def _files(found: DiffPage, seen: Look, comments: list[CommitComment], places: _Places) -> list[ShownFile]:
    frames = max(0, len(found.files) - _FREE_FRAMES)
    budget = Budget(_LINES - frames * _FRAME_LINES, _CHARACTERS - frames * _FRAME_CHARACTERS)
    shown = []
    for number, one in enumerate(found.files, 1):
        old, new = one.file.old, one.file.new
        addresses = places.picture(found.old, old), places.picture(found.new, new), places.source(new)
        shown.append(_file(f"file-{number}", one, seen, budget, comments, addresses))
    return shown


def _file(
    file_id: str,
    one: FileText,
    seen: Look,
    budget: Budget,
    comments: list[CommitComment],
    addresses: tuple[str | None, str | None, str | None],
) -> ShownFile:
    listed, left = diff_rows.rows(one.sections, budget, seen.skip)
    old, new = one.file.old, one.file.new
    side = new or old
    path = side.path if side else ""
    said = [comment for comment in comments if comment.inline and comment.inline.path == path]
    blocks = _blocks(listed, said, is_split=seen.is_split)
    skipped = seen.skip + len(listed)
    return ShownFile(
        id=file_id,
        path=path,
        old_path=old.path if old and new and old.path != new.path else None,
        file=one.file,
        notes=_notes(one, old, new),
        blocks=blocks,
        before=addresses[0],
        after=addresses[1],
        source=addresses[2],
        left=left,
        is_whole=one.is_whole,
        elsewhere=said,
        alone=seen.address(path=path, page=None),
        following=seen.address(path=path, page=None, skip=str(skipped)) if left else None,
        wider=None if left or seen.skip else _wider(one, seen, path),
    )


def _wider(one: FileText, seen: Look, path: str) -> str | None:
    """Where it is with the next larger number of lines around each change."""
    context = next((lines for lines in (*_CONTEXTS, _WHOLE) if lines > seen.context), None)
    hunks = [hunk for section in one.sections for hunk in section.hunks]
    if context is None or not unified_diffs.leaves_out(hunks, seen.context):
        return None
    return seen.address(path=path, page=None, context=str(context))


def _blocks(listed: list[Row], said: list[CommitComment], *, is_split: bool) -> list[Block]:
    """All rows, parted behind those of which something was said."""
    blocks: list[Block] = []
    html: list[str] = []
    pairs = diff_rows.side_by_side(listed) if is_split else [(row, row) for row in listed]
    for left, right in pairs:
        if is_split:
            html.append(diff_html.side_by_side(left, right))
        elif left is not None:
            html.append(diff_html.one_below_the_other(left))
        if said and (taken := _taken(left, right, said)):
            blocks.append(_block(html, taken))
            html = []
    if html:
        blocks.append(_block(html, []))
    return blocks


def _block(html: list[str], comments: list[CommitComment]) -> Block:
    # Escaped where it was made.
    return Block(Markup("".join(html)), comments)  # noqa: S704


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
