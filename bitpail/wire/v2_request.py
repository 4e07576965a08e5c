"""One request of protocol v2, taken apart: the command, what stands before the delimiter, what stands behind it.

Pure, and narrower than git: what git would refuse, or read in a way of its own,
is None here and goes to git. Source: gitprotocol-v2(5).
"""

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.wire.packet_lines import FLUSH, Packet, Special, parse


class V2Request(Struct, frozen=True):
    """Lines without their line end. ``capabilities`` are all lines before the delimiter but the command."""

    command: bytes
    capabilities: tuple[bytes, ...]
    arguments: tuple[bytes, ...]


def parse_request(content: bytes) -> V2Request | None:
    """The one request that a body holds; None when it is anything but one whole request."""
    if not content.endswith(FLUSH) or b"\0" in content:
        return None  # a NUL ends a line for git
    try:
        packets = parse(content)
    except Invalid:
        return None
    before_flush = packets[:-1]
    at = before_flush.index(Special.DELIMITER) if Special.DELIMITER in before_flush else len(before_flush)
    capabilities, arguments = _lines(before_flush[:at]), _lines(before_flush[at + 1 :])
    if capabilities is None or arguments is None:
        return None
    commands = [line for line in capabilities if line.startswith(b"command=")]
    if len(commands) != 1:
        return None
    others = tuple(line for line in capabilities if line is not commands[0])
    return V2Request(commands[0].removeprefix(b"command="), others, tuple(arguments))


def _lines(packets: list[Packet]) -> list[bytes] | None:
    lines = []
    for packet in packets:
        if not isinstance(packet, bytes) or not packet or packet.startswith(b"ERR "):
            return None
        lines.append(packet.removesuffix(b"\n"))
    return lines
