"""The order in which people count: v9 before v10."""

import re

_DIGITS = re.compile("[0-9]+")


def key(text: str) -> str:
    """What to sort by: before each number, of any length, stands how long it is."""
    return f"{_DIGITS.sub(_counted, text)}\0{text}"


def _counted(found: re.Match[str]) -> str:
    plain = found[0].lstrip("0")
    return f"{len(plain):04}{plain}"
