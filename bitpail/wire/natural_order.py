"""The order in which people count: v9 before v10."""

import re

_PARTS = re.compile(r"\d+|\D+")


def key(text: str) -> list[tuple[int, int, str]]:
    """What to sort by: digits as numbers of any length, which come before letters."""
    return [
        _counted(part) if part.isdecimal() and part.isascii() else (1, 0, part)
        for part in _PARTS.findall(text)
    ]


def _counted(digits: str) -> tuple[int, int, str]:
    plain = digits.lstrip("0")
    return 0, len(plain), f"{plain} {digits}"
