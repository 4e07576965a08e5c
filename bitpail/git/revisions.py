"""What clients call commits and files: typed before git sees any of it.

A value of these types is safe to hand to git as one argument. Whether it names
anything is for others to find out.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from bitpail.errors import Invalid

REVISION_LENGTH = 1000
PATH_LENGTH = 4096

# What git's check-ref-format refuses anywhere in a name; it includes all of the
# operators of a revision expression: ranges, ^, ~, :, @{...} and globs.
_NOT_IN_REVISIONS = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)")
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HASH_LENGTHS = {40, 64}
_DIGITS = b"0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Revision:
    """A ref name or a hexadecimal object name, and no expression made of them."""

    text: str

    def __post_init__(self) -> None:
        text = self.text
        if len(text) > REVISION_LENGTH:
            raise Invalid(f"not a revision: {text[:40]!r}... is longer than {REVISION_LENGTH} characters")
        if (
            not text
            or text == "@"
            or text.startswith(("-", "/", "."))
            or text.endswith(("/", "."))
            or _NOT_IN_REVISIONS.search(text)
        ):
            raise Invalid(f"not a revision: {text!r}")


@dataclass(frozen=True, slots=True)
class RepositoryPath:
    """A file or directory inside a tree; slashes at either end are dropped."""

    text: str

    def __post_init__(self) -> None:
        text = self.text.strip("/")
        if len(text) > PATH_LENGTH:
            raise Invalid(f"not a path: {text[:40]!r}... is longer than {PATH_LENGTH} characters")
        if not text or "\0" in text or not {"", ".", ".."}.isdisjoint(text.split("/")):
            raise Invalid(f"not a path: {self.text!r}")
        object.__setattr__(self, "text", text)


@dataclass(frozen=True, slots=True)
class Source:
    """A path or URL to copy a repository from; never an option or a remote helper's ``ext::``."""

    text: str

    def __post_init__(self) -> None:
        text = self.text
        if not text or text.startswith("-") or "::" in text or not text.isprintable():
            raise Invalid(f"not a path or URL of a repository: {text!r}")


def is_hash(text: str) -> bool:
    """Whether it is a full object name: 40 or 64 lower-case hexadecimal digits."""
    return _HASH.fullmatch(text) is not None


def check_hashes(texts: Collection[str]) -> None:
    """Raise Invalid unless all are full object names; for long lists, in one look at them."""
    joined = "".join(texts)
    # Taking the digits away is ten times as fast as a regular expression.
    is_hexadecimal = joined.isascii() and not joined.encode().translate(None, delete=_DIGITS)
    if not is_hexadecimal or not _HASH_LENGTHS.issuperset(map(len, texts)):
        raise Invalid("not a list of object names")


def check_hash(text: str) -> str:
    """Return a full object name, or raise Invalid."""
    if not is_hash(text):
        raise Invalid(f"not an object name: {text[:80]!r}")
    return text
