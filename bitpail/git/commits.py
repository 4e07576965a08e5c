"""The bytes of commits and tags, read as people should see them.

Pure. Whatever somebody once wrote into a repository gives a value: mangled
lines, absurd times and unknown encodings are shown as well as they can be.
"""

import codecs
import re

from msgspec import Struct

from bitpail.model.commits import Commit, Signature, TagObject

# Only plain character sets: Python's other codecs can be slow or make lone surrogates.
_ENCODING = re.compile(
    r"(iso[-_]?8859[-_]?\d+|latin[-_]?\d|cp\d+|windows[-_]?125\d|koi8[-_][ru]|shift[-_]?jis|sjis"
    r"|euc[-_](jp|kr|cn)|gb(18030|k|2312)|big5|iso[-_]2022[-_](jp|kr)|(us[-_])?ascii|utf[-_]?8)",
    re.IGNORECASE,
)
_WHEN = re.compile(rb"\s*(-?\d+)?(?:\s+([+-]\d+))?\s*$")
_WHEN_AT_END = re.compile(rb"\s+\d+(?:\s+[+-]\d+)?\s*$")
_DATE = re.compile(rb"\s*\+?(\d+)")

LAST_TIME = 253402214400
"""The last second whose year has four digits anywhere; git shows absurd times as the epoch."""


class Metadata(Struct, frozen=True, gc=False):
    """What the order of history is made of: the committer's date and the parents."""

    date: int
    parents: tuple[str, ...]


def parse_commit(hash_: str, data: bytes) -> Commit:
    """The commit with this name and content."""
    headers, message = _split(data)
    decode = _decoder(headers)
    written, committed = _first(headers, b"author"), _first(headers, b"committer")
    author = parse_signature(written, decode)
    return Commit(
        hash=hash_,
        tree=_first(headers, b"tree").decode(errors="replace"),
        parents=_parents(headers),
        author=author,
        committer=author if committed == written else parse_signature(committed, decode),
        message=decode(message),
    )


def parse_tag(hash_: str, data: bytes) -> TagObject:
    """The annotated tag with this name and content."""
    headers, message = _split(data)
    decode = _decoder(headers)
    tagger = _first(headers, b"tagger")
    return TagObject(
        hash=hash_,
        target=_first(headers, b"object").decode(errors="replace"),
        tagger=parse_signature(tagger, decode) if tagger else None,
        message=decode(message),
    )


def parse_metadata(data: bytes) -> Metadata:
    """Date and parents, the date as git's own walk of history reads it: 0 when it can't be read."""
    headers, _ = _split(data)
    _, found, after = _first(headers, b"committer").partition(b">")
    match = _DATE.match(after) if found else None
    return Metadata(min(int(match[1]), 2**64 - 1) if match else 0, _parents(headers))


def _split(data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    head, _, message = data.partition(b"\n\n")
    headers = []
    for line in head.split(b"\n"):
        if not line.startswith(b" "):  # else a signature goes on
            name, _, value = line.partition(b" ")
            headers.append((name, value))
    return headers, message


def _first(headers: list[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    for name, value in headers:
        if name == wanted:
            return value
    return b""


def _parents(headers: list[tuple[bytes, bytes]]) -> tuple[str, ...]:
    return tuple(value.decode(errors="replace") for name, value in headers if name == b"parent")


class _Decoder(Struct, frozen=True):
    encoding: str

    def __call__(self, data: bytes) -> str:
        try:
            return data.decode(self.encoding)
        except UnicodeDecodeError:
            return data.decode(errors="replace")


_UTF8 = _Decoder("utf-8")


def _decoder(headers: list[tuple[bytes, bytes]]) -> _Decoder:
    name = _first(headers, b"encoding").decode("ascii", "replace").strip()
    if not name or not _ENCODING.fullmatch(name):
        return _UTF8
    try:
        return _Decoder(codecs.lookup(name).name)
    except LookupError:
        return _UTF8


def parse_signature(line: bytes, decode: _Decoder = _UTF8) -> Signature:
    """``Name <email> seconds zone``, or as much of it as there is."""
    opening, closing = line.find(b"<"), line.rfind(b">")
    if closing > opening:
        who, when = line[: closing + 1], _WHEN.match(line[closing + 1 :])
    else:
        end = _WHEN_AT_END.search(line)
        who, when = (line[: end.start()], _WHEN.match(end[0])) if end else (line, None)
    who = who.strip()
    name, _, email = who.partition(b"<") if opening >= 0 else (who, b"", b"")
    return Signature(
        raw=decode(who),
        name=decode(name.strip()),
        email=decode(email.strip(b"<> ")),
        time=_time(when[1] if when else None),
        offset=_offset(when[2] if when else None),
    )


def _time(digits: bytes | None) -> int:
    if digits is None or len(digits) > 12:
        return 0
    time = int(digits)
    return time if 0 <= time <= LAST_TIME else 0


def _offset(zone: bytes | None) -> int:
    if zone is None or len(zone) > 5:
        return 0
    hours, minutes = divmod(int(zone[1:]), 100)
    total = hours * 60 + minutes
    if total >= 24 * 60:
        return 0
    return -total if zone.startswith(b"-") else total
