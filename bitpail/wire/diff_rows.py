"""The lines of a difference as a page shows them: one below the other or side by side, changed words marked.

Nothing here is HTML. What a reader can't see or what would turn text around is
written as its number, and a line that is too long is cut.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from msgspec import Struct

from bitpail.wire.unified_diffs import Hunk, Section

CONTEXT, ADDED, REMOVED, HEAD, NOTE = "context", "added", "removed", "head", "note"

_LONGEST = 500
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_WORDS = 40
_MOST_PAIRS = 200
_ALIKE = 0.3
# Controls but the tab, and what Unicode has to turn the direction of text.
_UNSEEN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SIGNS = {b"+": ADDED, b"-": REMOVED, b"\\": NOTE}


class Piece(Struct, frozen=True, gc=False):
    """Some text of a line; it is marked if it is what changed in it."""

    text: str
    is_marked: bool = False


class Row(Struct):
    """A line. ``old`` and ``new`` are its numbers before and after, None where it is not."""

    kind: str
    old: int | None
    new: int | None
    pieces: list[Piece]


class Budget:
    """What a page has left to show; whoever shows a row takes from it."""

    def __init__(self, lines: int, characters: int) -> None:
        self.lines, self.characters = lines, characters
        self.pairs = _MOST_PAIRS

    def takes(self, row: Row) -> bool:
        """Whether there is room for one more."""
        if self.lines <= 0 or self.characters <= 0:
            return False
        self.lines -= 1
        self.characters -= sum(len(piece.text) for piece in row.pieces)
        return True


def rows(sections: Iterable[Section], budget: Budget, skip: int = 0) -> tuple[list[Row], int]:
    """The rows behind the first ``skip``, and how many lines there was no room for."""
    shown: list[Row] = []
    number = left = 0
    for hunk in (hunk for section in sections for hunk in section.hunks):
        for row in _of_hunk(hunk):
            number += 1
            if number <= skip:
                continue
            if left or not budget.takes(row):
                left += 1
            else:
                shown.append(row)
    _mark(shown, budget)
    return shown, left


def _of_hunk(hunk: Hunk) -> Iterator[Row]:
    old, new = hunk.old, hunk.new
    yield Row(HEAD, None, None, [Piece(visible(hunk.head))])
    for line in hunk.lines:
        kind = _SIGNS.get(line[:1], CONTEXT)
        has_old, has_new = kind in (CONTEXT, REMOVED), kind in (CONTEXT, ADDED)
        yield Row(kind, old if has_old else None, new if has_new else None, [Piece(visible(line[1:]))])
        old, new = old + has_old, new + has_new


def visible(line: bytes) -> str:
    """A line as text that shows all that is in it."""
    text = line[: 4 * _LONGEST].decode("utf-8", "replace")
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    if text.endswith("\r"):
        text = text[:-1] + "␍"
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def side_by_side(listed: Iterable[Row]) -> list[tuple[Row | None, Row | None]]:
    """Pairs of rows; lines that were removed stand beside those that came for them. A head stands on both sides."""
    pairs: list[tuple[Row | None, Row | None]] = []
    removed: list[Row] = []
    added: list[Row] = []

    def put_down() -> None:
        for place in range(max(len(removed), len(added))):
            left = removed[place] if place < len(removed) else None
            pairs.append((left, added[place] if place < len(added) else None))
        removed.clear()
        added.clear()

    for row in listed:
        if row.kind == REMOVED and not added:
            removed.append(row)
        elif row.kind == ADDED:
            added.append(row)
        else:
            put_down()
            if row.kind == REMOVED:
                removed.append(row)
            else:
                pairs.append((row, row))
    put_down()
    return pairs


def _mark(listed: list[Row], budget: Budget) -> None:
    for left, right in side_by_side(listed):
        if left is None or right is None or left is right:
            continue
        if budget.pairs <= 0:
            return
        budget.pairs -= 1
        left.pieces, right.pieces = marked(left.pieces[0].text, right.pieces[0].text)


def marked(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Two lines with the words marked that only one of them has; nothing is, where they have little in common."""
    one, other = _WORD.findall(old), _WORD.findall(new)
    spans = _spans(one, other)
    alike = sum(len(a) for is_changed, a, _ in spans if not is_changed)
    if 2 * alike < _ALIKE * (len(one) + len(other)):
        return [Piece(old)], [Piece(new)]
    return (
        [Piece("".join(a), is_changed) for is_changed, a, _ in spans if a],
        [Piece("".join(b), is_changed) for is_changed, _, b in spans if b],
    )


def _spans(one: list[str], other: list[str]) -> list[tuple[bool, list[str], list[str]]]:
    """Words of both lines, and whether they differ, in order; what both begin and end with is found first."""
    begin = _common(one, other)
    end = _common(one[begin:][::-1], other[begin:][::-1])
    old, new = one[begin : len(one) - end], other[begin : len(other) - end]
    spans = [(False, one[:begin], other[:begin])]
    if max(len(old), len(new)) > _MOST_WORDS:
        # Its cost grows with the square.
        spans.append((True, old, new))
    else:
        changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        spans += [(tag != "equal", old[a:b], new[c:d]) for tag, a, b, c, d in changes]
    return [*spans, (False, one[len(one) - end :], other[len(other) - end :])]


def _common(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    differing = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differing, min(len(one), len(other)))
