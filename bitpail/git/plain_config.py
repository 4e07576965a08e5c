"""Whether a repository's own config leaves refs and capabilities to what is known here.

Read for each request, since it is small and anybody may edit it. What could
change an answer in a way that only git knows makes it None: git is asked then.
"""

import re
from functools import lru_cache

from msgspec import Struct

from bitpail.git.directories import GitDirectory, common_directory

# Each changes which refs are told, says something new in each answer, or leads to
# another file or another kind of storage.
_GITS_AFFAIR = re.compile(
    rb"include|hiderefs|certnonce|advertisesid\b|lsrefs|worktreeconfig|refstorage|namespace|bundle",
    re.IGNORECASE,
)
_SHA256 = re.compile(rb"^\s*objectformat\s*=\s*sha256\s*$", re.IGNORECASE | re.MULTILINE)
_OBJECT_FORMAT = re.compile(rb"objectformat", re.IGNORECASE)
_LARGEST = 64 * 1024


class PlainConfig(Struct, frozen=True, gc=False):
    """``text`` is all of the file; ``object_format`` git's name of the hash, ``sha1`` or ``sha256``."""

    text: bytes
    object_format: bytes

    @property
    def width(self) -> int:
        """Digits of an object's name."""
        return 64 if self.object_format == b"sha256" else 40


def read(directory: GitDirectory) -> PlainConfig | None:
    """The config as it is now, or None when only git can tell what it means."""
    # Only an adopted directory can be a linked worktree, whose refs lie in two places.
    if directory.adopted and common_directory(directory.path) != directory.path:
        return None
    try:
        with open(f"{directory.path}/config", "rb", buffering=0) as stream:  # noqa: PTH123 on the way of each request
            text = stream.read(_LARGEST)
    except OSError:
        return None
    return _judged(text)


@lru_cache(maxsize=256)
def _judged(text: bytes) -> PlainConfig | None:
    if len(text) == _LARGEST or _GITS_AFFAIR.search(text):
        return None
    is_sha256 = _SHA256.search(text) is not None
    if not is_sha256 and _OBJECT_FORMAT.search(text):
        return None
    return PlainConfig(text, b"sha256" if is_sha256 else b"sha1")
