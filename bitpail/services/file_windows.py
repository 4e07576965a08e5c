"""Files as people read them: so many lines as fit a page, from any line on, of a file of any length.

A file that is held whole is cut into pages that don't depend on where one came from; a longer one is
read up to where the page ends, and no further.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec import Struct

from bitpail.errors import NotFound
from bitpail.model.access import Access
from bitpail.model.trees import File
from bitpail.services import highlighting, source
from bitpail.services.git_slots import whose
from bitpail.services.site import Site
from bitpail.wire.code_lines import LONGEST, decoded, shown

MOST_LINES, MOST_CHARACTERS = 1000, 80_000
"""Of a page; characters of HTML, and what a line costs beside them."""
_OF_A_LINE = 60
# Bytes: of a line that are held, and read; of a file that is read to where a page begins.
_HELD = 4 * LONGEST
_LONGEST_READ = 16 << 20
_FURTHEST = 256 << 20
# As far as git looks for a zero byte.
_LOOKED_AT = 8000


class Window(Struct, frozen=True):
    """Lines as HTML. ``first`` is the number of the first, ``size`` how many there are, None if nobody counted.

    ``previous`` and ``following`` are with which line another page begins; ``is_cut`` if the last line is so long
    that nobody looked for its end.
    """

    lines: list[str]
    first: int
    size: int | None
    previous: int | None
    following: int | None
    is_cut: bool = False

    @property
    def last(self) -> int:
        """The number of the last line that is shown."""
        return self.first + len(self.lines) - 1


async def window(site: Site, access: Access, file: File, line: int, most: int = MOST_LINES) -> Window | None:
    """The page of a file that has this line, of so many lines at most; None if the file turns out to be no text.

    Of one that is not held whole, the page that begins with the line. Raises NotFound if that is not there, or Busy.
    """
    content = await source.content(site, access, file)
    if isinstance(content, bytes):
        # The page that has it begins with it or before, and is no longer than this.
        furthest = line + most - 1
        return page(await highlighting.lines(site, file, decoded(content), furthest), line, most)
    async with site.slots.slot(*whose(access)):
        return await _beginning_at(content, line, most)


def page(lines: list[str], line: int, most: int = MOST_LINES) -> Window:
    """The one of the pages of a file that has this line."""
    starts = [0]
    room, number = MOST_CHARACTERS, 0
    for position, one in enumerate(lines):
        cost = len(one) + _OF_A_LINE
        if number and (cost > room or number >= most):
            starts.append(position)
            room, number = MOST_CHARACTERS, 0
        room, number = room - cost, number + 1
    at = next(at for at in reversed(range(len(starts))) if not at or starts[at] < line)
    end = starts[at + 1] if at + 1 < len(starts) else len(lines)
    return Window(
        lines[starts[at] : end],
        starts[at] + 1,
        len(lines),
        starts[at - 1] + 1 if at else None,
        end + 1 if end < len(lines) else None,
    )


async def _beginning_at(content: AsyncGenerator[bytes, None], line: int, most: int) -> Window | None:
    """The page that begins with this line; of a line no more is held than is shown."""
    lines: list[str] = []
    number, read, since, room, kept = 1, 0, 0, MOST_CHARACTERS, b""
    async with aclosing(content):
        async for piece in content:
            if not read and b"\0" in piece[:_LOOKED_AT]:
                return None
            read += len(piece)
            if read > _FURTHEST:
                break
            ends = piece.count(b"\n")
            if number < line and number + ends < line:
                number += ends
                continue
            since = len(piece) if ends or number < line else since + len(piece)
            *ended, rest = piece.split(b"\n", line - number)[-1].split(b"\n")
            number = line
            for part in ended:
                lines.append(_shown(kept, part))
                kept = b""
                room -= len(lines[-1]) + _OF_A_LINE
                if room <= 0 or len(lines) == most:
                    return _streamed(lines, line, line + len(lines))
            kept += rest[: max(0, _HELD + 1 - len(kept))]
            if since > _LONGEST_READ:
                break
    if kept:
        lines.append(_shown(kept, b""))
    if not lines:
        raise NotFound(f"there is no line {line}, or it is too far down to be shown")
    return _streamed(lines, line, None, is_cut=since > _LONGEST_READ)


def _streamed(lines: list[str], line: int, following: int | None, *, is_cut: bool = False) -> Window:
    previous = max(1, line - MOST_LINES // 2) if line > 1 else None
    return Window(lines, line, None, previous, following, is_cut)


def _shown(kept: bytes, part: bytes) -> str:
    held = kept + part[: max(0, _HELD + 1 - len(kept))]
    text = decoded(held[:_HELD]).removesuffix("\r")
    return shown(text, is_cut=len(held) > _HELD)
