"""Commits made here: a tree with some files changed, in a pack of its own to be pushed.

Nothing of it is in the repository before that push was judged.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.git.command import run
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.ident import plain
from bitpail.git.revisions import RepositoryPath, check_hash

# Like that of a push which was cut off: what remains of it is removed in the same way.
_PREFIX = "tmp_objdir-incoming-"
_LARGEST_PACK = 1 << 30
_NO_MODE = "0"


class Change(Struct, frozen=True):
    """One file: its new content and mode (git's, six octal digits), or None to remove it."""

    path: RepositoryPath
    content: bytes | None
    mode: str = "100644"


class Person(Struct, frozen=True):
    """Who, for git; ``time`` is seconds since 1970, shown as UTC."""

    name: str
    email: str
    time: int


class NewCommit(Struct, frozen=True):
    """``pack`` holds what the repository does not have yet."""

    hash: str
    pack: bytes


async def make(
    directory: GitDirectory,
    parent: str | None,
    changes: Sequence[Change],
    *,
    message: str,
    author: Person,
    committer: Person,
) -> NewCommit:
    """A commit on a parent, the first of all without one. Raises Invalid for files that cannot be in one tree."""
    objects = common_directory(directory.path) / "objects"
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=objects) as aside:
        env = {
            "GIT_OBJECT_DIRECTORY": aside,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
            "GIT_INDEX_FILE": str(Path(aside) / "index"),
        }
        tree = await _tree(directory, env, parent, changes)
        parents = ["-p", check_hash(parent)] if parent else []
        people = {**_variables("AUTHOR", author), **_variables("COMMITTER", committer)}
        made = await run(
            directory.path,
            "commit-tree",
            tree,
            *parents,
            stdin=message.encode("utf-8", "surrogateescape"),
            env={**env, **people},
        )
        commit = check_hash(made.decode("ascii").strip())
        wanted = f"{commit}\n" + (f"^{parent}\n" if parent else "")
        pack = await run(
            directory.path,
            "pack-objects",
            *("--revs", "--stdout", "-q"),
            stdin=wanted.encode(),
            env=env,
            limit=_LARGEST_PACK,
        )
    return NewCommit(commit, pack)


async def _tree(
    directory: GitDirectory, env: Mapping[str, str], parent: str | None, changes: Sequence[Change]
) -> str:
    if parent:
        await run(directory.path, "read-tree", check_hash(parent), env=env)
    lines = []
    nothing = "0" * (len(parent) if parent else 40)
    for change in changes:
        path = change.path.text.encode("utf-8", "surrogateescape")
        if change.content is None:
            lines.append(b"%b %b\t%b\0" % (_NO_MODE.encode(), nothing.encode(), path))
            continue
        name = await run(
            directory.path, "hash-object", *("-w", "--no-filters", "--stdin"), stdin=change.content, env=env
        )
        lines.append(b"%b %b\t%b\0" % (change.mode.encode(), name.strip(), path))
    said = bytearray()
    if lines:
        flags = ("--replace", "-z", "--index-info")
        await run(
            directory.path, "update-index", *flags, stdin=b"".join(lines), env=env, on_stderr=said.extend
        )
    if said:
        # Of a path git leaves out what would be dangerous to check out, like .git itself.
        raise Invalid("git does not take a file of that name")
    return check_hash((await run(directory.path, "write-tree", env=env)).decode("ascii").strip())


def _variables(role: str, person: Person) -> dict[str, str]:
    return {
        f"GIT_{role}_NAME": plain(person.name),
        f"GIT_{role}_EMAIL": plain(person.email),
        f"GIT_{role}_DATE": f"{person.time} +0000",
    }
