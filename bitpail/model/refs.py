"""Refs of one repository at one moment."""

from msgspec import Struct


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


class Refs(Struct, frozen=True):
    """Every ref but hidden ones, in byte order of the names.

    ``head`` is the ref that HEAD names, whether or not it exists yet; None when
    HEAD is detached.
    """

    head: str | None
    refs: tuple[Ref, ...]
