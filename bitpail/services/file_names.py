"""Files of a commit by parts of their names, for whoever wants to get to one quickly."""

import asyncio
from pathlib import Path

from msgspec import Struct

from bitpail.git.file_names import file_names
from bitpail.git.kept import Kept
from bitpail.git.revisions import Revision
from bitpail.model.access import Access
from bitpail.services.git_slots import whose
from bitpail.services.repositories import directory
from bitpail.services.site import Site

MOST = 100
_LONGEST = 200
_MOST_WORDS = 10
_MOST_LOOKED_AT = 20_000

_kept: Kept[tuple[Path, str], bytes] = Kept(32 << 20)


class FoundNames(Struct, frozen=True):
    """Paths, the likeliest first, ``MOST`` of them; ``has_more`` if there are others. ``commit`` is a hash."""

    commit: str
    paths: list[str]
    has_more: bool


async def find(site: Site, access: Access, revision: str, text: str) -> FoundNames:
    """Files whose paths hold each word of the text, in either case; all of them for none.

    Raises Invalid, NotFound, Busy, or TookTooLong where there are too many names.
    """
    git_directory = await directory(site, access)
    commit = await site.objects.commit_named(git_directory, Revision(revision))
    key = (git_directory.path, commit.tree)
    names = _kept.get(key)
    if names is None:
        async with site.slots.slot(*whose(access)):
            names = await file_names(git_directory, commit.tree)
        _kept.keep(key, names, len(names))
    words = text[:_LONGEST].encode("utf-8", "surrogateescape").lower().split()[:_MOST_WORDS]
    # Of a hundred thousand names it takes some milliseconds.
    paths, has_more = await asyncio.to_thread(_chosen, names, words)
    return FoundNames(commit.hash, paths, has_more)


def _chosen(names: bytes, words: list[bytes]) -> tuple[list[str], bool]:
    if not words:
        listed = names[1:].split(b"\n", MOST + 1)
        found = [name for name in listed[: MOST + 1] if name]
        return [_text(name) for name in found[:MOST]], len(found) > MOST
    found = _matching(names, words)
    found.sort(key=lambda name: _rank(name, words))
    return [_text(name) for name in found[:MOST]], len(found) > MOST


def _matching(names: bytes, words: list[bytes]) -> list[bytes]:
    """Those that hold each word: looked for by the longest one, which few have."""
    lowered, longest = names.lower(), max(words, key=len)
    found: list[bytes] = []
    position = lowered.find(longest)
    while position >= 0 and len(found) < _MOST_LOOKED_AT:
        start, end = lowered.rfind(b"\n", 0, position) + 1, lowered.find(b"\n", position)
        if all(word in lowered[start:end] for word in words):
            found.append(names[start:end])
        position = lowered.find(longest, end)
    return found


def _rank(name: bytes, words: list[bytes]) -> tuple[bool, bool, int, bytes]:
    """A file that is called so comes before one that begins so, and that before one somewhere below such a name."""
    base = name.lower().rpartition(b"/")[2]
    return not all(word in base for word in words), not base.startswith(words[0]), len(name), name


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
