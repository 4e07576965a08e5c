"""Which commit changed each entry of a directory last: one walk for all of them.

Each commit hands on to its parents what they have as it does; what none of them has so is its own
change. So a merge counts only for what it made itself. The walk is git's, over the commits that
touched the directory, and it ends when every entry has its commit, or when time is up.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec import Struct

from bitpail.errors import GitError, NotFound
from bitpail.git import trees
from bitpail.git.command import start
from bitpail.git.directories import GitDirectory
from bitpail.git.objects import Objects
from bitpail.git.revisions import RepositoryPath, Revision, check_hash

_BATCH = 64
_FEW = 16
_MOST_COMMITS = 100_000
# Before the space of a name; a hash may hold anything.
_MODES = (b"00644", b"00755", b"40000", b"20000", b"60000", b"00664")

_ENTRY = {size: re.compile(rb"\d?(\d{5}) ([^\0]+)\0([\s\S]{%d})" % size) for size in (20, 32)}

Parents = dict[str, list[str]]


class Found(Struct, frozen=True):
    """Hashes of commits by the names of entries; ``first`` is the first commit of the walk, at which this holds too.

    ``is_whole`` if every entry has its one.
    """

    hashes: dict[str, str]
    is_whole: bool
    first: str | None


async def last_changes(
    objects: Objects,
    directory: GitDirectory,
    commit: str,
    path: str,
    names: Sequence[str],
    seconds: float,
    before: Found | None = None,
) -> Found:
    """What is found of these entries of a directory, the top one for an empty path. Raises GitError.

    ``before`` is whole, of the same directory, perhaps of other entries: a walk that comes to its first commit need not go on.
    """
    if not names:
        return Found({}, is_whole=True, first=None)
    walk = _Walk(commit, [_bytes(name) for name in names], before)
    known: dict[str, bytes] = {}
    try:
        async with asyncio.timeout(seconds), aclosing(_batches(directory, commit, path)) as batches:
            async for batch in batches:
                wanted = walk.wanted(batch)
                known = {name: known[name] for name in wanted if name in known}
                missing = [name for name in wanted if name not in known]
                known |= await _contents(objects, directory, missing, path)
                # Thousands of comparisons would hold up the loop.
                await asyncio.to_thread(walk.go_over, batch, known)
                if walk.is_done:
                    break
    except TimeoutError:
        pass
    hashes = {name.decode("utf-8", "surrogateescape"): hash_ for name, hash_ in walk.found.items()}
    return Found(hashes, walk.is_done, walk.first)


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


class _Walk:
    """What is known so far: ``found`` has the commits of names, ``_held`` the names that a commit has still to judge,
    ``_seen`` the parents of those that were walked over, ``_entries`` what was read of a commit for its child.
    """

    def __init__(self, commit: str, names: Sequence[bytes], before: Found | None) -> None:
        self.found: dict[bytes, str] = {}
        self.first: str | None = None
        self._before = before.first if before else None
        self._told = {_bytes(name): hash_ for name, hash_ in before.hashes.items()} if before else {}
        self._size = len(commit) // 2
        self._held: dict[str, list[bytes]] = {commit: list(names)}
        self._seen: Parents = {}
        self._entries: dict[str, dict[bytes, bytes]] = {}

    @property
    def is_done(self) -> bool:
        """Whether nobody has anything left to judge."""
        return not self._held

    def wanted(self, batch: Parents) -> list[str]:
        """The commits whose directories a batch may need."""
        return [*dict.fromkeys(name for commit, above in batch.items() for name in (commit, *above))]

    def go_over(self, batch: Parents, known: dict[str, bytes]) -> None:
        """Judge what the commits of a batch hold, in its order."""
        if not self._seen and batch:
            # The commit itself need not have touched the directory: git begins with the one that did.
            (names,) = self._held.values()
            self.first = next(iter(batch))
            self._held = {self.first: names}
            self._take(self.first)
        for commit, above in batch.items():
            self._seen[commit] = above
            self._judge(commit, known)

    def _judge(self, first: str, known: dict[str, bytes]) -> None:
        waiting = [first]
        while waiting:
            commit = waiting.pop()
            names = self._held.pop(commit, None)
            own = self._entries.pop(commit, None)
            if not names:
                continue
            if own is None or not own.keys() >= set(names):
                own = _entries(known.get(commit, b""), names, self._size)
            for parent in self._seen[commit]:
                theirs = _entries(known.get(parent, b""), names, self._size)
                same = {name for name in names if name in own and theirs.get(name) == own[name]}
                if same:
                    # Mostly the next to be judged, and all that it holds.
                    self._entries[parent] = theirs
                    self._held.setdefault(parent, []).extend(same)
                    self._take(parent)
                    names = [name for name in names if name not in same]
                    # Clocks ran backwards: it came before its child.
                    if parent in self._seen and parent in known:
                        waiting.append(parent)
            self.found |= dict.fromkeys(names, commit)

    def _take(self, commit: str) -> None:
        """Of the commit that an earlier walk began with, nothing has to be judged again."""
        if commit != self._before:
            return
        names = self._held.pop(commit)
        self.found |= {name: self._told[name] for name in names if name in self._told}
        if rest := [name for name in names if name not in self._told]:
            self._held[commit] = rest


def _entries(tree: bytes, names: list[bytes], size: int) -> dict[bytes, bytes]:
    """Modes and hashes of these entries of a directory as git stores it."""
    if len(names) <= _FEW:
        return {name: entry for name in names if (entry := _entry(tree, name, size))}
    wanted = set(names)
    # A loop over the bytes would take five times as long.
    return {name: mode + hash_ for mode, name, hash_ in _ENTRY[size].findall(tree) if name in wanted}


def _entry(tree: bytes, name: bytes, size: int) -> bytes:
    wanted = b" %b\0" % name
    space = tree.find(wanted)
    while space > 0:
        if tree[space - 5 : space] in _MODES:
            end = space + len(wanted)
            return tree[space - 5 : space] + tree[end : end + size]
        space = tree.find(wanted, space + 1)
    return b""


async def _contents(
    objects: Objects, directory: GitDirectory, commits: list[str], path: str
) -> dict[str, bytes]:
    """The directory in each of the commits where it is one."""
    if not path or (path.isascii() and path.isprintable()):
        answers = await objects.contents(directory, [f"{check_hash(one)}:{path}" for one in commits])
        return {
            one: answer.data
            for one, answer in zip(commits, answers, strict=True)
            if answer is not None and answer.kind == "tree"
        }
    found = {}
    for commit in await objects.commits(directory, commits):
        try:
            entry = await trees.find(objects, directory, commit.tree, path)
        except NotFound:
            continue
        (answer,) = await objects.contents(directory, [check_hash(entry.hash)])
        if answer is not None and answer.kind == "tree":
            found[commit.hash] = answer.data
    return found


async def _batches(directory: GitDirectory, commit: str, path: str) -> AsyncGenerator[Parents, None]:
    """Commits that touched the directory with their parents among such, in git's order, some at a time."""
    paths = [RepositoryPath(path)] if path else []
    flags = ("--parents", f"--max-count={_MOST_COMMITS}")
    rest, batch, most = b"", {}, 1
    async with start(
        directory.path, "rev-list", *flags, revisions=[Revision(check_hash(commit))], paths=paths, stdin=False
    ) as process:
        while piece := await process.read():
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                name, *above = line.decode("ascii").split(" ")
                batch[name] = above
                if len(batch) >= most:
                    yield batch
                    # What was changed lately is found in few steps.
                    batch, most = {}, min(_BATCH, most * 4)
        if batch:
            yield batch
        if status := await process.wait():
            raise GitError("git rev-list failed", status, process.stderr)
