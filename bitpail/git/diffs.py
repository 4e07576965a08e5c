"""What differs between two commits: as text, as counts for each file, as a series of patches.

Two trees are compared by plumbing, which no repository's own configuration of
colours, drivers or prefixes reaches.
"""

from collections.abc import AsyncGenerator, AsyncIterator

from msgspec import Struct

from bitpail.errors import GitError
from bitpail.git.command import Process, run, start
from bitpail.git.directories import GitDirectory
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


async def text(directory: GitDirectory, sides: Sides, how: How) -> AsyncGenerator[bytes, None]:
    """The differences as git prints them, in pieces. Raises GitError, also after the first piece."""
    flags = [*_flags(how), "-p", f"-U{how.context}"]
    process = start(
        directory.path, "diff-tree", *flags, revisions=_trees(sides), paths=how.paths, stdin=False
    )
    async with process:
        pieces = _pieces(process)
        async for piece in pieces if how.binary else _without_binary(pieces):
            yield piece
        await _check(process, "diff-tree")


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


async def files(directory: GitDirectory, sides: Sides, how: How) -> list[ChangedFile]:
    """Every file that differs, by its path, with the lines that it gained and lost; 0 and 0 if it is binary."""
    flags = [*_flags(how), "--raw", "--numstat", "-z", "--abbrev=40"]
    output = await run(
        directory.path, "diff-tree", *flags, revisions=_trees(sides), paths=how.paths, timeout=_SLOWEST
    )
    return _parse(output.split(b"\0"))


def _flags(how: How) -> list[str]:
    flags = [*_PLAIN, *(_RENAMES if how.renames else ("--no-renames",))]
    return [*flags, "-w"] if how.ignore_whitespace else flags


def _trees(sides: Sides) -> list[Revision]:
    old = sides.old or _EMPTY_TREES[len(sides.new)]
    return [Revision(check_hash(old)), Revision(check_hash(sides.new))]


def _parse(fields: list[bytes]) -> list[ChangedFile]:
    """First a line for each file with modes and names, then numbers for those of which something is to be shown."""
    position, described = 0, []
    while position < len(fields) and fields[position].startswith(b":"):
        old_mode, new_mode, _, _, status = fields[position][1:].split(b" ")
        letter = status[:1].decode("ascii")
        count = 2 if letter in "RC" else 1
        names = fields[position + 1 : position + 1 + count]
        described.append((letter, (old_mode.decode(), new_mode.decode()), names))
        position += 1 + count
    numbers = _numbers(fields[position:])
    # With white space ignored nothing may be left of what differs.
    return [
        _changed(letter, modes, [_path(name) for name in names], numbers[names[-1]])
        for letter, modes, names in described
        if names[-1] in numbers
    ]


def _numbers(fields: list[bytes]) -> dict[bytes, tuple[bytes, bytes]]:
    """Lines added and removed by the new name of each file."""
    found, position = {}, 0
    while position < len(fields) and fields[position]:
        added, removed, name = fields[position].split(b"\t", 2)
        if not name:
            position += 2
            name = fields[position]
        found[name] = added, removed
        position += 1
    return found


def _changed(
    letter: str, modes: tuple[str, str], paths: list[str], numbers: tuple[bytes, bytes]
) -> ChangedFile:
    added, removed = numbers
    is_binary = added == b"-"
    return ChangedFile(
        status=_STATUSES.get(letter, "modified"),
        added=0 if is_binary else int(added),
        removed=0 if is_binary else int(removed),
        old=None if letter == "A" else FileSide(paths[0], modes[0], is_binary),
        new=None if letter == "D" else FileSide(paths[-1], modes[1], is_binary),
    )


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
        await _check(process, "format-patch")


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


async def _check(process: Process, command: str) -> None:
    status = await process.wait()
    if status:
        raise GitError(f"git {command} failed", status, process.stderr)
