"""Colours of source files, kept for a while; what takes too long stays without."""

from pathlib import PurePosixPath

from bitpail.errors import BitpailError
from bitpail.model.trees import File
from bitpail.services.site import Site
from bitpail.wire.code_lines import LONGEST, lines_of, shown
from bitpail.wire.kept import Kept

LARGEST = 256 * 1024
"""Bytes of a file that is coloured."""
_PLAIN = "\0"
_kept = Kept(16 << 20)


async def lines(site: Site, file: File, text: str) -> list[str]:
    """Each line of a file as HTML: with colours if it is short enough and they are made in time."""
    plain = lines_of(text)
    if len(text) > LARGEST or any(len(line) > LONGEST for line in plain):
        return [shown(line) for line in plain]
    # Files of the same content may be of different languages by their names.
    name = PurePosixPath(file.entry.path).name
    key = f"{file.entry.hash}:{name}"
    made = _kept.find(key)
    if made is None:
        made = await _made(site, name, text)
        _kept.keep(key, made)
    coloured = made.split("\n")
    return coloured if len(coloured) == len(plain) and made != _PLAIN else [shown(line) for line in plain]


async def _made(site: Site, name: str, text: str) -> str:
    try:
        made = await site.highlighter.ask(
            name.encode("utf-8", "surrogateescape"), text.encode("utf-8", "replace")
        )
    except BitpailError:
        # The page is worth more than its colours; the next visitor needn't wait for them again.
        return _PLAIN
    return made.decode()
