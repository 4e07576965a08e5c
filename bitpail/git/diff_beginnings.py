"""The beginning of what differs, for a page: which files, and the text of some, within limits of time and size.

One git says both: a page costs no more.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from msgspec import Struct

from bitpail.git.command import start
from bitpail.git.diffs import PATIENCE, SMALL, How, Named, Sides, check, flags_of, trees_of
from bitpail.git.directories import GitDirectory
from bitpail.git.environment import LARGE_PAGES
from bitpail.wire.quoted_paths import unquoted

_MOST_NAMES = 16 << 20
_END = b"\n\n"
_SECTION = b"\ndiff --git "
_MODES = len(":100644 100644")


class Beginning(Struct, frozen=True):
    """``entries`` are the files as git writes them, all of them if ``is_counted``; ``named`` takes some apart.
    ``text`` is of the first few; ``is_whole`` if nothing of it was cut off. It is None where only git can tell where
    these end.
    """

    entries: list[bytes]
    is_counted: bool
    text: bytes | None
    is_whole: bool


async def of_all(directory: GitDirectory, sides: Sides, how: How, *, few: int, most: int) -> Beginning:
    """All files that differ, and the text of the first ``few``: at most so many bytes, in whole lines."""
    reading = _Reading(few, most, may_be_empty=how.ignore_whitespace)
    flags = ["--raw", "--no-abbrev", "-p", f"-U{how.context}"]
    try:
        async with asyncio.timeout(PATIENCE), aclosing(_pieces(directory, sides, how, flags)) as pieces:
            async for piece in pieces:
                reading.take(piece)
                if reading.has_enough:
                    break
            else:
                reading.is_over = True
    except TimeoutError:
        pass
    return reading.found(len(sides.new))


class _Reading:
    """What git says, first the names and then the text, read as far as it is wanted."""

    def __init__(self, few: int, most: int, *, may_be_empty: bool) -> None:
        self._few, self._most, self._may_be_empty = few, most, may_be_empty
        self._output = bytearray()
        # Where the names end, and how many there are.
        self._end, self._count = -1, 0
        # How many sections the few have, how many of the others' heads were seen, and where the next may be.
        self._sections = self._met = self._at = 0
        self.has_enough = self.is_over = False

    def take(self, piece: bytes) -> None:
        begin = max(0, len(self._output) - 1)
        self._output += piece
        if self._end < 0:
            self._end = self._output.find(_END, begin)
            if self._end < 0:
                self.has_enough = len(self._output) > _MOST_NAMES
                return
            self._count_names()
        if self._count > self._few:
            # With white space ignored a file may have no section, and nobody knows which is the last.
            self.has_enough = not self._few or self._may_be_empty or self._has_all_sections()
        self.has_enough = self.has_enough or len(self._output) - self._end > self._most

    def _count_names(self) -> None:
        self._count = self._output.count(b"\n", 0, self._end) + 1
        self._at = self._end + 1
        if self._count > self._few:
            lines = bytes(self._output[: self._end]).split(b"\n", self._few)[: self._few]
            # What becomes a link, or stops to be one, is removed and added.
            self._sections = sum(2 if b" T\t" in line else 1 for line in lines)

    def _has_all_sections(self) -> bool:
        while self._met <= self._sections:
            found = self._output.find(_SECTION, self._at)
            if found < 0:
                self._at = max(self._at, len(self._output) - len(_SECTION) + 1)
                return False
            self._met += 1
            self._at = found + 1
        return True

    def found(self, width: int) -> Beginning:
        """All of it; hashes have so many letters."""
        output, end = self._output, self._end
        lines = bytes(output[:end] if end >= 0 else output[: output.rfind(b"\n") + 1]).split(b"\n")
        # ``:MODE MODE HASH HASH LETTER``: nobody asks for the hashes, and they are more than half of it.
        behind = _MODES + 2 * (1 + width)
        entries = [line[:_MODES] + line[behind:] for line in lines if line]
        is_counted = end >= 0 or self.is_over
        has_text = len(entries) <= self._few or (self._few > 0 and not self._may_be_empty)
        if not is_counted or not has_text:
            return Beginning(entries, is_counted, None, is_whole=False)
        begin = end + len(_END) if end >= 0 else len(output)
        if self._sections and self._met > self._sections:
            return Beginning(entries, is_counted, bytes(output[begin : self._at]), is_whole=True)
        text = bytes(output[begin:])
        return Beginning(
            entries, is_counted, text if self.is_over else _whole_lines(text[: self._most]), self.is_over
        )


async def of_some(directory: GitDirectory, sides: Sides, how: How, most: int) -> tuple[bytes, bool]:
    """The first whole lines of the differences of ``how.paths``, and whether these are all.

    Of a large file git only says that it differs.
    """
    output = bytearray()
    try:
        async with (
            asyncio.timeout(PATIENCE),
            aclosing(_pieces(directory, sides, how, ["-p", f"-U{how.context}"])) as pieces,
        ):
            async for piece in pieces:
                output += piece
                if len(output) > most:
                    return _whole_lines(bytes(output[:most])), False
    except TimeoutError:
        return _whole_lines(bytes(output)), False
    return bytes(output), True


async def _pieces(
    directory: GitDirectory, sides: Sides, how: How, flags: list[str]
) -> AsyncGenerator[bytes, None]:
    async with start(
        directory.path,
        "diff-tree",
        *flags_of(how),
        *flags,
        revisions=trees_of(sides),
        paths=how.paths,
        config=SMALL,
        env=LARGE_PAGES,
        stdin=False,
    ) as process:
        while piece := await process.read():
            yield piece
        await check(process, "diff-tree")


def _whole_lines(text: bytes) -> bytes:
    return text[: text.rfind(b"\n") + 1]


def named(entries: Iterable[bytes]) -> list[Named]:
    """``:MODE MODE LETTER``, a tab, a path or two; odd ones are quoted, so no line is broken."""
    found = []
    for line in entries:
        about, *paths = line.split(b"\t")
        old_mode, new_mode, status = about[1:].split(b" ")
        names = tuple(unquoted(path).decode("utf-8", "surrogateescape") for path in paths)
        found.append(Named(status[:1].decode("ascii"), (old_mode.decode(), new_mode.decode()), names))
    return found
