"""Which files differ between two commits, or are in one; as git finds them, so that no list of all is needed."""

from collections.abc import AsyncGenerator

from msgspec import Struct

from bitpail.errors import GitError
from bitpail.git.command import start
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import Revision, check_hash

_EMPTY_TREES = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_FILES = frozenset({b"100644", b"100755", b"100664"})


class Change(Struct, frozen=True, gc=False):
    """A file as it is now; ``blob`` is None if it is gone or no plain file any more."""

    path: bytes
    blob: str | None


async def between(directory: GitDirectory, old: str | None, new: str) -> AsyncGenerator[Change, None]:
    """What changed from one commit to another; all files of the second without a first. Raises GitError."""
    first = check_hash(old) if old else _EMPTY_TREES[len(new)]
    flags = ["-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-ext-diff"]
    revisions = [Revision(first), Revision(check_hash(new))]
    async with start(
        directory.path, "diff-tree", *flags, revisions=revisions, stdin=False, background=True
    ) as process:
        rest = b""
        while piece := await process.read():
            *fields, rest = (rest + piece).split(b"\0")
            if len(fields) % 2:
                rest = fields.pop() + b"\0" + rest
            for meta, path in zip(fields[::2], fields[1::2], strict=True):
                yield _change(meta, path)
        status = await process.wait()
        if status:
            raise GitError("git diff-tree failed", status, process.stderr)


def _change(meta: bytes, path: bytes) -> Change:
    words = meta.split(b" ")
    return Change(path, words[3].decode("ascii") if words[1] in _FILES else None)
