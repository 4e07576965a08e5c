"""Directories and files of a commit, read by the kept process: a request starts none."""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence

from msgspec import Struct

from bitpail.errors import GitError, NoSuchPath, NotFound, TookTooLong, TooLarge
from bitpail.git.command import start
from bitpail.git.directories import GitDirectory
from bitpail.git.objects import Objects
from bitpail.git.revisions import RepositoryPath, Revision, check_hash
from bitpail.git.tree_objects import Tree
from bitpail.model.trees import Blob, Entry, File

_ROOT_MODE = "040000"
# A path has at most 4,096 characters.
_DEEPEST = 2048
_AT_ONCE = 200
# As far as git looks for a zero byte.
_LOOKED_AT = 8000
SMALL = 1 << 20
"""Bytes of a file that is held whole."""
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:[a-z0-9.-]+ .*\n)*")
_POINTER_LENGTH = 1024
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
_POINTED_SIZE = re.compile(rb"^size (\d{1,18})$", re.MULTILINE)
_MODES = {"120000": "link", "100755": "executable", "160000": "subrepository"}


async def find(objects: Objects, directory: GitDirectory, tree: str, path: str) -> Entry:
    """What stands at a path below a tree; the tree itself for an empty one. Raises Invalid or NotFound."""
    found = Entry("", _ROOT_MODE, tree)
    if not path.strip("/"):
        return found
    rest = RepositoryPath(path).text.split("/")
    foreseen = False
    while rest:
        if found.is_directory and not foreseen and not objects.has_tree(directory, found.hash):
            await _foresee(objects, directory, found, rest)
            foreseen = True
        inside = await _inside(objects, directory, found) if found.is_directory else None
        entry = inside.find(rest.pop(0), _prefix(found)) if inside is not None else None
        if entry is None:
            raise NoSuchPath(f"No such file or directory: {path}")
        found = entry
    return found


async def _foresee(objects: Objects, directory: GitDirectory, top: Entry, path: list[str]) -> None:
    """Read the directories on the way to a path at once, its last one too if it is one."""
    below = ["/".join(path[:depth]) for depth in range(1, len(path) + 1)]
    # A name may hold anything but a slash and a NUL; as a line of a question only what is plain.
    if below[-1].isascii() and below[-1].isprintable():
        name = check_hash(top.hash)
        await objects.read_trees(directory, [name, *(f"{name}:{above}" for above in below)])


async def _inside(objects: Objects, directory: GitDirectory, above: Entry) -> Tree:
    try:
        found = await objects.tree(directory, above.hash)
    except TooLarge:
        raise GitError(f"the directory {above.path!r} is too large to be listed") from None
    if found is None:
        raise NotFound(f"No such file or directory: {above.path}")
    return found


def _prefix(above: Entry) -> str:
    return f"{above.path}/" if above.path else ""


class Place(Struct, frozen=True, array_like=True):
    """Where a listing stopped: so many levels down, in this directory below its top, behind so many entries."""

    level: int = 0
    above: bytes = b""
    number: int = 0


async def inside(
    objects: Objects, directory: GitDirectory, top: Entry, *, depth: int, place: Place
) -> AsyncGenerator[tuple[Entry, Place], None]:
    """What is inside a directory, level by level, ``depth`` levels, each with the place behind it.

    To go on from a place costs the directories above it and no more; raises TookTooLong beyond any depth
    that a path can have.
    """
    after = tuple(filter(None, place.above.decode("utf-8", "surrogateescape").split("/")))
    number = place.number
    for level in range(place.level, depth):
        if level > _DEEPEST:
            raise TookTooLong(f"directories of more than {_DEEPEST} levels: ask for a smaller max_depth")
        is_there = False
        async for above in _directories(objects, directory, top, level, after):
            is_there = True
            own = above.path.removeprefix(top.path).strip("/").encode("utf-8", "surrogateescape")
            tree, prefix = await _inside(objects, directory, above), _prefix(above)
            for first in range(number, len(tree), _AT_ONCE):
                await asyncio.sleep(0)  # nothing else waits where all of it is kept
                for position, entry in enumerate(tree.entries(prefix, first, _AT_ONCE), first + 1):
                    yield entry, Place(level, own, position)
            number = 0
        after, number = (), 0
        if not is_there:
            break


async def like(
    objects: Objects, directory: GitDirectory, above: Entry, pattern: re.Pattern[bytes]
) -> list[Entry]:
    """The entries of one directory whose names are as ``Tree.like`` wants them."""
    return (await _inside(objects, directory, above)).like(pattern, _prefix(above))


async def page(
    objects: Objects, directory: GitDirectory, above: Entry, first: int, count: int
) -> tuple[list[Entry], int]:
    """So many entries of one directory from one on, directories first, and how many it has."""
    tree = await _inside(objects, directory, above)
    return tree.page(_prefix(above), first, count), len(tree)


async def _directories(
    objects: Objects, directory: GitDirectory, top: Entry, level: int, after: tuple[str, ...]
) -> AsyncGenerator[Entry, None]:
    """Those so many levels below the top, in order, from the one at these names on."""
    waiting = [(top, 0, after)]
    while waiting:
        above, steps, names = waiting.pop()
        if steps == level:
            yield above
            continue
        await asyncio.sleep(0)
        below = (await _inside(objects, directory, above)).directories(_prefix(above))
        first = next((at for at, one in enumerate(below) if names and _name(one) == names[0]), 0)
        following = [
            (one, steps + 1, names[1:] if at == first else ()) for at, one in enumerate(below) if at >= first
        ]
        waiting += reversed(following)


def _name(entry: Entry) -> str:
    return entry.path.rpartition("/")[2]


async def files(objects: Objects, directory: GitDirectory, entries: Sequence[Entry]) -> list[File]:
    """The files with their sizes and attributes. Of those over a megabyte it isn't looked whether they are binary."""
    blobs = list(dict.fromkeys(entry.hash for entry in entries if not entry.is_submodule))
    known = objects.blobs.among(directory, blobs)
    unknown = [hash_ for hash_ in blobs if hash_ not in known]
    if unknown:
        sizes = dict(zip(unknown, await objects.sizes(directory, unknown), strict=True))
        for some in _portions(sizes):
            for hash_, answer in zip(some, await objects.contents(directory, some), strict=True):
                if answer is not None:
                    known[hash_] = _described(answer.data, answer.size)
                    objects.blobs.keep(directory, hash_, known[hash_])
        known |= {hash_: Blob(size) for hash_, size in sizes.items() if hash_ not in known}
    return [_file(entry, known.get(entry.hash, _SUBMODULE)) for entry in entries]


def _portions(sizes: dict[str, int | None]) -> Iterator[list[str]]:
    """The small ones, so many at once as are together no more than a large one."""
    some: list[str] = []
    total = 0
    for hash_, size in sizes.items():
        if size is None or size > SMALL:
            continue
        if some and total + size > SMALL:
            yield some
            some, total = [], 0
        some.append(hash_)
        total += size
    if some:
        yield some


_SUBMODULE = Blob(None)


def _described(data: bytes, size: int) -> Blob:
    return Blob(size, b"\0" in data[:_LOOKED_AT], _pointer(data))


def _pointer(data: bytes) -> tuple[str, int] | None:
    if len(data) > _POINTER_LENGTH or not _POINTER.fullmatch(data):
        return None
    oid, size = _OID.search(data), _POINTED_SIZE.search(data)
    return (oid[1].decode(), int(size[1])) if oid and size else None


def _file(entry: Entry, blob: Blob) -> File:
    attributes = [_MODES[entry.mode]] if entry.mode in _MODES else []
    attributes += ["binary"] if blob.is_binary else []
    attributes += ["lfs"] if blob.pointer else []
    return File(entry, blob.size, tuple(attributes), blob.pointer)


async def whole(objects: Objects, directory: GitDirectory, file: File) -> bytes | None:
    """The content of a file, None if it is too long to be held; raises NotFound."""
    if file.size is None:
        raise NotFound(f"{file.entry.path} is a submodule")
    if file.size > SMALL:
        return None
    (answer,) = await objects.contents(directory, [check_hash(file.entry.hash)])
    if answer is None:
        raise NotFound(f"No such file or directory: {file.entry.path}")
    return answer.data


async def content(
    directory: GitDirectory, file: File, start_at: int = 0, end: int | None = None
) -> AsyncGenerator[bytes, None]:
    """A file of any length, or the bytes from ``start_at`` to before ``end``, in pieces.

    Raises GitError, also after the first.
    """
    end = (file.size or 0) if end is None else end
    name, position = Revision(check_hash(file.entry.hash)), 0
    async with start(directory.path, "cat-file", "blob", revisions=[name], stdin=False) as process:
        while position < end and (piece := await process.read()):
            wanted = piece[max(start_at - position, 0) : end - position]
            position += len(piece)
            if wanted:
                yield wanted
        if position < end:
            raise GitError("git cat-file failed", await process.wait(), process.stderr)
