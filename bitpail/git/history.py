"""History in pages, in the order of ``git log --all``, from any page on.

A position holds the queue of git's own walk (by date, equal dates first in
first out) and just enough to tell what was shown before. Where that is not
enough the walk is replayed, so nothing is ever shown twice or left out.
"""

import asyncio
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from bitpail.errors import Invalid
from bitpail.git.cat_file import Answer
from bitpail.git.command import run
from bitpail.git.commits import Metadata, parse_commit, parse_metadata
from bitpail.git.directories import GitDirectory
from bitpail.git.objects import Objects, QueueEntry
from bitpail.git.revisions import RepositoryPath, check_hashes
from bitpail.model.commits import Commit

TIES = 64
"""How many commits of the same second a position names."""

_CHAIN = 4
_REPLAY_PIECE = 200


class Walk(Struct, frozen=True):
    """A position in history; what a page needs to go on from there.

    ``frontier`` is the queue in order. ``floor`` is the least date shown so far
    and ``ties`` what was shown with that date; None when those are too many.
    ``children_first`` is an order in which git need not find all of a range before it shows the first of it.
    """

    tips: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    path: str | None = None
    offset: int = 0
    frontier: tuple[str, ...] = ()
    floor: int = 0
    ties: tuple[str, ...] | None = ()
    children_first: bool = False


def start(tips: Iterable[str], exclude: Iterable[str] = (), path: RepositoryPath | None = None) -> Walk:
    """The position before the first commit. Tips in the order of their refs' names."""
    unique = tuple(dict.fromkeys(tips))
    return Walk(unique, tuple(dict.fromkeys(exclude)), None if path is None else path.text, frontier=unique)


def range_behind(new: str, old: str, offset: int) -> Walk:
    """The position behind the first ``offset`` commits that only ``new`` reaches, none before its children."""
    return Walk((new,), (old,), offset=offset, children_first=True)


async def page(
    objects: Objects, directory: GitDirectory, walk: Walk, count: int
) -> tuple[list[Commit], Walk | None]:
    """The next ``count`` commits, and the position behind them; None when there are no more.

    A position may have been in a client's hands: Invalid when it holds anything but hashes.
    """
    check_hashes((*walk.tips, *walk.exclude, *walk.frontier))
    if walk.offset < 0 or count < 1:
        raise Invalid("a page has at least one commit and no negative offset")
    if walk.exclude or walk.path is not None:
        return await _page_of_range(objects, directory, walk, count)
    return await _Pager(objects, directory, walk).page(count)


async def _page_of_range(
    objects: Objects, directory: GitDirectory, walk: Walk, count: int
) -> tuple[list[Commit], Walk | None]:
    # By date alone, git has to find the whole range before it shows the first of it,
    # so skipping what was shown costs nothing more.
    lines = [*walk.tips, *(f"^{hash_}" for hash_ in walk.exclude), ""]
    flags = ["--ignore-missing", f"--skip={walk.offset}", f"--max-count={count + 1}", "--stdin"]
    if walk.children_first:
        flags.append("--date-order")
    paths = [] if walk.path is None else [RepositoryPath(walk.path)]
    output = await run(directory.path, "rev-list", *flags, paths=paths, stdin="\n".join(lines).encode())
    hashes = output.decode("ascii").split()
    commits = await objects.commits(directory, hashes[:count])
    if len(hashes) <= count:
        return commits, None
    return commits, replace(walk, offset=walk.offset + count, frontier=())


class _Queue:
    """Git's queue: the latest date first, equal dates in the order of insertion."""

    def __init__(self, entries: Iterable[QueueEntry] = ()) -> None:
        # Sorted, the next one last. A page goes on from what the page before left in order, and
        # hands on its own in order: for 1,000 tips that is half of what a heap costs.
        self._entries = list(entries)
        self._inserted = len(self._entries)
        self.seen = {entry[2] for entry in self._entries}

    def insert(self, dates: Mapping[str, int]) -> None:
        """Commits with their dates, in this order."""
        entries = [
            (date, -number, hash_) for number, (hash_, date) in enumerate(dates.items(), self._inserted)
        ]
        self._inserted += len(entries)
        self.seen.update(dates)
        if self._entries:
            for entry in entries:
                insort(self._entries, entry)
        else:
            self._entries = sorted(entries)

    def pop(self) -> str:
        return self._entries.pop()[2]

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[QueueEntry, ...]:
        """What another queue can begin with."""
        return tuple(self._entries)

    def in_order(self) -> tuple[str, ...]:
        return tuple([entry[2] for entry in reversed(self._entries)])


class _Pager:
    def __init__(self, objects: Objects, directory: GitDirectory, walk: Walk) -> None:
        self._objects = objects
        self._directory = directory
        self._walk = walk
        self._queue = _Queue()
        self._fetched: dict[str, Answer] = {}
        self._metadata: dict[str, Metadata] = {}
        # None until a replay told exactly what was shown on earlier pages.
        self._shown_before: set[str] | None = None

    async def page(self, count: int) -> tuple[list[Commit], Walk | None]:
        await self._begin(count)
        shown: list[tuple[str, int]] = []
        while self._queue and len(shown) < count:
            hash_ = self._queue.pop()
            if hash_ not in self._metadata:
                await self._load([hash_], 1)
            metadata = self._metadata.get(hash_)
            if metadata is None:
                continue  # it went meanwhile
            shown.append((hash_, metadata.date))
            parents = [parent for parent in metadata.parents if parent not in self._queue.seen]
            if parents:
                await self._load(parents, _CHAIN)
                parents = [parent for parent in parents if await self._is_new(parent)]
                await self._enqueue(self._queue, parents, 1)
        commits = await self._commits([hash_ for hash_, _ in shown])
        return commits, self._position(shown) if self._queue else None

    async def _begin(self, count: int) -> None:
        """Fill the queue: for a first page as it was the last time, as long as the tips are the same."""
        walk, queues = self._walk, self._objects.queues
        key = (self._directory.path, walk.frontier)
        known = queues.get(key) if walk.offset == 0 else None
        if known is not None:
            self._queue = _Queue(known)
            return
        # One question brings the whole page when history is a line.
        await self._enqueue(self._queue, walk.frontier, count)
        if walk.offset == 0 and len(self._queue) == len(walk.frontier):
            queues.keep(key, self._queue.entries, 1 + len(self._queue))

    async def _enqueue(self, queue: _Queue, hashes: Sequence[str], chain: int) -> None:
        await self._load(hashes, chain)
        known, seen = self._metadata, queue.seen
        # A parent that is missing ends its line, as in a shallow clone; a tip
        # that is no commit has no history.
        queue.insert({hash_: known[hash_].date for hash_ in hashes if hash_ in known and hash_ not in seen})

    async def _load(self, hashes: Sequence[str], chain: int) -> None:
        """Read what is not known, with some of its first parents: they are likely to be next."""
        unread = [hash_ for hash_ in dict.fromkeys(hashes) if hash_ not in self._metadata]
        remembered = self._objects.metadata.among(self._directory, unread)
        self._metadata |= remembered
        unknown = [hash_ for hash_ in unread if hash_ not in remembered]
        if not unknown:
            return
        steps = max(1, chain // len(unknown))
        names = [f"{hash_}~{step}" if step else hash_ for hash_ in unknown for step in range(steps)]
        for answer in await self._objects.contents(self._directory, names):
            if answer is not None and answer.kind == "commit":
                self._fetched[answer.hash] = answer
                metadata = self._metadata[answer.hash] = parse_metadata(answer.data)
                self._objects.metadata.keep(self._directory, answer.hash, metadata)

    async def _commits(self, hashes: list[str]) -> list[Commit]:
        unread = [hash_ for hash_ in hashes if hash_ not in self._fetched]
        for answer in await self._objects.contents(self._directory, unread):
            if answer is not None:
                self._fetched[answer.hash] = answer
        return [parse_commit(hash_, self._fetched[hash_].data) for hash_ in hashes]

    async def _is_new(self, parent: str) -> bool:
        """Whether a parent that is not in the queue was not shown on an earlier page either."""
        walk = self._walk
        metadata = self._metadata.get(parent)
        if walk.offset == 0 or metadata is None or metadata.date < walk.floor:
            return True
        if self._shown_before is None:
            if metadata.date == walk.floor and walk.ties is not None:
                return parent not in walk.ties
            self._shown_before = await self._replay()
        return parent not in self._shown_before

    async def _replay(self) -> set[str]:
        """What earlier pages showed, by walking again."""
        queue = _Queue()
        await self._enqueue(queue, self._walk.tips, _REPLAY_PIECE)
        shown: set[str] = set()
        while queue and len(shown) < self._walk.offset:
            hash_ = queue.pop()
            shown.add(hash_)
            parents = [parent for parent in self._metadata[hash_].parents if parent not in queue.seen]
            await self._enqueue(queue, parents, _REPLAY_PIECE)
            if len(shown) % _REPLAY_PIECE == 0:
                self._fetched.clear()
                await asyncio.sleep(0)
        return shown

    def _position(self, shown: list[tuple[str, int]]) -> Walk:
        walk = self._walk
        floor = min(date for _, date in shown)
        if walk.offset:
            floor = min(floor, walk.floor)
        ties = tuple(hash_ for hash_, date in shown if date == floor)
        overflowed = False
        if walk.offset and walk.floor == floor:
            overflowed = walk.ties is None
            ties = (walk.ties or ()) + ties
        return replace(
            walk,
            offset=walk.offset + len(shown),
            frontier=self._queue.in_order(),
            floor=floor,
            ties=None if overflowed or len(ties) > TIES else ties,
        )
