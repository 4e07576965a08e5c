"""Refs that the API moves: as pushes that the server itself makes.

So whatever rules a push rules these too, and there is no second way to a ref:
limits of the app password, names, the guard against secrets, quarantine, fsck.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from hashlib import sha1, sha256

from msgspec import Struct

from bitpail.errors import BitpailError, Conflict, GitError, Invalid
from bitpail.model.access import Access
from bitpail.services import transfer
from bitpail.services.site import Site
from bitpail.wire.packet_lines import FLUSH, Decoder, encode

_CAPABILITIES = b"report-status side-band-64k agent=bitpail"
_REPORT, _PROGRESS = 1, 2
_FSCK = re.compile(r"error: object [0-9a-f]+: (.+)")
_MOVED = ("fetch first", "already exists", "reference already exists", "failed to update ref", "is at ")
_NO_OBJECTS = b"PACK\0\0\0\2\0\0\0\0"
_PIECE = 1 << 16


class RefUpdate(Struct, frozen=True):
    """``old`` and ``new`` are object names, None for no such ref. ``name`` is whole: ``refs/heads/main``."""

    name: str
    old: str | None
    new: str | None


class PushRefused(BitpailError):
    """A rule of pushes refuses it; the message is what the person who pushes would read."""


async def apply(site: Site, access: Access, updates: list[RefUpdate], pack: bytes | None = None) -> None:
    """Move all of the refs or none; ``pack`` holds the objects that are new.

    Raises Conflict if one has moved meanwhile or exists, PushRefused, or Invalid
    for objects that git does not take.
    """
    request = _request(updates, pack)
    served = await transfer.receive_pack(site, access, None, request, is_large=False)
    decoder, report, said = Decoder(), Decoder(), b""
    lines: list[bytes] = []
    async with aclosing(served):
        async for piece in served:
            for packet in decoder.feed(piece):
                if not isinstance(packet, bytes):
                    continue
                if packet[0] == _REPORT:
                    lines += [line for line in report.feed(packet[1:]) if isinstance(line, bytes)]
                elif packet[0] == _PROGRESS:
                    said += packet[1:]
    _judge([line.decode("utf-8", "replace").strip() for line in lines], said.decode("utf-8", "replace"))


async def _request(updates: list[RefUpdate], pack: bytes | None) -> AsyncGenerator[bytes, None]:
    width = len(next(name for update in updates for name in (update.new, update.old) if name))
    nothing = "0" * width
    lines = [
        f"{update.old or nothing} {update.new or nothing} {update.name}".encode("utf-8", "surrogateescape")
        for update in updates
    ]
    # Of one alone git would then not say why it failed.
    atomic = b" atomic" if len(updates) > 1 else b""
    lines[0] += b"\0" + _CAPABILITIES + atomic + (b" object-format=sha256" if width == 64 else b"")
    yield b"".join(encode(line) for line in lines) + FLUSH
    if all(update.new is None for update in updates):
        return
    digest = sha256 if width == 64 else sha1
    content = pack or _NO_OBJECTS + digest(_NO_OBJECTS).digest()
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]


def _judge(report: list[str], said: str) -> None:
    if not report:
        raise GitError("git receive-pack reported nothing", stderr=said)
    if not report[0].startswith("unpack ok"):
        # fsck's own words, without which nobody could tell what to mend.
        why = _FSCK.search(said)
        raise Invalid(
            f"git does not take these objects: {why[1] if why else report[0].removeprefix('unpack ')}"
        )
    failed = [line.split(" ", 2) for line in report[1:] if line.startswith("ng ")]
    if not failed:
        return
    reasons = [words[2] if len(words) > 2 else "" for words in failed]
    if any("hook declined" in reason for reason in reasons):
        raise PushRefused(" ".join(said.split("\n")).strip() or "a rule of this repository refuses it")
    if any(moved in reason for reason in reasons for moved in _MOVED):
        raise Conflict(f"{failed[0][1]} has moved meanwhile: {reasons[0]}")
    raise Invalid(f"{failed[0][1]}: {reasons[0]}")
