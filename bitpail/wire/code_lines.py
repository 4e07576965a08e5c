"""Lines of a file as HTML: everything escaped, and what can't be seen made to be seen.

Lines are git's: what a line feed ends, and nothing else.
"""

import html
import re
from typing import Final

LONGEST: Final = 2000
"""Characters of a line that are shown."""

# What a terminal would obey, and what turns the direction of text: a reader must see
# what a compiler reads.
_UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FALSE_LATIN = "cp1252"


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8; else the Western European text that it most often is then."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A piece of a file may end inside of a character.
        if error.start >= len(content) - 3 and error.reason == "unexpected end of data":
            return content.decode("utf-8-sig", "replace")
        return content.decode(_FALSE_LATIN, "replace")


def lines_of(text: str) -> list[str]:
    """The lines, without what ends them; a carriage return before a line feed is part of its end."""
    lines = text.replace("\r\n", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def escaped(text: str) -> str:
    """Text without a line feed as HTML."""
    made = html.escape(text, quote=False)
    if made.isprintable():
        return made
    return _UNSEEN.sub(lambda found: f"<mark>U+{ord(found[0]):04X}</mark>", made)


def shown(line: str, *, is_cut: bool = False) -> str:
    """A line as HTML, as much of it as is shown; ``is_cut`` if there is more of it than this."""
    if len(line) <= LONGEST and not is_cut:
        return escaped(line)
    more = "more" if is_cut else f"{len(line) - LONGEST:,} more characters"
    return f"{escaped(line[:LONGEST])}<mark>… {more}</mark>"
