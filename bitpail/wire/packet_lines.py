"""Packet lines: the framing of git's protocol.

Pure: bytes in, packets out. Strict, because what follows a wrong length can
only be guessed. Source: gitprotocol-common(5).
"""

from collections.abc import Iterator
from enum import Enum

from bitpail.errors import Invalid

LONGEST = 65520
"""Bytes of one packet line, its four digits included."""

_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")


class Special(Enum):
    """Packets without data."""

    FLUSH = b"0000"
    DELIMITER = b"0001"
    RESPONSE_END = b"0002"


FLUSH = Special.FLUSH.value

Packet = bytes | Special

_SPECIALS = {0: Special.FLUSH, 1: Special.DELIMITER, 2: Special.RESPONSE_END}


def encode(data: bytes) -> bytes:
    """One packet line with this data."""
    size = len(data) + 4
    if size > LONGEST:
        raise Invalid(f"a packet line of {size} bytes is longer than {LONGEST}")
    return b"%04x%b" % (size, data)


class Decoder:
    """Packets out of pieces that come as they like."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, piece: bytes) -> Iterator[Packet]:
        """Take a piece and give every packet that is whole now."""
        self._rest += piece
        return self._whole()

    def finish(self) -> None:
        """Raise Invalid when the stream ended inside a packet."""
        if self._rest:
            raise Invalid("the stream ends inside a packet line")

    def _whole(self) -> Iterator[Packet]:
        while len(self._rest) >= 4:
            size = length(bytes(self._rest[:4]))
            if size in _SPECIALS:
                del self._rest[:4]
                yield _SPECIALS[size]
                continue
            if len(self._rest) < size:
                return
            data = bytes(self._rest[4:size])
            del self._rest[:size]
            yield data


def length(digits: bytes) -> int:
    """What the four digits of a packet say: its bytes with them, or 0, 1, 2 for one without data. Raises Invalid."""
    if not _HEXADECIMAL.issuperset(digits):
        raise Invalid(f"not the length of a packet line: {digits!r}")
    said = int(digits, 16)
    if said == 3 or said > LONGEST:
        raise Invalid(f"not the length of a packet line: {digits!r}")
    return said


def parse(data: bytes) -> list[Packet]:
    """Every packet of a whole stream."""
    decoder = Decoder()
    packets = list(decoder.feed(data))
    decoder.finish()
    return packets
