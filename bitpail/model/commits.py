"""Commits and tags as Git has them, decoded for people."""

from msgspec import Struct


class Signature(Struct, frozen=True, gc=False):
    """Who and when. ``time`` is seconds since 1970, ``offset`` minutes east of UTC.

    ``raw`` is ``Name <email>`` without the time.
    """

    raw: str
    name: str
    email: str
    time: int
    offset: int


class Commit(Struct, frozen=True, gc=False):
    """``hash`` and ``parents`` are full lower-case hexadecimal object names."""

    hash: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


class TagObject(Struct, frozen=True, gc=False):
    """An annotated tag; ``tagger`` is missing in some very old ones."""

    hash: str
    target: str
    tagger: Signature | None
    message: str
