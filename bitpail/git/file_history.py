"""The commits that touched one file, by whatever name it had."""

from msgspec import Struct

from bitpail.git.command import run
from bitpail.git.directories import GitDirectory
from bitpail.git.revisions import RepositoryPath, Revision, check_hash
from bitpail.model.trees import Entry

_SLOWEST = 60.0


class Touched(Struct, frozen=True):
    """A commit, and the file as it left it; as it was before, if the commit removed it."""

    commit: str
    entry: Entry


async def of(
    directory: GitDirectory, commit: str, path: RepositoryPath, *, renames: bool, most: int
) -> list[Touched]:
    """Newest first, at most so many. Git follows a name only from the newest on, so no page starts later."""
    flags = ["--format=%x00%H", "--raw", "-z", "--abbrev=64", "--no-color", f"--max-count={most}"]
    flags += ["--follow", "-M"] if renames else ["--no-renames"]
    output = await run(
        directory.path,
        "log",
        *flags,
        revisions=[Revision(check_hash(commit))],
        paths=[path],
        timeout=_SLOWEST,
    )
    return _parse(output.split(b"\0"))


def _parse(fields: list[bytes]) -> list[Touched]:
    """An empty field, a commit, then what changed: modes and names, and one path or two."""
    found, commit, position = [], "", 0
    while position < len(fields):
        field = fields[position].lstrip(b"\n")
        position += 1
        if not field.startswith(b":"):
            commit = field.decode("ascii") or commit
            continue
        old_mode, mode, old_name, name, status = field[1:].split(b" ")
        count = 2 if status[:1] in {b"R", b"C"} else 1
        path = fields[position + count - 1].decode("utf-8", "surrogateescape")
        position += count
        is_removed = status[:1] == b"D"
        kept = (old_mode, old_name) if is_removed else (mode, name)
        found.append(Touched(commit, Entry(path, kept[0].decode("ascii"), kept[1].decode("ascii"))))
    return found
