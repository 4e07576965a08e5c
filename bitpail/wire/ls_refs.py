"""The command ls-refs of protocol v2, and lists of refs as lines that are made once.

Pure. Sources: gitprotocol-v2(5); which of many prefixes count, git's own ls-refs.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from msgspec import Struct

from bitpail.wire.packet_lines import encode
from bitpail.wire.v2_request import V2Request

_PREFIX = b"ref-prefix "
_TOO_MANY = 65536
_IGNORED = frozenset({b"agent", b"session-id", b"server-option"})


class LsRefs(Struct, frozen=True):
    """What a client wants to be told; no prefixes: everything."""

    peel: bool = False
    symrefs: bool = False
    unborn: bool = False
    prefixes: tuple[bytes, ...] = ()

    def wants_head(self) -> bool:
        """Whether HEAD begins with one of the prefixes."""
        return not self.prefixes or any(b"HEAD".startswith(prefix) for prefix in self.prefixes)


def parse(request: V2Request, object_format: bytes) -> LsRefs | None:
    """The request to a repository of this object format; None for what git would refuse, or may know better."""
    given = b"sha1"
    for line in request.capabilities:
        key, _, value = line.partition(b"=")
        if key == b"object-format":
            given = value
        elif key not in _IGNORED:
            return None
    if given != object_format:
        return None
    arguments = [line for line in request.arguments if not line.startswith(_PREFIX)]
    if not {b"peel", b"symrefs", b"unborn"}.issuperset(arguments):
        return None
    prefixes = [line[len(_PREFIX) :] for line in request.arguments if line.startswith(_PREFIX)]
    return LsRefs(
        peel=b"peel" in arguments,
        symrefs=b"symrefs" in arguments,
        unborn=b"unborn" in arguments,
        # Git then tells everything, since a part of them would hide refs.
        prefixes=tuple(prefixes) if len(prefixes) < _TOO_MANY else (),
    )


def line(
    target: bytes, name: bytes, wanted: LsRefs, symbolic: bytes | None = None, peeled: bytes | None = None
) -> bytes:
    """One ref; ``symbolic`` is what it stands for, ``peeled`` what is behind its tag. Target ``unborn``: none."""
    text = b"%b %b" % (target, name)
    if wanted.symrefs and symbolic:
        text += b" symref-target:" + symbolic
    if wanted.peel and peeled:
        text += b" peeled:" + peeled
    return encode(text + b"\n")


class Listing(Struct, frozen=True):
    """Packet lines of refs in the order of their names: all of them, and where each begins."""

    lines: bytes
    begins: "array[int]"

    @classmethod
    def of(cls, lines: Iterable[bytes]) -> "Listing":
        """Join what was made for each ref."""
        joined = list(lines)
        begins = array("Q", [0])
        end = 0
        for text in joined:
            end += len(text)
            begins.append(end)
        return cls(b"".join(joined), begins)

    def matching(self, names: Sequence[bytes], prefixes: Sequence[bytes]) -> list[bytes]:
        """Those whose names, which are sorted, begin with any prefix."""
        pieces = []
        last: bytes | None = None
        for prefix in sorted(set(prefixes)):
            if last is not None and prefix.startswith(last):
                continue
            last = prefix
            first, end = bisect_left(names, prefix), _end(names, prefix)
            if first < end:
                pieces.append(self.lines[self.begins[first] : self.begins[end]])
        return pieces


def _end(names: Sequence[bytes], prefix: bytes) -> int:
    stem = prefix.rstrip(b"\xff")
    if not stem:
        return len(names)
    return bisect_left(names, stem[:-1] + bytes([stem[-1] + 1]))
