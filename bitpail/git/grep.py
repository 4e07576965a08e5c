"""Lines of a commit's files that hold some words: one git, which reads what it finds and stops in time."""

from collections.abc import Sequence

from msgspec import Struct

from bitpail.errors import GitError, TookTooLong, TooLarge
from bitpail.git.command import run
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import check_hash

_SLOWEST = 5.0
_MOST = 4 << 20


class Line(Struct, frozen=True):
    """A line with its number from 1; odd bytes are shown as such."""

    path: str
    number: int
    text: str


async def lines(directory: GitDirectory, commit: str, words: Sequence[str]) -> list[Line]:
    """Lines with one of the words, of each text file that has all of them, whatever their case.

    Raises TookTooLong also for more than a page can show.
    """
    name = check_hash(commit)
    patterns = "".join(f"{word}\n" for word in words).encode("utf-8", "replace")
    flags = ("--full-name", "-I", "-i", "-F", "-n", "-z", "--all-match", "-f", "-")
    try:
        found = await run(directory.path, "grep", *flags, name, stdin=patterns, limit=_MOST, timeout=_SLOWEST)
    except GitError as error:
        if error.status == 1:
            return []
        raise
    except TooLarge:
        raise TookTooLong("too much was found: say more of what is looked for") from None
    return _parsed(found, len(name) + 1)


def _parsed(found: bytes, prefix: int) -> list[Line]:
    """``COMMIT:PATH NUL NUMBER NUL TEXT``, line by line; a path may hold anything but NUL."""
    parsed, position = [], 0
    while position < len(found):
        path_end = found.index(b"\0", position)
        number_end = found.index(b"\0", path_end + 1)
        end = found.find(b"\n", number_end)
        end = len(found) if end < 0 else end
        path = found[position + prefix : path_end].decode("utf-8", "surrogateescape")
        text = found[number_end + 1 : end].decode("utf-8", "replace")
        parsed.append(Line(path, int(found[path_end + 1 : number_end]), text))
        position = end + 1
    return parsed
