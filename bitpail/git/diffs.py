"""What differs between two commits: as text, as counts for each file, as a series of patches.

Two trees are compared by plumbing, which no repository's own configuration of
colours, drivers or prefixes reaches.
"""

from collections.abc import AsyncGenerator, AsyncIterator

from msgspec import Struct

from bitpail.errors import GitError
from bitpail.git.command import Process, run, start
from bitpail.git.directories import GitDirectory
from bitpail.git.environment import Config
from bitpail.git.revisions import RepositoryPath, Revision, check_hash
from bitpail.model.diffs import ChangedFile, FileSide

_EMPTY_TREES = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_PLAIN = ("-r", "--no-ext-diff", "--no-textconv", "--no-color")
# Comparing each with each costs the square of their number.
_RENAMES = ("-M", "-l1000")
_STATUSES = {"A": "added", "D": "removed", "R": "renamed", "C": "renamed"}
_SLOWEST = 60.0
PATIENCE = 10.0
"""Seconds that somebody waits for a page."""

SMALL: Config = (("core.bigFileThreshold", "8m"),)
"""For a page: from this size on git compares no lines."""

_SECTION = b"diff --git "


class Sides(Struct, frozen=True):
    """Two commits to be compared. ``old`` is None before the first commit."""

    old: str | None
    new: str


class How(Struct, frozen=True):
    """``context`` is lines around a change; no paths means all."""

    context: int = 3
    ignore_whitespace: bool = False
    binary: bool = True
    renames: bool = True
    paths: tuple[RepositoryPath, ...] = ()


class Named(Struct, frozen=True):
    """What git says of a file without a look inside: a letter, modes and paths, of which a rename has two."""

    status: str
    modes: tuple[str, str]
    paths: tuple[str, ...]

    def changed(self, added: int, removed: int, *, is_binary: bool) -> ChangedFile:
        """The same with what a look inside told."""
        return ChangedFile(
            status=_STATUSES.get(self.status, "modified"),
            added=added,
            removed=removed,
            old=None if self.status == "A" else FileSide(self.paths[0], self.modes[0], is_binary),
            new=None if self.status == "D" else FileSide(self.paths[-1], self.modes[1], is_binary),
        )


async def text(directory: GitDirectory, sides: Sides, how: How) -> AsyncGenerator[bytes, None]:
    """The differences as git prints them, in pieces. Raises GitError, also after the first piece."""
    flags = [*flags_of(how), "-p", f"-U{how.context}"]
    process = start(
        directory.path, "diff-tree", *flags, revisions=trees_of(sides), paths=how.paths, stdin=False
    )
    async with process:
        pieces = _pieces(process)
        async for piece in pieces if how.binary else _without_binary(pieces):
            yield piece
        await check(process, "diff-tree")


async def _pieces(process: Process) -> AsyncIterator[bytes]:
    while piece := await process.read():
        yield piece


async def _without_binary(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Leave out the files of which git only says that they differ.

    What is inside a file begins with another character than its header does, so no content is mistaken.
    """
    rest, header, in_header = b"", b"", False
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        kept = []
        for line in lines:
            if line.startswith(_SECTION):
                kept.append(header)
                header, in_header = line + b"\n", True
            elif in_header and line.startswith(b"Binary files "):
                header, in_header = b"", False
            elif in_header:
                header += line + b"\n"
                in_header = not line.startswith(b"@@")
            else:
                kept += [header, line + b"\n"]
                header = b""
        if output := b"".join(kept):
            yield output
    if header + rest:
        yield header + rest


async def files(directory: GitDirectory, sides: Sides, how: How, *, shown: bool = False) -> list[ChangedFile]:
    """Every file that differs, by its path, with the lines that it gained and lost; 0 and 0 if it is binary.

    With ``shown`` to a person who waits, large files are taken for binary ones. Raises TookTooLong.
    """
    flags = [*flags_of(how), "--raw", "--numstat", "-z", "--abbrev=40"]
    output = await run(
        directory.path,
        "diff-tree",
        *flags,
        revisions=trees_of(sides),
        paths=how.paths,
        timeout=PATIENCE if shown else _SLOWEST,
        config=SMALL if shown else (),
    )
    return _parse(output.split(b"\0"))


def flags_of(how: How) -> list[str]:
    """What git is told of it."""
    flags = [*_PLAIN, *(_RENAMES if how.renames else ("--no-renames",))]
    return [*flags, "-w"] if how.ignore_whitespace else flags


def trees_of(sides: Sides) -> list[Revision]:
    """Both sides, the empty tree before the first commit."""
    old = sides.old or _EMPTY_TREES[len(sides.new)]
    return [Revision(check_hash(old)), Revision(check_hash(sides.new))]


def _parse(fields: list[bytes]) -> list[ChangedFile]:
    """First a line for each file with modes and names, then the numbers of those with lines that count."""
    named, position = parse_names(fields)
    numbers = _numbers(fields, position)
    found = []
    for one in named:
        counted = numbers.get(one.paths[-1])
        if counted is None:
            # With white space ignored nothing may be left of what differs.
            continue
        is_binary = counted[0] is None
        found.append(one.changed(counted[0] or 0, counted[1] or 0, is_binary=is_binary))
    return found


def parse_names(fields: list[bytes]) -> tuple[list[Named], int]:
    """The files of ``--raw -z``, and where they end. What was cut off at its end is left out."""
    position, named = 0, []
    while position < len(fields) and fields[position].startswith(b":"):
        old_mode, new_mode, _, _, status = fields[position][1:].split(b" ")
        letter = status[:1].decode("ascii")
        end = position + (3 if letter in "RC" else 2)
        if end > len(fields):
            break
        paths = tuple(_path(field) for field in fields[position + 1 : end])
        named.append(Named(letter, (old_mode.decode(), new_mode.decode()), paths))
        position = end
    return named, position


def _numbers(fields: list[bytes], position: int) -> dict[str, tuple[int | None, int | None]]:
    """Lines gained and lost by path, the new one of two; None and None if it is binary."""
    found: dict[str, tuple[int | None, int | None]] = {}
    while position < len(fields) and fields[position]:
        added, removed, path = fields[position].split(b"\t", 2)
        position += 1 if path else 3
        counted = (None, None) if added == b"-" else (int(added), int(removed))
        found[_path(path or fields[position - 1])] = counted
    return found


def _path(field: bytes) -> str:
    return field.decode("utf-8", "surrogateescape")


async def patches(directory: GitDirectory, sides: Sides, *, one: bool) -> AsyncGenerator[bytes, None]:
    """A mail for each commit that ``new`` has and ``old`` has not, oldest first; ``one``: of ``new`` alone.

    Merges have none. Raises GitError, also after the first piece.
    """
    flags = ["--stdout", "--no-color", "--no-ext-diff", "--no-signature", "--full-index", "--binary"]
    flags += ["-1"] if one else ["--stdin"]
    new = check_hash(sides.new)
    revisions = [Revision(new)] if one else []
    process = start(directory.path, "format-patch", *flags, revisions=revisions, stdin=not one)
    async with process:
        if not one:
            excluded = f"^{check_hash(sides.old)}\n" if sides.old else ""
            await process.write(f"{new}\n{excluded}".encode())
            process.close_stdin()
        async for piece in _pieces(process):
            yield piece
        await check(process, "format-patch")


async def merge_base(directory: GitDirectory, one: str, other: str) -> str | None:
    """The best commit that both have; None if their histories never met."""
    try:
        output = await run(
            directory.path, "merge-base", revisions=[Revision(check_hash(one)), Revision(check_hash(other))]
        )
    except GitError as error:
        if error.status == 1:
            return None
        raise
    return output.decode("ascii").strip()


async def check(process: Process, command: str) -> None:
    """Raise GitError if it failed."""
    status = await process.wait()
    if status:
        raise GitError(f"git {command} failed", status, process.stderr)
