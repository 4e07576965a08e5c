"""Finding app passwords and their kin in bytes that come in pieces, in bounded memory, text or not.

Only what has the form and the checksum of one is found, and of one that was narrowed; whether it is a live
one of this server is asked elsewhere.
"""

import re

from msgspec import Struct

from bitpail.policy import attenuation
from bitpail.policy.secrets import BODY_LENGTH, LETTERS, NARROWED, Family, Secret, looks_right

_LENGTH = max(len(family.value) for family in Family) + BODY_LENGTH
# Sought first: it takes a fraction of what the pattern does.
_NARROW = tuple(family.value.encode() for family in Family)
_MARKS = (*_NARROW, *(b"\0".join(bytes([one]) for one in prefix) for prefix in _NARROW))

# In ASCII, or with a NUL between the letters, as UTF-16 has them: what some shells
# write to a file. A look-ahead, since the end of what only looks like one may be
# the beginning of another; no look-behind, since anything may stand before one.
_CANDIDATE = re.compile(
    rb"(?=(b(\0?)p\2(?:[%b]\2)?_\2(?:[0-9A-Za-z]\2){%d}[0-9A-Za-z]))" % (LETTERS.encode(), BODY_LENGTH - 1)
)
_OVERLAP = 2 * _LENGTH - 2
"""The most of a secret that may stand in a piece without the rest: the widest, less a byte."""


class Found(Struct, frozen=True):
    """What looks like an app password, and in which line, counted from 1."""

    secret: Secret
    line: int


class Scanner:
    """One file, or one object of git's, from its first piece to its last."""

    def __init__(self) -> None:
        self._kept = b""
        self._line = 1
        self._narrowed = _NarrowedScanner()

    def feed(self, piece: bytes) -> list[Found]:
        """What the next piece completes."""
        data = self._kept + piece if self._kept else piece
        keep_from = max(0, len(data) - _OVERLAP)
        found = []
        if any(mark in data for mark in _MARKS):
            for match in _CANDIDATE.finditer(data):
                secret = Secret(match[1].replace(b"\0", b"").decode("ascii"))
                keep_from = max(keep_from, match.start() + 1)
                if looks_right(secret):
                    found.append(Found(secret, self._line + data.count(b"\n", 0, match.start())))
        self._kept = data[keep_from:]
        self._line += data.count(b"\n", 0, keep_from)
        narrowed = self._narrowed.feed(piece)
        return sorted((*found, *narrowed), key=lambda one: one.line) if narrowed else found


_NARROWED_CANDIDATE = re.compile(rb"b(\0?)p\1n\1_\1")
_RUNS = {
    wide: re.compile(rb"(?:[0-9A-Za-z_-]%s){0,%d}[0-9A-Za-z_-]?" % (wide, attenuation.LONGEST))
    for wide in (b"", b"\0")
}


class _NarrowedScanner:
    """The same for what was narrowed, which is long, and says itself how long.

    Kept is only what may be the beginning of one.
    """

    def __init__(self) -> None:
        self._kept = b""
        self._line = 1

    def feed(self, piece: bytes) -> list[Found]:
        data = self._kept + piece if self._kept else piece
        keep_from = max(0, len(data) - 7)
        found = []
        for match in _NARROWED_CANDIDATE.finditer(data):
            if not attenuation.may_begin(data[match.end() : match.end() + 1]):
                continue
            run = _RUNS[match[1]].match(data, match.end())
            text = NARROWED + (run[0].replace(b"\0", b"").decode("ascii") if run else "")
            exact = attenuation.cut(text)
            if exact is None and len(text) < attenuation.LONGEST and run and len(data) - run.end() < 2:
                keep_from = match.start()
                break
            keep_from = max(keep_from, match.start() + 1)
            if exact is not None and attenuation.parse(Secret(exact)) is not None:
                found.append(Found(Secret(exact), self._line + data.count(b"\n", 0, match.start())))
        self._kept = data[keep_from:]
        self._line += data.count(b"\n", 0, keep_from)
        return found
