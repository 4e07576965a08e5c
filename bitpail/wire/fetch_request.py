"""What a client wants to fetch: requests of ``upload-pack``, of protocol 2 and of those before it.

Pure, and narrower than git: what is not understood to its last byte is refused,
so that git never serves a want that nobody judged. Sources: gitprotocol-v2(5),
gitprotocol-pack(5).
"""

import re

from msgspec import Struct
from msgspec.structs import replace

from bitpail.errors import Invalid
from bitpail.wire.packet_lines import FLUSH, Packet, Special, encode, parse
from bitpail.wire.v2_request import V2Request

MOST_LINES = 1_000_000
"""Of one request: more than a checkout of the largest known tree asks for."""

_OBJECT = {"sha1": re.compile(rb"[0-9a-f]{40}"), "sha256": re.compile(rb"[0-9a-f]{64}")}
_NUMBER = re.compile(rb"[0-9]{1,18}")
_DEEPEST = 2**31 - 1
_FLAGS = frozenset(
    {
        *(b"done", b"thin-pack", b"no-progress", b"include-tag", b"ofs-delta"),
        *(b"sideband-all", b"wait-for-done", b"deepen-relative"),
    }
)
_OF_OBJECTS = frozenset({b"want", b"have", b"shallow"})
_OF_NUMBERS = frozenset({b"deepen", b"deepen-since"})
# Each may occur once, or as often as the client likes.
_ONCE = frozenset({b"deepen", b"deepen-since", b"filter", b"packfile-uris"})
_OF_TEXT = frozenset({b"deepen-not", b"filter", b"want-ref", b"packfile-uris"})


class Fetch(Struct, frozen=True):
    """A ``fetch`` of protocol 2. Hashes are lowercase, each once, in order.

    ``options`` are the other arguments as they stood, sorted: ``thin-pack``,
    ``deepen 1``. ``capabilities`` are other than the format and the names of
    client and session.
    """

    object_format: str
    capabilities: tuple[bytes, ...]
    wants: tuple[str, ...]
    haves: tuple[str, ...]
    shallows: tuple[str, ...]
    options: tuple[bytes, ...]

    @property
    def is_done(self) -> bool:
        """Whether the client waits for a pack now, and does not negotiate any more."""
        return b"done" in self.options

    def has(self, *names: bytes) -> bool:
        """Whether one of these arguments is there, whatever its value."""
        return any(option.partition(b" ")[0] in names for option in self.options)

    def encoded(self) -> bytes:
        """The request as git is given it: the same for all that mean the same."""
        # Who says nothing of it means this one, too.
        said = (b"object-format=%b" % self.object_format.encode(), *self.capabilities)
        lines = [
            *(encode(line + b"\n") for line in (b"command=fetch", *said)),
            Special.DELIMITER.value,
            *(encode(option + b"\n") for option in self.options if option != b"done"),
            *(encode(b"shallow %b\n" % hash_.encode()) for hash_ in self.shallows),
            *(encode(b"want %b\n" % hash_.encode()) for hash_ in self.wants),
            *(encode(b"have %b\n" % hash_.encode()) for hash_ in self.haves),
            *([encode(b"done\n")] if self.is_done else []),
            FLUSH,
        ]
        return b"".join(lines)

    def without(self, hashes: set[str]) -> "Fetch":
        """The same, but that the client does not claim to have these."""
        if not hashes:
            return self
        haves = tuple(hash_ for hash_ in self.haves if hash_ not in hashes)
        if self.haves and not haves:
            # Without any git would not negotiate, and answer what the client does not expect.
            haves = ("0" * len(self.haves[0]),)
        shallows = tuple(hash_ for hash_ in self.shallows if hash_ not in hashes)
        return replace(self, haves=haves, shallows=shallows)


def parse_fetch(request: V2Request) -> Fetch:
    """The fetch that a request of protocol 2 asks for; raises Invalid for anything else."""
    if request.command != b"fetch":
        raise Invalid("the command is not fetch")
    _check_count(len(request.arguments))
    object_format, capabilities = _capabilities(request.capabilities)
    objects: dict[bytes, set[bytes]] = {name: set() for name in _OF_OBJECTS}
    options: set[bytes] = set()
    given: set[bytes] = set()
    for line in request.arguments:
        name, space, value = line.partition(b" ")
        if name in _OF_OBJECTS and space:
            objects[name].add(_hash(value, object_format))
            continue
        if name in _ONCE and name in given:
            raise Invalid(f"the argument {name.decode()} stands there twice")
        _check_option(name, has_value=bool(space), value=value)
        given.add(name)
        options.add(line)
    if b"deepen" in given and given & {b"deepen-since", b"deepen-not"}:
        raise Invalid("deepen goes with neither deepen-since nor deepen-not")
    return Fetch(
        object_format,
        capabilities,
        _sorted(objects[b"want"]),
        _sorted(objects[b"have"]),
        _sorted(objects[b"shallow"]),
        tuple(sorted(options)),
    )


def _capabilities(lines: tuple[bytes, ...]) -> tuple[str, tuple[bytes, ...]]:
    object_format = "sha1"
    kept = set()
    for line in lines:
        name, _, value = line.partition(b"=")
        if name == b"object-format" and value in {b"sha1", b"sha256"}:
            object_format = value.decode()
        elif name == b"server-option":
            kept.add(line)
        elif name not in {b"agent", b"session-id"}:
            raise Invalid(f"the capability {_shown(line)} was not advertised")
    return object_format, tuple(sorted(kept))


def _check_option(name: bytes, *, has_value: bool, value: bytes) -> None:
    if not has_value and name in _FLAGS:
        return
    if name == b"deepen" and _NUMBER.fullmatch(value) and not 0 < int(value) <= _DEEPEST:
        raise Invalid(f"not a depth: {_shown(value)}")
    if has_value and (
        (name in _OF_NUMBERS and _NUMBER.fullmatch(value)) or (name in _OF_TEXT and 0 < len(value) <= 4096)
    ):
        return
    raise Invalid(f"not an argument of fetch: {_shown(name)}")


def _hash(value: bytes, object_format: str) -> bytes:
    if not _OBJECT[object_format].fullmatch(value):
        raise Invalid(f"not the name of an object: {_shown(value)}")
    return value


def _sorted(hashes: set[bytes]) -> tuple[str, ...]:
    return tuple(hash_.decode() for hash_ in sorted(hashes))


def _shown(data: bytes) -> str:
    return repr(data[:100].decode("ascii", "replace"))


def _check_count(count: int) -> None:
    if count > MOST_LINES:
        raise Invalid(f"the request has more than {MOST_LINES} lines")


class OldFetch(Struct, frozen=True):
    """A fetch of protocol 0 or 1, line by line as it came: ``packets``."""

    packets: tuple[Packet, ...]
    wants: tuple[str, ...]
    haves: tuple[str, ...]
    shallows: tuple[str, ...]

    def without(self, hashes: set[str]) -> bytes:
        """The request, but that the client does not claim to have these."""
        lines = []
        for packet in self.packets:
            if isinstance(packet, Special):
                lines.append(packet.value)
                continue
            name, _, hash_ = packet.removesuffix(b"\n").partition(b" ")
            if name not in {b"have", b"shallow"} or hash_.decode() not in hashes:
                lines.append(encode(packet))
        return b"".join(lines)


def parse_old_fetch(content: bytes) -> OldFetch:
    """The request of a protocol before 2; raises Invalid.

    ``want``s, the first with capabilities, and how deep; a flush; then haves and
    flushes as they come, and ``done`` or the end.
    """
    packets = parse(content)
    _check_count(len(packets))
    if Special.DELIMITER in packets or Special.RESPONSE_END in packets or Special.FLUSH not in packets:
        raise Invalid("not a request of upload-pack")
    at = packets.index(Special.FLUSH)
    wants, shallows = _old_wants(_lines(packets[:at]))
    haves = _old_haves(_lines([packet for packet in packets[at:] if packet is not Special.FLUSH]))
    return OldFetch(tuple(packets), wants, haves, shallows)


def _old_wants(lines: list[bytes]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    wants: set[bytes] = set()
    shallows: set[bytes] = set()
    object_format = "sha1"
    for number, line in enumerate(lines):
        name, _, value = line.partition(b" ")
        if name == b"want":
            hash_, _, capabilities = value.partition(b" ")
            if number == 0:
                if b"object-format=sha256" in capabilities.split(b" "):
                    object_format = "sha256"
            elif capabilities:
                raise Invalid("only the first want has capabilities")
            wants.add(_hash(hash_, object_format))
        elif number == 0:
            raise Invalid("the first line is no want")
        elif name == b"shallow":
            shallows.add(_hash(value, object_format))
        elif name in _OF_NUMBERS or name in {b"deepen-not", b"filter"}:
            _check_option(name, has_value=True, value=value)
        else:
            raise Invalid(f"not a line of a request: {_shown(line)}")
    return _sorted(wants), _sorted(shallows)


def _old_haves(lines: list[bytes]) -> tuple[str, ...]:
    haves: set[bytes] = set()
    for number, line in enumerate(lines):
        name, _, value = line.partition(b" ")
        if line == b"done" and number == len(lines) - 1:
            break
        if name != b"have":
            raise Invalid(f"not a line of a request: {_shown(line)}")
        haves.add(_hash(value, "sha256" if len(value) == 64 else "sha1"))
    return _sorted(haves)


def _lines(packets: list[Packet]) -> list[bytes]:
    lines = []
    for packet in packets:
        # For git a NUL ends a line; what stands behind it would be judged and not served, or the reverse.
        if not isinstance(packet, bytes) or not packet or b"\0" in packet:
            raise Invalid("not a request of upload-pack")
        lines.append(packet.removesuffix(b"\n"))
    return lines
