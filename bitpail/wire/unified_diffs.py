"""Differences as git prints them, taken apart: files, hunks, lines.

Bytes come in and bytes are kept: what was parsed can be written again. Lines are
counted as a hunk's head says, so no content is mistaken for a head. The text
may end anywhere.
"""

import re
from collections.abc import Iterable
from itertools import takewhile

from msgspec import Struct

from bitpail.wire.quoted_paths import unquoted

_SECTION = b"diff --git "
_HEAD = re.compile(rb"@@ -(\d{1,10})(?:,(\d{1,10}))? \+(\d{1,10})(?:,(\d{1,10}))? @@(.*)", re.DOTALL)
_NO_NEWLINE = b"\\"


class Hunk(Struct):
    """``head`` is its first line; ``old`` and ``new`` are the numbers of the lines it begins at.

    ``lines`` begin with a space, ``+``, ``-``, or a backslash for git's own remark on the line before.
    """

    head: bytes
    old: int
    new: int
    about: bytes
    lines: list[bytes]


class Section(Struct):
    """One file: ``header`` is all before its first hunk."""

    header: list[bytes]
    hunks: list[Hunk]

    @property
    def paths(self) -> tuple[str, str]:
        """Before and after, the same but for a rename; bytes that are no UTF-8 are surrogates."""
        old, new = _of_both(self.header[0].removeprefix(_SECTION))
        for line in self.header[1:]:
            if line.startswith((b"rename from ", b"copy from ")):
                old = unquoted(line.split(b" from ", 1)[1])
            elif line.startswith((b"rename to ", b"copy to ")):
                new = unquoted(line.split(b" to ", 1)[1])
        return old.decode("utf-8", "surrogateescape"), new.decode("utf-8", "surrogateescape")


def leaves_out(hunks: list[Hunk], context: int) -> bool:
    """Whether the file may have lines that stand in none of these, made with so many lines around each change."""
    if len(hunks) != 1:
        return bool(hunks)
    lines = [line for line in hunks[0].lines if not line.startswith(_NO_NEWLINE)]
    ends_early = _around(reversed(lines)) < context
    begins_there = hunks[0].old <= 1 or _around(lines) < context
    return not (begins_there and ends_early)


def _around(lines: Iterable[bytes]) -> int:
    """How many lines there are before the first that has changed."""
    return sum(1 for _ in takewhile(lambda line: line[:1] in (b" ", b""), lines))


def parse(text: bytes) -> list[Section]:
    """The files in order."""
    lines = text.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    sections: list[Section] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        head = _HEAD.fullmatch(line) if sections else None
        if line.startswith(_SECTION) or not sections:
            sections.append(Section([line], []))
        elif head is not None:
            hunk, position = _hunk(head, lines, position)
            sections[-1].hunks.append(hunk)
        elif sections[-1].hunks:
            # Nothing that git prints: kept where it is.
            sections[-1].hunks[-1].lines.append(line)
        else:
            sections[-1].header.append(line)
    return sections


def written(sections: Iterable[Section]) -> bytes:
    """The text that they were parsed from, with a line end at its end."""
    lines: list[bytes] = []
    for section in sections:
        lines += section.header
        for hunk in section.hunks:
            lines += [hunk.head, *hunk.lines]
    return b"".join(line + b"\n" for line in lines)


def _hunk(head: re.Match[bytes], lines: list[bytes], position: int) -> tuple[Hunk, int]:
    old_left = 1 if head[2] is None else int(head[2])
    new_left = 1 if head[4] is None else int(head[4])
    first = position
    while position < len(lines) and (old_left > 0 or new_left > 0):
        sign = lines[position][:1]
        if sign not in (b" ", b"", b"+", b"-", _NO_NEWLINE):
            break
        old_left -= sign in (b" ", b"", b"-")
        new_left -= sign in (b" ", b"", b"+")
        position += 1
    while position < len(lines) and lines[position].startswith(_NO_NEWLINE):
        position += 1
    return Hunk(head[0], int(head[1]), int(head[3]), head[5].strip(), lines[first:position]), position


def _of_both(names: bytes) -> tuple[bytes, bytes]:
    """``a/PATH b/PATH``, where both are the same or git names them again below; each may be quoted."""
    if names.startswith(b'"'):
        end = _end_of_quoted(names)
        old, new = names[:end], names[end + 1 :]
    elif names.endswith(b'"'):
        old, _, new = names.partition(b' "')
        new = b'"' + new
    else:
        middle = len(names) // 2
        old, new = names[:middle], names[middle + 1 :]
    return unquoted(old)[2:], unquoted(new)[2:]


def _end_of_quoted(text: bytes) -> int:
    position = 1
    while position < len(text) and text[position : position + 1] != b'"':
        position += 2 if text[position : position + 1] == b"\\" else 1
    return position + 1
