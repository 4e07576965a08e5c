"""Whether a small push is whole: all that it makes reachable was sent with it, or stands in its parents.

Read here, object by object, at a fraction of what it costs to start ``git rev-list``.
Yes is certain. No means that only an exact look can tell.
"""

import asyncio
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec import Struct

from bitpail.errors import BitpailError
from bitpail.git.commits import parse_commit, parse_tag
from bitpail.git.directories import GitDirectory
from bitpail.git.objects import Objects
from bitpail.git.revisions import check_hashes
from bitpail.git.tree_objects import Tree
from bitpail.model.trees import Entry

_LARGEST = 1 << 20
"""Bytes of one object, and of all trees that are looked at, parents' included."""
_ASKED = 1024
"""What to ask for a stored object costs, in such bytes."""
_MOST = 100


class _Sent(Struct, frozen=True):
    """``content`` is empty for a file: nothing is in it that reaches further."""

    kind: bytes
    content: bytes


class _Unclear(Exception):
    """Something is neither sent nor in a parent, or is too large to be looked at here."""


async def is_whole(
    objects: Objects, directory: GitDirectory, quarantine: Path, new: Collection[str], tips: Collection[str]
) -> bool:
    """``new`` are the tips that a push brings, ``tips`` those that were there before."""
    sent = await asyncio.to_thread(_read, quarantine)
    if sent is None:
        return False
    try:
        walk = _Walk(objects, directory, sent, tips)
        for name in new:
            await walk.from_tip(name)
    except (_Unclear, BitpailError):
        return False
    return True


class _Walk:
    def __init__(
        self, objects: Objects, directory: GitDirectory, sent: Mapping[str, _Sent], tips: Collection[str]
    ) -> None:
        self._objects = objects
        self._directory = directory
        self._sent = sent
        self._tips = tips
        # A tree that was looked at once holds nothing unclear, wherever else it stands.
        self._done = set[str]()
        self._left = _LARGEST
        self._known = dict[str, dict[str, Entry]]()

    async def from_tip(self, name: str) -> None:
        """Everything that this object reaches; raises _Unclear."""
        waiting = [name]
        while waiting:
            name = waiting.pop()
            if name in self._tips or name in self._done:
                continue
            self._done.add(name)
            content = self._content(name, b"commit", b"tag")
            if self._sent[name].kind == b"tag":
                waiting.append(parse_tag(name, content).target)
                continue
            commit = parse_commit(name, content)
            above = [await self._tree_of(parent) for parent in commit.parents]
            await self._tree(commit.tree, above)
            waiting += commit.parents

    async def _tree_of(self, commit: str) -> str:
        if commit in self._sent:
            content = self._content(commit, b"commit")
        elif commit in self._tips:
            content = await self._stored(commit, "commit")
        else:
            raise _Unclear
        return parse_commit(commit, content).tree

    async def _tree(self, name: str, above: Collection[str]) -> None:
        """A tree, and those that stand in its place in the parents: what they hold is reachable."""
        if name in above or name in self._done:
            return
        self._done.add(name)
        inside = self._parsed(name, self._content(name, b"tree"))
        beside = [await self._entries(tree) for tree in above]
        for entry in inside:
            same = [found for tree in beside if (found := tree.get(entry.path)) is not None]
            if entry.is_submodule or any(found.hash == entry.hash for found in same):
                continue
            if entry.is_directory:
                await self._tree(entry.hash, [found.hash for found in same if found.is_directory])
            else:
                self._content(entry.hash, b"blob")

    async def _entries(self, tree: str) -> dict[str, Entry]:
        if tree not in self._known:
            content = self._content(tree, b"tree") if tree in self._sent else await self._stored(tree, "tree")
            self._known[tree] = {entry.path: entry for entry in self._parsed(tree, content)}
        return self._known[tree]

    def _parsed(self, name: str, content: bytes) -> list[Entry]:
        self._spend(len(content))
        return Tree(content, len(name) // 2).entries()

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _Unclear

    def _content(self, name: str, *kinds: bytes) -> bytes:
        sent = self._sent.get(name)
        if sent is None or sent.kind not in kinds:
            raise _Unclear
        return sent.content

    async def _stored(self, name: str, kind: str) -> bytes:
        self._spend(_ASKED)
        check_hashes([name])
        (answer,) = await self._objects.contents(self._directory, [name])
        if answer is None or answer.kind != kind:
            raise _Unclear
        return answer.data


def _read(quarantine: Path) -> dict[str, _Sent] | None:
    """What git has taken apart; None for a pack that stayed one, and for anything large."""
    if any(quarantine.glob("pack/*.pack")):
        return None
    found: dict[str, _Sent] = {}
    for file in quarantine.glob("[0-9a-f][0-9a-f]/*"):
        if len(found) == _MOST:
            return None
        read = _read_one(file)
        if read is None:
            return None
        found[file.parent.name + file.name] = read
    return found


def _read_one(file: Path) -> _Sent | None:
    with file.open("rb") as stream:
        unpack = zlib.decompressobj()
        try:
            head, _, content = unpack.decompress(stream.read(_LARGEST), _LARGEST).partition(b"\0")
        except zlib.error:
            return None
    kind = head.partition(b" ")[0]
    if kind == b"blob":
        return _Sent(kind, b"")
    return _Sent(kind, content) if unpack.eof else None
