"""The file that tells what a directory is about."""

import re
from pathlib import PurePosixPath

from bitpail.model.access import Access
from bitpail.model.trees import File
from bitpail.services import source
from bitpail.services.site import Site
from bitpail.services.source import Found
from bitpail.wire.markup_files import language_of

_NAME = re.compile(rb" readme(?:\.[a-z]{1,8})?\0", re.IGNORECASE)
_FILE_MODES = frozenset({"100644", "100755", "100664"})
_PLAIN = frozenset({"", ".txt"})


async def of(site: Site, access: Access, found: Found) -> File | None:
    """The one of a directory: in a language of markup, or else plain text."""
    ranked = [
        (rank, one)
        for one in await source.like(site, access, found, _NAME)
        if one.mode in _FILE_MODES and (rank := _rank(one.path)) is not None
    ]
    if not ranked:
        return None
    _, chosen = min(ranked, key=lambda pair: (pair[0], pair[1].path))
    return (await source.files(site, access, [chosen]))[chosen.path]


def _rank(path: str) -> int | None:
    """Less for what is preferred; None for what is neither markup nor plain text."""
    if language_of(path) is not None:
        return 0
    return 1 if PurePosixPath(path).suffix.lower() in _PLAIN else None
