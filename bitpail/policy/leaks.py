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
_LETTERS = re.compile(r"[0-9A-Za-z_-]*")
_MOST_LETTERS = attenuation.LONGEST - len(NARROWED)


def _letters_behind(data: bytes, match: re.Match[bytes]) -> str:
    """What stands behind a prefix, as far as the longest one goes: every other byte where NULs stand between."""
    if not match[1]:
        return data[match.end() : match.end() + _MOST_LETTERS].decode("latin-1")
    wide = data[match.end() : match.end() + 2 * _MOST_LETTERS]
    text, between = wide[::2], wide[1::2]
    # Up to the first that is none: the last letter may have no NUL behind it.
    end = len(between) - len(between.lstrip(b"\0"))
    return text[: end + 1].decode("latin-1")


class _NarrowedScanner:
    """The same for what was narrowed, which is long, and says itself how long.

    Kept is only what may be the beginning of one.
    """

    def __init__(self) -> None:
        self._kept = b""
        self._line = 1
        # How far into the whole the kept bytes lie, and where the last one began that was told.
        self._offset = 0
        self._told = -1

    def feed(self, piece: bytes) -> list[Found]:
        data = self._kept + piece if self._kept else piece
        done, incomplete = max(0, len(data) - 7), len(data)
        found = []
        for match in _NARROWED_CANDIDATE.finditer(data):
            start = match.start()
            if self._offset + start <= self._told:
                continue
            body = _letters_behind(data, match)
            count = attenuation.letters_of(body)
            if count is None:
                continue
            if count == 0 or count > len(body):
                # What follows may complete it; and another one may stand inside what only looks like one.
                if match.end() + len(body) * (len(match[1]) + 1) > len(data) - 2 and _LETTERS.fullmatch(body):
                    incomplete = min(incomplete, start)
                continue
            done = max(done, start + 1)
            secret = Secret(NARROWED + body[:count])
            if attenuation.parse(secret) is not None:
                self._told = self._offset + start
                found.append(Found(secret, self._line + data.count(b"\n", 0, start)))
        keep_from = min(done, incomplete)
        self._kept = data[keep_from:]
        self._line += data.count(b"\n", 0, keep_from)
        self._offset += keep_from
        return found
