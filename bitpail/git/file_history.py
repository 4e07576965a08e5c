"""The commits that touched one file, by whatever name it had, from any page on.

Git follows names through all of history in the order of dates, merges left out. A position
holds what git itself would hold there: the queue of its walk, and the name by then. Where
clocks ran backwards that is not enough to tell what was shown; the walk is then begun anew.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Iterable
from contextlib import aclosing
from typing import TypeVar

from msgspec import Struct

from bitpail.errors import GitError, TookTooLong, TooLarge
from bitpail.git.command import run, start
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import RepositoryPath, Revision, check_hash
from bitpail.model.trees import Entry

T = TypeVar("T")

_SLOWEST = 60.0
_SLOWEST_RENAME = 5.0
_MOST_COMPARED = 1000
_TIES = 64
# Whatever the configuration of an adopted repository says.
_PLAIN = ("--raw", "-z", "--abbrev=64", "--no-color", "--root", "--no-show-signature", "--no-notes")


class Touched(Struct, frozen=True):
    """A commit, and the file as it left it; as it was before, if the commit removed it.

    ``before`` is the name that the file has in older commits.
    """

    commit: str
    entry: Entry
    before: str


class Walk(Struct, frozen=True):
    """A position in the history of a file.

    ``frontier`` is the queue, empty where only a new walk can go on. ``floor`` is the least date
    walked over so far and ``ties`` what had it, None if they are too many.
    """

    start: str
    path: str
    renames: bool = True
    offset: int = 0
    frontier: tuple[str, ...] = ()
    name: str = ""
    floor: int | None = None
    ties: tuple[str, ...] | None = ()


def begin(commit: str, path: RepositoryPath, *, renames: bool) -> Walk:
    """The position before the newest."""
    return Walk(commit, path.text, renames, frontier=(commit,), name=path.text)


async def page(directory: GitDirectory, walk: Walk, count: int) -> tuple[list[Touched], Walk | None]:
    """The next ``count``, newest first, and the position behind them; None when there are no more."""
    if not walk.frontier:
        return await _page_anew(directory, walk, count)
    touched = await _touched(directory, walk.frontier, walk.name, count + 1, renames=walk.renames)
    has_more = len(touched) > count
    if not has_more and walk.floor is None:
        return touched, None
    # The one behind the page too: it may have been shown before.
    last, checked = (touched[count - 1], touched[count].commit) if has_more else (None, None)
    walked = await _in_time(_walked(directory, walk, last.commit if last else None, checked))
    if walked is None:
        return await _page_anew(directory, walk, count)
    if last is None:
        return touched, None
    position = Walk(
        start=walk.start,
        path=walk.path,
        renames=walk.renames,
        offset=walk.offset + count,
        frontier=walked.frontier,
        name=last.before if walk.renames else walk.path,
        floor=walked.floor,
        ties=walked.ties,
    )
    return touched[:count], position


async def renamed_from(directory: GitDirectory, parent: str, commit: str, path: str) -> str | None:
    """What a file was called before a commit gave it this name; None if it was new, or that is too hard to tell."""
    flags = ("-r", "-z", "-M", "--raw", "--diff-filter=R", f"-l{_MOST_COMPARED}", "--no-commit-id")
    try:
        output = await run(
            directory.path,
            "diff-tree",
            *flags,
            revisions=[Revision(check_hash(parent)), Revision(check_hash(commit))],
            timeout=_SLOWEST_RENAME,
        )
    except (TookTooLong, TooLarge):
        return None
    # Modes and names, what it was called, what it is called.
    fields = output.split(b"\0")
    for position in range(0, len(fields) - 2, 3):
        if _text(fields[position + 2]) == path:
            return _text(fields[position + 1])
    return None


async def _page_anew(directory: GitDirectory, walk: Walk, count: int) -> tuple[list[Touched], Walk | None]:
    """The same by walking over everything that was shown before."""
    end = walk.offset + count
    touched = await _touched(directory, (walk.start,), walk.path, end + 1, renames=walk.renames)
    following = Walk(walk.start, walk.path, walk.renames, offset=end) if len(touched) > end else None
    return touched[walk.offset : end], following


async def _touched(
    directory: GitDirectory, tips: tuple[str, ...], path: str, most: int, *, renames: bool
) -> list[Touched]:
    flags = [*_PLAIN, "--format=%x00%H", f"--max-count={most}", "--no-merges", "--ignore-missing"]
    # Without full history git would leave out a branch that came to the same in the end.
    flags += ["--follow", "-M"] if renames else ["--full-history", "--no-renames"]
    output = await run(
        directory.path,
        "log",
        *flags,
        "--stdin",
        paths=[RepositoryPath(path)],
        stdin=_tips(tips),
        timeout=_SLOWEST,
    )
    return _parse(output.split(b"\0"), path)


def _parse(fields: list[bytes], name: str) -> list[Touched]:
    """An empty field, a commit, then what changed: modes and names, and one path or two.

    Where the path was a directory once, one of its files stands for it.
    """
    found: list[Touched] = []
    commit, position = "", 0
    while position < len(fields):
        field = fields[position].lstrip(b"\n")
        position += 1
        if not field.startswith(b":"):
            commit = field.decode("ascii") or commit
            continue
        old_mode, mode, old_name, new_name, status = field[1:].split(b" ")
        count = 2 if status[:1] in {b"R", b"C"} else 1
        before, path = _text(fields[position]), _text(fields[position + count - 1])
        position += count
        is_same = bool(found) and found[-1].commit == commit
        if is_same and path != name:
            continue
        if is_same:
            found.pop()
        kept = (old_mode, old_name) if status[:1] == b"D" else (mode, new_name)
        entry = Entry(path, kept[0].decode("ascii"), kept[1].decode("ascii"))
        name = before if path == name else name
        found.append(Touched(commit, entry, name))
    return found


async def _in_time(work: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(_SLOWEST):
            return await work
    except TimeoutError:
        raise TookTooLong(f"the history took longer than {_SLOWEST:g} seconds") from None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _tips(tips: Iterable[str]) -> bytes:
    return "".join(f"{check_hash(tip)}\n" for tip in tips).encode()


class _Walked(Struct, frozen=True):
    frontier: tuple[str, ...]
    floor: int | None
    ties: tuple[str, ...] | None


async def _walked(
    directory: GitDirectory, walk: Walk, last: str | None, checked: str | None
) -> _Walked | None:
    """Git's queue behind the last commit of a page; None if one up to ``checked`` might have been walked over before.

    Up to the end of history where they are None.
    """
    # In the order in which git put them in: of equal dates the first in is the first out.
    waiting = dict.fromkeys(walk.frontier)
    seen = set(waiting)
    behind: _Walked | None = None
    floor, ties = walk.floor, walk.ties
    async with aclosing(_commits(directory, walk.frontier)) as walked_over:
        async for date, commit, parents in walked_over:
            if walk.floor is not None and (
                date > walk.floor or (date == walk.floor and (walk.ties is None or commit in walk.ties))
            ):
                return None
            if commit == checked:
                break
            waiting.pop(commit, None)
            fresh = [parent for parent in parents if parent not in seen]
            seen.update(fresh)
            waiting |= dict.fromkeys(fresh)
            if floor is None or date < floor:
                floor, ties = date, (commit,)
            elif date == floor and ties is not None:
                ties = (*ties, commit) if len(ties) < _TIES else None
            if commit == last:
                behind = _Walked(tuple(waiting), floor, ties)
                if walk.floor is None:
                    break
    return behind or _Walked(tuple(waiting), floor, ties)


async def _commits(
    directory: GitDirectory, tips: Iterable[str]
) -> AsyncGenerator[tuple[int, str, list[str]], None]:
    """What git walks over: dates, names and parents."""
    flags = ("--timestamp", "--parents", "--ignore-missing", "--stdin")
    rest = b""
    async with start(directory.path, "rev-list", *flags) as process:
        await process.write(_tips(tips))
        process.close_stdin()
        while piece := await process.read():
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                date, commit, *parents = line.decode("ascii").split(" ")
                yield int(date), commit, parents
        if status := await process.wait():
            raise GitError("git rev-list failed", status, process.stderr)
