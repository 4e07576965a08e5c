"""What lies in a Git directory: how many packs, loose objects and refs, and what makes them quick to read.

Only looks, and at files only: no git is started.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from bitpail.errors import NotFound
from bitpail.git.directories import GitDirectory, common_directory

_MIDX_HEADER = 12
_GRAPHS = ("commit-graph", "commit-graphs/commit-graph-chain")


class State(Struct, frozen=True):
    """What there is. ``unindexed``: packs that the multi-pack index does not know, or knows and are gone.

    ``is_partial``: objects or history are elsewhere (alternates, shallow), so that no bitmap can be
    whole. ``is_lazy``: a partial clone, whose packs are left alone.
    """

    packs: int
    loose: int
    loose_refs: int
    bytes: int
    unindexed: int
    has_bitmap: bool
    has_graph: bool
    is_partial: bool
    is_lazy: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is no object."""
        return not self.packs and not self.loose

    @property
    def wants_packing(self) -> bool:
        """Whether there is anything that packing would change."""
        if self.is_empty or self.is_lazy:
            return False
        if self.is_partial:
            return self.loose > 0 or self.packs > 1
        return self.loose > 0 or self.unindexed != 0 or not self.has_bitmap


async def look(directory: GitDirectory) -> State:
    """What there is now; raises NotFound if there is no directory any more."""
    return await asyncio.to_thread(_look, common_directory(directory.path))


def _look(path: Path) -> State:
    packs, size, promised = 0, 0, False
    try:
        with os.scandir(path / "objects" / "pack") as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    size += entry.stat().st_size
                packs += entry.name.endswith(".pack")
                promised = promised or entry.name.endswith(".promisor")
    except OSError:
        if not path.exists():
            raise NotFound("the repository's directory is gone") from None
    loose, loose_size = _loose(path / "objects")
    return State(
        packs=packs,
        loose=loose,
        loose_refs=sum(len(files) for _, _, files in os.walk(path / "refs")),
        bytes=size + loose_size,
        unindexed=packs - _indexed(path),
        has_bitmap=any((path / "objects" / "pack").glob("multi-pack-index-*.bitmap")),
        has_graph=any((path / "objects/info" / name).exists() for name in _GRAPHS),
        is_partial=(path / "objects/info/alternates").exists() or (path / "shallow").exists(),
        is_lazy=promised,
    )


def _loose(objects: Path) -> tuple[int, int]:
    number, size = 0, 0
    for first in range(256):
        with suppress(OSError), os.scandir(objects / f"{first:02x}") as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    size += entry.stat().st_size
                    number += 1
    return number, size


def _indexed(path: Path) -> int:
    """How many packs the multi-pack index is over."""
    try:
        with (path / "objects/pack/multi-pack-index").open("rb") as stream:
            header = stream.read(_MIDX_HEADER)
    except OSError:
        return 0
    return int.from_bytes(header[8:], "big") if len(header) == _MIDX_HEADER else 0
