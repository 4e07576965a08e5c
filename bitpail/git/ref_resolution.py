"""From the files of refs to what each ref names: loose before packed, symbolic refs followed to their end.

Pure. Where git would warn of a broken ref there is no result at all.
"""

import re
from dataclasses import dataclass

from msgspec import Struct

from bitpail.git.ref_files import RefFiles

_DEPTH = 5
_BAD_NAME = re.compile(rb"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|/\.|//|\.lock(/|$)|[./]$")
_HEAD = b"HEAD"
_CONTENT = {
    width: re.compile(rb"(?:([0-9a-f]{%d})(?:[ \t\r\n][^\0]*)?|ref:\s*([^\0]*?)\s*)" % width, re.DOTALL)
    for width in (40, 64)
}


class Head(Struct, frozen=True):
    """``symbolic`` is the ref that HEAD names in the end, None when detached; no ``target``: unborn."""

    symbolic: bytes | None
    target: bytes | None
    peeled: bytes | None


@dataclass(slots=True)
class Resolved:
    """Refs by full name, hidden ones too; HEAD apart.

    ``peeled`` has what packed-refs says to be behind tags; ``unknown`` are names of
    objects of which git has to say what they are. ``symbolic`` leaves out what stands for nothing.
    """

    head: Head
    targets: dict[bytes, bytes]
    peeled: dict[bytes, bytes]
    symbolic: dict[bytes, bytes]
    unknown: set[bytes]


def resolve(files: RefFiles, width: int) -> Resolved | None:
    """None when a file holds no ref, or one that names another without end."""
    contents = {**files.loose, _HEAD: files.head}
    direct: dict[bytes, bytes] = {}
    symbolic: dict[bytes, bytes] = {}
    for name, content in contents.items():
        match = _CONTENT[width].fullmatch(content)
        if match is None:
            return None
        target, other = match.groups()
        if target and target.strip(b"0"):
            direct[name] = target
        elif other and other.startswith(b"refs/") and not _BAD_NAME.search(other):
            symbolic[name] = other
        else:
            return None
    ends = {name: _end(name, symbolic) for name in symbolic}
    if None in ends.values():
        return None
    targets, peeled, unknown = _packed(files)
    for name in files.loose:
        targets.pop(name, None)
        peeled.pop(name, None)
    unknown.update(direct.values())
    head_target = direct.pop(_HEAD, None)
    targets |= direct
    return _linked(head_target, targets, peeled, {name: end for name, end in ends.items() if end}, unknown)


def _packed(files: RefFiles) -> tuple[dict[bytes, bytes], dict[bytes, bytes], set[bytes]]:
    lines = files.packed.lines
    targets = {name: target for target, name, _ in lines}
    peeled = {name: behind for _, name, behind in lines if behind}
    unknown = set() if files.packed.fully_peeled else {target for target, _, behind in lines if not behind}
    return targets, peeled, unknown


def _end(name: bytes, symbolic: dict[bytes, bytes]) -> bytes | None:
    for _ in range(_DEPTH - 1):
        name = symbolic[name]
        if name not in symbolic:
            return name
    return None


def _linked(
    head_target: bytes | None,
    targets: dict[bytes, bytes],
    peeled: dict[bytes, bytes],
    ends: dict[bytes, bytes],
    unknown: set[bytes],
) -> Resolved:
    of_head = ends.pop(_HEAD, None)
    symbolic = {name: end for name, end in ends.items() if end in targets}
    for name, end in symbolic.items():
        targets[name] = targets[end]
        if end in peeled:
            peeled[name] = peeled[end]
    target = head_target if of_head is None else targets.get(of_head)
    return Resolved(Head(of_head, target, None), targets, peeled, symbolic, unknown)
