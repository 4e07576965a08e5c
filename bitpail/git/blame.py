"""Which commit each line of a file is from, as far as git gets in its time."""

import asyncio
from contextlib import suppress

from msgspec import Struct

from bitpail.errors import GitError
from bitpail.git.command import start
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import RepositoryPath, check_hash
from bitpail.wire.quoted_paths import unquoted


class Part(Struct, frozen=True):
    """Lines from ``first`` on, ``count`` of them, as ``commit`` left them; ``path`` is what the file was called there.

    ``previous`` is the commit before that change with the file's name, None if the file was new.
    """

    first: int
    count: int
    commit: str
    path: str
    previous: tuple[str, str] | None


async def blame(
    directory: GitDirectory, commit: str, path: str, first: int, last: int, seconds: float
) -> tuple[list[Part], bool]:
    """The parts of some lines in their order, and whether these are all. Raises GitError."""
    reader = _Reader()
    flags = ("--incremental", f"-L{first},{last}", "--no-progress")
    with suppress(TimeoutError):
        async with (
            asyncio.timeout(seconds),
            start(
                directory.path,
                "blame",
                *flags,
                # This command doesn't know --end-of-options; a hash can't be one.
                check_hash(commit),
                paths=[RepositoryPath(path)],
                # What an adopted repository names there is a file of the server's.
                config=(("blame.ignoreRevsFile", ""),),
                stdin=False,
            ) as process,
        ):
            while piece := await process.read():
                reader.feed(piece)
            if status := await process.wait():
                raise GitError("git blame failed", status, process.stderr)
    parts = sorted(reader.parts, key=lambda part: part.first)
    return parts, sum(part.count for part in parts) >= last - first + 1


class _Reader:
    """What git says, line by line: a commit with its lines, what it knows of the commit, and the file's name."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._rest = b""
        self._head: tuple[str, int, int] | None = None
        # Told once for each commit.
        self._previous: dict[str, tuple[str, str]] = {}

    def feed(self, piece: bytes) -> None:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._line(line)

    def _line(self, line: bytes) -> None:
        word, _, rest = line.partition(b" ")
        if self._head is None:
            _, number, count = rest.split(b" ")
            self._head = (word.decode("ascii"), int(number), int(count))
        elif word == b"previous":
            before, _, path = rest.partition(b" ")
            self._previous[self._head[0]] = (before.decode("ascii"), _path(path))
        elif word == b"filename":
            commit, first, lines = self._head
            self.parts.append(Part(first, lines, commit, _path(rest), self._previous.get(commit)))
            self._head = None


def _path(quoted: bytes) -> str:
    return unquoted(quoted).decode("utf-8", "surrogateescape")
