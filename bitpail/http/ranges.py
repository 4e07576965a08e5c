"""Which bytes of a representation a client asks for. RFC 9110, section 14.

One range is served; several at once are answered with the whole, as a server may.
"""

import re

from msgspec import Struct
from starlette.datastructures import Headers

_ONE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE)


class Range(Struct, frozen=True):
    """``start`` counts from 0, ``end`` is behind the last byte. Nothing between them: no such byte is there."""

    start: int
    end: int

    @property
    def is_empty(self) -> bool:
        """Whether it has to be refused."""
        return self.start >= self.end


def wanted(headers: Headers, size: int, tag: str) -> Range | None:
    """What the client asks for of so many bytes with this tag; None for all of them."""
    given = _ONE.fullmatch(headers.get("range", ""))
    if given is None or headers.get("if-range", tag) != tag:
        return None
    first, last = given.groups()
    if first:
        if last and int(last) < int(first):
            return None
        return Range(int(first), min(int(last) + 1, size) if last else size)
    if not last:
        return None
    return Range(max(size - int(last), 0), size) if int(last) else Range(size, size)
