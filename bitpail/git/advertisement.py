"""What git says before anything was asked for: its capabilities and, before protocol v2, the refs.

The capabilities are git's own words, learned by asking it once for each content
of a config, and forgotten when another git is installed. The refs come from a
snapshot. What can't be put together like that is None, and git's to say.
"""

import os
import re
from collections import OrderedDict
from contextlib import aclosing
from enum import Enum

from msgspec import Struct

from bitpail.errors import GitError, Invalid
from bitpail.git import transport
from bitpail.git.directories import GitDirectory
from bitpail.git.environment import executable
from bitpail.git.plain_config import PlainConfig
from bitpail.git.ref_snapshot import RefSnapshot
from bitpail.git.transport import Limits
from bitpail.model.transfer import Service
from bitpail.wire.packet_lines import Decoder, Special, encode

_KEPT = 256
_SYMREF = re.compile(rb" symref=HEAD:[^ \n]+")
_VERSION_1 = encode(b"version 1\n")


class _Kind(Enum):
    """What capabilities stand for: they differ by what HEAD is."""

    V2 = "v2"
    EMPTY = "no refs"
    DETACHED = "refs, and HEAD is none"
    SYMBOLIC = "HEAD names one"


class _Asked(Struct, frozen=True):
    config: bytes
    git: tuple[int, int, int]
    service: Service
    stateless: bool
    kind: _Kind


class Advertisements:
    """One for each server process."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Asked, bytes] = OrderedDict()

    async def v2(
        self, directory: GitDirectory, config: PlainConfig, limits: Limits, *, stateless: bool = True
    ) -> bytes | None:
        """What upload-pack can do; without the line that git's HTTP front end puts before other versions."""
        asked = _Asked(config.text, _git(), Service.UPLOAD_PACK, stateless, _Kind.V2)
        return await self._words(asked, directory, limits)

    async def refs(
        self,
        directory: GitDirectory,
        config: PlainConfig,
        snapshot: RefSnapshot,
        service: Service,
        version: int,
        limits: Limits,
        *,
        stateless: bool = True,
    ) -> bytes | None:
        """Refs and capabilities for version 0 or 1 of the protocol; receive-pack knows no other."""
        if os.path.exists(f"{directory.path}/shallow"):  # noqa: PTH110 on the way of each request
            return None  # each of its edges is told too
        kind = _kind(snapshot, service)
        asked = _Asked(config.text, _git(), service, stateless, kind)
        words = await self._words(asked, directory, limits)
        if words is None:
            return None
        content = (
            words if kind is _Kind.EMPTY else await snapshot.advertised(service, _named(words, snapshot))
        )
        return _VERSION_1 + content if version == 1 else content

    async def _words(self, asked: _Asked, directory: GitDirectory, limits: Limits) -> bytes | None:
        words = self._known.get(asked)
        if words is not None:
            self._known.move_to_end(asked)
            return words
        try:
            words = await _ask(asked, directory, limits)
        except (GitError, Invalid):
            return None
        if words is not None:
            self._known[asked] = words
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return words


def _git() -> tuple[int, int, int]:
    found = os.stat(executable())  # noqa: PTH116 on the way of each request
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _kind(snapshot: RefSnapshot, service: Service) -> _Kind:
    tells_head = service is Service.UPLOAD_PACK and snapshot.head.target is not None
    if not snapshot.names and not tells_head:
        return _Kind.EMPTY
    return _Kind.SYMBOLIC if tells_head and snapshot.head.symbolic else _Kind.DETACHED


def _named(words: bytes, snapshot: RefSnapshot) -> bytes:
    return words.replace(b"\0", b" symref=HEAD:" + (snapshot.head.symbolic or b""))


async def _ask(asked: _Asked, directory: GitDirectory, limits: Limits) -> bytes | None:
    """All that git says where it names no refs, else what stands behind the first one."""
    protocol = "version=2" if asked.kind is _Kind.V2 else None
    said = transport.advertise(directory, asked.service, protocol, limits, stateless=asked.stateless)
    decoder = Decoder()
    heard = []
    async with aclosing(said):
        async for piece in said:
            heard.append(piece)
            for packet in decoder.feed(piece):
                if (
                    asked.kind is _Kind.EMPTY
                    and isinstance(packet, bytes)
                    and b"capabilities^{}" not in packet
                ):
                    return None  # there is a ref now
                if asked.kind in {_Kind.DETACHED, _Kind.SYMBOLIC}:
                    return _template(packet, has_head=asked.kind is _Kind.SYMBOLIC)
    return b"".join(heard)


def _template(first: bytes | Special, *, has_head: bool) -> bytes | None:
    """The capabilities, with NUL where the name of the main branch stands; None when refs have changed."""
    if isinstance(first, Special):
        return None
    name, _, capabilities = first.partition(b"\0")
    if name.endswith(b" capabilities^{}"):
        return None
    template, count = _SYMREF.subn(b"\0", capabilities)
    return template if count == has_head else None
