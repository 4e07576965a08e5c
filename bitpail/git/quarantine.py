"""What a push brought, read while it is in quarantine: every object, and where in the history it stands.

Objects come in pieces, so that a large file is never held whole. What git added
to complete a thin pack is in quarantine too and was there before.
"""

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from bitpail.errors import GitError
from bitpail.git.command import Process, run, start
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.environment import Config
from bitpail.git.revisions import check_hash, check_hashes

# Larger files are not unpacked in memory by git either.
_STREAMED: Config = (("core.bigFileThreshold", "8m"),)


_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PIECE = 64 * 1024


class NewObject(Struct, frozen=True, gc=False):
    """``kind`` is git's word: commit, tree, blob or tag."""

    hash: str
    kind: str


class Origin(Struct, frozen=True, gc=False):
    """The first commit that has an object, and where in it; ``path`` is empty for its top."""

    commit: str
    path: str


async def contents(
    directory: GitDirectory, quarantine: Path
) -> AsyncGenerator[tuple[NewObject, bytes], None]:
    """Every object in quarantine, each in pieces that follow each other; raises GitError."""
    # Most pushes are a few objects, and to read those costs less than to start a git.
    is_packed = any(quarantine.glob("pack/*.pack"))
    found = _packed(directory, quarantine) if is_packed else _loose(quarantine)
    async with aclosing(found):
        async for one in found:
            yield one


async def _loose(quarantine: Path) -> AsyncGenerator[tuple[NewObject, bytes], None]:
    for file in quarantine.glob("[0-9a-f][0-9a-f]/*"):
        if not _HASH.fullmatch(name := file.parent.name + file.name):
            continue
        read: NewObject | None = None
        with file.open("rb") as stream:
            try:
                for piece in _inflated(stream):
                    content = piece
                    if read is None:
                        header, _, content = piece.partition(b"\0")
                        read = NewObject(name, header.partition(b" ")[0].decode("ascii"))
                    if content:
                        yield read, content
                    await asyncio.sleep(0)
            except (zlib.error, ValueError) as error:
                raise GitError(f"the object {name} can't be read: {error}") from None


def _inflated(stream: BinaryIO) -> Iterator[bytes]:
    """In pieces of some size, whatever a small file unpacks to. The first holds the header."""
    unpack = zlib.decompressobj()
    while data := stream.read(_PIECE):
        while data and not unpack.eof:
            if piece := unpack.decompress(data, _PIECE):
                yield piece
            data = unpack.unconsumed_tail


async def _packed(directory: GitDirectory, quarantine: Path) -> AsyncGenerator[tuple[NewObject, bytes], None]:
    process = start(
        directory.path,
        "cat-file",
        *("--batch", "--batch-all-objects", "--unordered", "--buffer"),
        config=_STREAMED,
        # Without the repository's own objects as alternates: nothing else is listed.
        env={"GIT_OBJECT_DIRECTORY": str(quarantine)},
        stdin=False,
    )
    async with process:
        output = _Output(process)
        while header := await output.line():
            name, kind, size = header.split(b" ")
            read = NewObject(name.decode("ascii"), kind.decode("ascii"))
            rest = int(size)
            while rest:
                piece = await output.some(rest)
                rest -= len(piece)
                yield read, piece
            await output.some(1)
        await _check(process, "cat-file")


async def origins(
    directory: GitDirectory, quarantine: Path, tips: Iterable[str], wanted: Collection[str]
) -> dict[str, Origin]:
    """Where the wanted objects stand in what the new tips add to the repository's refs."""
    hashes = list(tips)
    check_hashes(hashes)
    process = start(
        directory.path,
        "rev-list",
        *("--objects", "--in-commit-order", "--topo-order", "--reverse", "--stdin", "--not", "--all"),
        env=_with(directory, quarantine),
    )
    found: dict[str, Origin] = {}
    async with process:
        await process.write("".join(f"{name}\n" for name in hashes).encode())
        process.close_stdin()
        output, commit = _Output(process), ""
        while line := await output.line():
            name, named, path = line.decode("utf-8", "replace").partition(" ")
            if not named:
                commit = name
            if name in wanted:
                found.setdefault(name, Origin(commit, path))
        await _check(process, "rev-list")
    return found


async def added(
    directory: GitDirectory, quarantine: Path, new: Collection[str], tips: Iterable[str]
) -> AsyncGenerator[list[bytes], None]:
    """What the new tips reach and the old ones do not, and of older files some more; names in binary.

    Raises GitError, also if something is missing.
    """
    check_hashes(new)
    lines = [*new, *(f"^{name}" for name in tips)]
    process = start(
        directory.path,
        "rev-list",
        "--objects",
        "--no-object-names",
        "--stdin",
        env=_with(directory, quarantine),
    )
    async with process:
        feeding = asyncio.create_task(_feed(process, lines))
        rest = b""
        try:
            while piece := await process.read():
                *names, rest = (rest + piece).split(b"\n")
                yield [bytes.fromhex(name.decode("ascii")) for name in names]
                await asyncio.sleep(0)  # git may be so fast that nothing here ever waits
        finally:
            feeding.cancel()
        await _check(process, "rev-list")


async def exists(directory: GitDirectory, name: str) -> bool:
    """Whether the repository had an object before the push."""
    try:
        await run(directory.path, "cat-file", "-e", check_hash(name))
    except GitError as error:
        if error.status > 0:
            return False
        raise
    return True


def _with(directory: GitDirectory, quarantine: Path) -> dict[str, str]:
    """The repository as it will be when the push is accepted."""
    return {
        "GIT_OBJECT_DIRECTORY": str(quarantine),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(common_directory(directory.path) / "objects"),
    }


async def _feed(process: Process, lines: list[str]) -> None:
    with suppress(BrokenPipeError):  # git has heard enough; its status tells why
        await process.write("".join(f"{line}\n" for line in lines).encode())
    process.close_stdin()


async def _check(process: Process, command: str) -> None:
    status = await process.wait()
    if status:
        raise GitError(f"git {command} failed", status, process.stderr)


class _Output:
    """What a git prints, by line and by size."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._rest = b""
        self._position = 0

    async def line(self) -> bytes:
        """The next line without its end; nothing at the end of the output."""
        while (end := self._rest.find(b"\n", self._position)) < 0:
            if not await self._more():
                return b""
        line = self._rest[self._position : end]
        self._position = end + 1
        return line

    async def some(self, most: int) -> bytes:
        """The next bytes, at least one; raises GitError if there is none."""
        if self._position == len(self._rest) and not await self._more():
            raise GitError("git ended in the middle of an object")
        piece = self._rest[self._position : self._position + most]
        self._position += len(piece)
        return piece

    async def _more(self) -> bool:
        await asyncio.sleep(0)  # git may be so fast that nothing here ever waits
        piece = await self._process.read()
        self._rest = self._rest[self._position :] + piece
        self._position = 0
        return bool(piece)
