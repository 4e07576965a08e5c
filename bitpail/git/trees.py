"""Directories and files of a commit, read by the kept process: a request starts none.

A tree that git itself would call broken ends at its last whole entry.
"""

import re
from collections.abc import AsyncGenerator, Sequence

from bitpail.errors import GitError, NotFound, TooLarge
from bitpail.git.command import start
from bitpail.git.directories import GitDirectory
from bitpail.git.objects import Objects
from bitpail.git.revisions import RepositoryPath, Revision, check_hash
from bitpail.model.trees import Entry, File

_ROOT_MODE = "040000"
# As far as git looks for a zero byte.
_LOOKED_AT = 8000
_SMALL = 1 << 20
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
    for name in RepositoryPath(path).text.split("/"):
        inside = await _entries(objects, directory, found) if found.is_directory else []
        wanted = f"{found.path}/{name}" if found.path else name
        matching = [entry for entry in inside if entry.path == wanted]
        if not matching:
            raise NotFound(f"No such file or directory: {path}")
        (found,) = matching
    return found


async def _entries(objects: Objects, directory: GitDirectory, above: Entry) -> list[Entry]:
    try:
        (answer,) = await objects.contents(directory, [check_hash(above.hash)])
    except TooLarge:
        raise GitError(f"the directory {above.path!r} is too large to be listed") from None
    if answer is None or answer.kind != "tree":
        raise NotFound(f"No such file or directory: {above.path}")
    return parse(answer.data, len(above.hash) // 2, f"{above.path}/" if above.path else "")


def parse(data: bytes, hash_size: int, prefix: str = "") -> list[Entry]:
    """The entries of a tree; a hash has so many bytes in it. ``prefix`` comes before each path."""
    found, position = [], 0
    while (space := data.find(b" ", position)) > 0 and (end := data.find(b"\0", space)) > 0:
        following = end + 1 + hash_size
        if following > len(data):
            break
        name = data[space + 1 : end].decode("utf-8", "surrogateescape")
        mode = data[position:space].decode("ascii", "replace").zfill(6)
        found.append(Entry(prefix + name, mode, data[end + 1 : following].hex()))
        position = following
    return found


async def listed(
    objects: Objects, directory: GitDirectory, top: Entry, *, depth: int, most: int
) -> list[Entry]:
    """What is inside a directory, level by level, ``depth`` levels; raises TooLarge beyond ``most`` entries."""
    found: list[Entry] = []
    level = [top]
    for _ in range(depth):
        inside: list[Entry] = []
        for above in level:
            inside += await _entries(objects, directory, above)
            if len(found) + len(inside) > most:
                raise TooLarge(f"more than {most} entries: ask for fewer levels")
        found += inside
        level = [entry for entry in inside if entry.is_directory]
        if not level:
            break
    return found


async def files(objects: Objects, directory: GitDirectory, entries: Sequence[Entry]) -> list[File]:
    """The files with their sizes and attributes. Of those over a megabyte it isn't looked whether they are binary."""
    blobs = [entry.hash for entry in entries if not entry.is_submodule]
    sizes = dict(zip(blobs, await objects.sizes(directory, blobs), strict=True))
    small = [name for name in dict.fromkeys(blobs) if (sizes[name] or 0) <= _SMALL]
    # One after the other: a page of files of a megabyte each need not be in memory at once.
    described = {}
    for name in small:
        (answer,) = await objects.contents(directory, [check_hash(name)])
        described[name] = _described(answer.data if answer else b"")
    return [_file(entry, sizes, described) for entry in entries]


_Described = tuple[bool, tuple[str, int] | None]


def _described(data: bytes) -> _Described:
    return b"\0" in data[:_LOOKED_AT], _pointer(data)


def _pointer(data: bytes) -> tuple[str, int] | None:
    if len(data) > _POINTER_LENGTH or not _POINTER.fullmatch(data):
        return None
    oid, size = _OID.search(data), _POINTED_SIZE.search(data)
    return (oid[1].decode(), int(size[1])) if oid and size else None


def _file(entry: Entry, sizes: dict[str, int | None], described: dict[str, _Described]) -> File:
    is_binary, pointer = described.get(entry.hash, (False, None))
    attributes = [_MODES[entry.mode]] if entry.mode in _MODES else []
    attributes += ["binary"] if is_binary else []
    attributes += ["lfs"] if pointer else []
    return File(entry, sizes.get(entry.hash), tuple(attributes), pointer)


async def content(objects: Objects, directory: GitDirectory, file: File) -> AsyncGenerator[bytes, None]:
    """A file in pieces; raises NotFound before the first, GitError also later."""
    if file.size is None:
        raise NotFound(f"{file.entry.path} is a submodule")
    if file.size <= _SMALL:
        (answer,) = await objects.contents(directory, [check_hash(file.entry.hash)])
        yield answer.data if answer else b""
        return
    name = Revision(check_hash(file.entry.hash))
    async with start(directory.path, "cat-file", "blob", revisions=[name], stdin=False) as process:
        while piece := await process.read():
            yield piece
        status = await process.wait()
        if status:
            raise GitError("git cat-file failed", status, process.stderr)
