"""Colours of source files, kept for a while; what takes too long stays without."""

import time
from pathlib import PurePosixPath

from bitpail.errors import GitError, TooLarge, Unavailable
from bitpail.model.trees import File
from bitpail.services.site import Site
from bitpail.wire.code_lines import LONGEST, lines_of, shown
from bitpail.wire.kept import Kept

LARGEST = 256 * 1024
"""Bytes of a file that is coloured."""
_TRIED_AGAIN = 300.0
_STEP = 1000
_kept = Kept(16 << 20)


async def lines(site: Site, file: File, text: str, most: int) -> list[str]:
    """Each line of a file as HTML: the first ``most`` with colours, if it is short enough and they are made in time."""
    plain = lines_of(text)
    if len(text) > LARGEST or any(len(line) > LONGEST for line in plain):
        return [shown(line) for line in plain]
    # Whoever goes on to the next lines finds them there mostly.
    most = min(len(plain), -(-most // _STEP) * _STEP)
    # Files of the same content may be of different languages by their names.
    name = PurePosixPath(file.entry.path).name
    key = f"{file.entry.hash}:{most}:{name}"
    made = _kept.find(key)
    if made is None:
        made = await _made(site, f"{most} {name}", key, text)
    coloured = made.split("\n") if made is not None else []
    if len(coloured) != most:
        coloured = []
    return coloured + [shown(line) for line in plain[len(coloured) :]]


async def _made(site: Site, wanted: str, key: str, text: str) -> str | None:
    """With colours, None if there are none. The page is worth more than they are."""
    # The next visitors needn't wait for them again, but when the server has more time they are tried once more.
    failed = f"{key}:{time.monotonic() // _TRIED_AGAIN:.0f}"
    if _kept.find(failed) is not None:
        return None
    try:
        answer = await site.highlighter.ask(
            wanted.encode("utf-8", "surrogateescape"), text.encode("utf-8", "replace")
        )
    except Unavailable:
        return None
    except (GitError, TooLarge):
        _kept.keep(failed, "")
        return None
    made = answer.decode()
    _kept.keep(key, made)
    return made
