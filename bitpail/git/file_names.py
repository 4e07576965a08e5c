"""The paths of all files of a tree, as git lists them."""

from bitpail.errors import TookTooLong, TooLarge
from bitpail.git.command import run
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import Revision, check_hash

_LARGEST = 32 << 20
_SLOWEST = 10.0


async def file_names(directory: GitDirectory, tree: str) -> bytes:
    """Paths, each behind a line feed and before one; those that hold one are left out. Raises TookTooLong or GitError."""
    try:
        listed = await run(
            directory.path,
            "ls-tree",
            "-r",
            "-z",
            "--name-only",
            revisions=[Revision(check_hash(tree))],
            limit=_LARGEST,
            timeout=_SLOWEST,
        )
    except TooLarge:
        raise TookTooLong(f"the names of the files are more than {_LARGEST} bytes") from None
    if b"\n" in listed:
        listed = b"\0".join(name for name in listed.split(b"\0") if b"\n" not in name)
    return b"\n" + listed.replace(b"\0", b"\n")
