"""The beginning of what differs, for a page: which files, and the text of some, within limits of time and size.

One git says both where the files are few: most pages cost no more.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec import Struct

from bitpail.git.command import start
from bitpail.git.diffs import PATIENCE, SMALL, How, Named, Sides, check, flags_of, trees_of
from bitpail.git.directories import GitDirectory
from bitpail.wire.quoted_paths import unquoted

_MOST_NAMES = 16 << 20
_END = b"\n\n"


class Beginning(Struct, frozen=True):
    """``named`` are the files, all of them if ``is_counted``. ``text`` is of all, None if they are too many;
    ``is_whole`` if nothing of it was cut off.
    """

    named: list[Named]
    is_counted: bool
    text: bytes | None
    is_whole: bool


async def of_all(directory: GitDirectory, sides: Sides, how: How, *, few: int, most: int) -> Beginning:
    """All files that differ, and the text if they are ``few``: at most so many bytes, in whole lines."""
    output, end = bytearray(), -1
    is_over = False
    flags = ["--raw", "--no-abbrev", "-p", f"-U{how.context}"]
    try:
        async with asyncio.timeout(PATIENCE), aclosing(_pieces(directory, sides, how, flags)) as pieces:
            async for piece in pieces:
                output += piece
                if end < 0:
                    end = output.find(_END, max(0, len(output) - len(piece) - 1))
                    if end < 0 and len(output) <= _MOST_NAMES:
                        continue
                    if end < 0 or output.count(b"\n", 0, end) >= few:
                        break
                if len(output) - end > most:
                    break
            else:
                is_over = True
    except TimeoutError:
        pass
    is_counted = end >= 0 or is_over
    named = _named(bytes(output[:end] if end >= 0 else output[: output.rfind(b"\n") + 1]))
    if len(named) > few or not is_counted:
        return Beginning(named, is_counted, None, is_whole=False)
    text = bytes(output[end + len(_END) :]) if end >= 0 else b""
    return Beginning(named, is_counted, text if is_over else _whole_lines(text[:most]), is_over)


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
        stdin=False,
    ) as process:
        while piece := await process.read():
            yield piece
        await check(process, "diff-tree")


def _whole_lines(text: bytes) -> bytes:
    return text[: text.rfind(b"\n") + 1]


def _named(text: bytes) -> list[Named]:
    """``:MODE MODE HASH HASH LETTER``, a tab, a path or two; odd ones are quoted, so no line is broken."""
    found = []
    for line in text.split(b"\n"):
        if not line.startswith(b":"):
            continue
        about, *paths = line.split(b"\t")
        old_mode, new_mode, _, _, status = about[1:].split(b" ")
        names = tuple(unquoted(path).decode("utf-8", "surrogateescape") for path in paths)
        found.append(Named(status[:1].decode("ascii"), (old_mode.decode(), new_mode.decode()), names))
    return found
