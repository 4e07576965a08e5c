"""Annotated tags made here, each in a pack of its own to be pushed."""

import zlib
from hashlib import sha1, sha256

from msgspec import Struct

from bitpail.git.ident import plain

_TAG = 4


class NewTag(Struct, frozen=True):
    """``pack`` holds the tag object and nothing else."""

    hash: str
    pack: bytes


def annotated(name: str, target: str, message: str, *, tagger: tuple[str, str], time: int) -> NewTag:
    """A tag of a commit; ``tagger`` is name and address, ``time`` seconds since 1970, shown as UTC."""
    digest = sha256 if len(target) == 64 else sha1
    person = "{} <{}>".format(*(plain(text) for text in tagger))
    content = (
        f"object {target}\ntype commit\ntag {name}\ntagger {person} {time} +0000\n\n{message.rstrip()}\n"
    ).encode("utf-8", "surrogateescape")
    named = digest(b"tag %d\0%b" % (len(content), content)).hexdigest()
    pack = b"PACK" + (2).to_bytes(4, "big") + (1).to_bytes(4, "big")
    pack += _header(len(content)) + zlib.compress(content)
    return NewTag(named, pack + digest(pack).digest())


def _header(size: int) -> bytes:
    """Kind and length of an object in a pack: four bits of the length, then seven at a time."""
    first, rest = size & 15, size >> 4
    encoded = bytearray([_TAG << 4 | first])
    while rest:
        encoded[-1] |= 128
        encoded.append(rest & 127)
        rest >>= 7
    return bytes(encoded)
