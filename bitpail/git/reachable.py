"""Which objects can be reached from the refs that somebody may see: what git may hand out, and nothing else.

``upload-pack`` of protocol 2 serves every object whose name is known: a commit of a
deleted branch, a file that was withdrawn, an object of a fork with which this repository
shares its store. Older protocols check commits only.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from msgspec import Struct

from bitpail.errors import GitError
from bitpail.git.command import Process, start
from bitpail.git.directories import GitDirectory

_REPOSITORIES = 256
_PER_REPOSITORY = 50_000

# What an answer may be before something else is asked: this much says that a whole
# history can't be reached.
_MOST_OUTPUT = 4 << 20


_BAD_OBJECT = re.compile(r"bad object ([0-9a-f]+)")


class _Missing(Exception):
    def __init__(self, hash_: str) -> None:
        super().__init__(hash_)
        self.hash = hash_


class Tips(Struct, frozen=True):
    """What refs hold. ``digest`` is another one whenever ``hashes`` are others."""

    hashes: frozenset[str]
    digest: bytes


@dataclass(slots=True)
class _Known:
    """What was found out while the refs were these."""

    digest: bytes = b""
    reached: set[str] = field(default_factory=set)
    beyond: set[str] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def are_now(self, digest: bytes) -> None:
        if self.digest != digest or len(self.reached) + len(self.beyond) > _PER_REPOSITORY:
            self.digest = digest
            self.reached, self.beyond = set(), set()


class Reachable:
    """Remembers what it found; one for each server process.

    ``patience`` is for how many seconds git may look for what only walking the whole
    history can find: files and directories, where there are no bitmaps.
    """

    def __init__(self, patience: float = 20.0) -> None:
        self._patience = patience
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def beyond(self, directory: GitDirectory, tips: Tips, hashes: Iterable[str]) -> set[str]:
        """Those that no ref reaches, or that aren't there, or for which looking took too long."""
        known = self._of(directory, tips)
        async with known.lock:  # the same question is asked once
            known.are_now(tips.digest)
            asked = {hash_ for hash_ in hashes if hash_ not in tips.hashes}
            unknown = asked - known.reached - known.beyond
            if unknown:
                try:
                    reached = await self._reached(directory, tips, unknown)
                except _Missing as error:
                    # Not remembered: it may come, and of the others nothing is known.
                    return {error.hash}
                known.reached |= reached
                known.beyond |= unknown - reached
            return asked & known.beyond

    async def hidden_commits(self, directory: GitDirectory, tips: Tips, hashes: Iterable[str]) -> set[str]:
        """Those that are there and that no ref reaches. What isn't there, git ignores."""
        known = self._of(directory, tips)
        async with known.lock:
            known.are_now(tips.digest)
            asked = {hash_ for hash_ in hashes if hash_ not in tips.hashes} - known.reached
            return await _not_reached(directory, tips, asked, "--ignore-missing") if asked else set()

    def _of(self, directory: GitDirectory, tips: Tips) -> _Known:
        path = str(directory.path)
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = _Known(tips.digest)
            if len(self._known) > _REPOSITORIES:
                self._known.popitem(last=False)
        self._known.move_to_end(path)
        return known

    async def _reached(self, directory: GitDirectory, tips: Tips, hashes: set[str]) -> set[str]:
        # Exact for commits, and for everything where there are bitmaps. Else it tells
        # only of the newest files, and the rest has to be looked for.
        left = await _not_reached(directory, tips, hashes, "--objects", "--use-bitmap-index")
        if left and tips.hashes:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await _walk(directory, tips, left)
        return hashes - left


async def _not_reached(directory: GitDirectory, tips: Tips, hashes: Collection[str], *flags: str) -> set[str]:
    """Of these commits, those that git lists when told to leave out what the refs reach."""
    lines = [*hashes, *(f"^{tip}" for tip in tips.hashes)]
    process = start(directory.path, "rev-list", *flags, "--no-object-names", "--stdin")
    async with process:
        feeding = asyncio.create_task(_feed(process, lines))
        try:
            listed = await _listed(process)
        finally:
            feeding.cancel()
        if listed is None:
            return set(hashes)
        if status := await process.wait():
            if (bad := _BAD_OBJECT.search(process.stderr)) and bad[1] in hashes:
                raise _Missing(bad[1])
            raise GitError("git rev-list failed", status, process.stderr)
    return listed.intersection(hashes)


async def _listed(process: Process) -> set[str] | None:
    """Every line; None if they are too many."""
    output = bytearray()
    while piece := await process.read():
        output += piece
        if len(output) > _MOST_OUTPUT:
            return None
    return set(output.decode().split())


async def _walk(directory: GitDirectory, tips: Tips, left: set[str]) -> None:
    """Walk the history from its newest commits until everything was met; takes away what was."""
    flags = ("--objects", "--in-commit-order", "--no-object-names", "--stdin")
    async with start(directory.path, "rev-list", *flags) as process:
        feeding = asyncio.create_task(_feed(process, list(tips.hashes)))
        rest = ""
        try:
            while left and (piece := await process.read()):
                *lines, rest = (rest + piece.decode()).split("\n")
                left.difference_update(lines)
        finally:
            feeding.cancel()
        if left and (status := await process.wait()):
            raise GitError("git rev-list failed", status, process.stderr)


async def _feed(process: Process, lines: list[str]) -> None:
    with suppress(BrokenPipeError):  # git has heard enough; its status tells why
        await process.write("".join(f"{line}\n" for line in lines).encode())
    process.close_stdin()
