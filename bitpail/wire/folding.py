"""Text in which upper and lower case are one, letter by letter: a place in it is the same place in the original.

``str.casefold`` makes two letters of some, and ``str.lower`` looks at what stands
beside a sigma; neither would do for finding and showing.
"""

import re
import unicodedata
from functools import cache

VERSION = f"1 {unicodedata.unidata_version}"
"""What is kept folded has to be made anew when this changes."""
_BEYOND = 0x20000
"""From here on there are ideographs only."""


def folded(text: str) -> str:
    """The text, as long as it was, without upper case."""
    # Most text has none of the letters for which the fast way would be wrong.
    if text.isascii() or not _particular().search(text):
        return text.lower()
    return text.translate(_table())


@cache
def _table() -> dict[int, str]:
    """Every letter that becomes another; made when the first text is not ASCII."""
    pairs = ((code, _one(chr(code))) for code in range(_BEYOND) if not 0xD800 <= code < 0xE000)
    return {code: letter for code, letter in pairs if letter != chr(code)}


@cache
def _particular() -> re.Pattern[str]:
    """Letters whose folded form is not what ``lower`` makes of them wherever they stand."""
    letters = [
        letter
        for letter in map(chr, range(0x80, _BEYOND))
        if letter == "\N{GREEK CAPITAL LETTER SIGMA}" or _table().get(ord(letter), letter) != letter.lower()
    ]
    return re.compile(f"[{re.escape(''.join(letters))}]")


def _one(letter: str) -> str:
    for other in (letter.casefold(), letter.lower()):
        if len(other) == 1:
            return other
    return letter
