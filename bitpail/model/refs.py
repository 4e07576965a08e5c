"""Refs of one repository at one moment."""

from bisect import bisect_left
from functools import cached_property
from operator import attrgetter

from msgspec import Struct

_NAME = attrgetter("name")


class Ref(Struct, frozen=True, gc=False):
    """One ref. ``name`` is full (``refs/heads/main``), decoded with surrogateescape.

    ``target`` is what the ref holds; ``peeled`` is the object behind an annotated
    tag, or the same as ``target``.
    """

    name: str
    target: str
    peeled: str

    @property
    def short(self) -> str:
        """The name as people say it: without ``refs/heads/`` or ``refs/tags/``."""
        return self.name.split("/", 2)[2] if self.name.count("/") >= 2 else self.name


class Refs(Struct, frozen=True, dict=True):
    """Every ref but hidden ones, in byte order of the names.

    ``head`` is the ref that HEAD names, whether or not it exists yet; None when
    HEAD is detached.
    """

    head: str | None
    refs: tuple[Ref, ...]

    @cached_property
    def by_name(self) -> dict[str, Ref]:
        """Each by its full name."""
        return {ref.name: ref for ref in self.refs}

    def below(self, prefix: str) -> tuple[Ref, ...]:
        """Those whose names begin so; the prefix is ASCII and ends in a slash."""
        # The character after the slash: no name below the prefix reaches it, and bytes sort as text does.
        first = bisect_left(self.refs, prefix, key=_NAME)
        return self.refs[first : bisect_left(self.refs, f"{prefix[:-1]}0", lo=first, key=_NAME)]
