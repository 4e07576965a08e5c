"""Where two commits cannot be merged, found by merging them for nobody.

What git writes meanwhile goes into a directory that is removed, so a question
adds nothing to a repository.
"""

import asyncio
import re
import tempfile

from bitpail.errors import GitError, TookTooLong
from bitpail.git.command import start
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.revisions import Revision, check_hash
from bitpail.model.diffs import FileConflict

_LONGEST = 60.0
_LARGEST = 16 << 20
# Like that of a push which was cut off: what remains of it is removed in the same way.
_PREFIX = "tmp_objdir-incoming-"
_KIND = re.compile(r"CONFLICT \(([^)]*)\)")
_SCENARIOS = {
    "contents": "content",
    "content": "content",
    "add/add": "content",
    "binary": "binary",
    "modify/delete": "modify_delete",
    "file/directory": "file_directory",
    "directory/file": "directory_file",
    "distinct modes": "mode",
    "distinct types": "type",
    "rename/add": "rename_add",
    "rename/delete": "rename_delete",
    "rename/rename": "rename",
    "submodule": "subrepo",
}


async def between(directory: GitDirectory, ours: str, theirs: str) -> list[FileConflict]:
    """Each path that a merge would have to ask about, by its name; raises GitError."""
    objects = common_directory(directory.path) / "objects"
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=objects) as aside:
        process = start(
            directory.path,
            "merge-tree",
            *("--write-tree", "-z", "--messages", "--allow-unrelated-histories"),
            revisions=[Revision(check_hash(ours)), Revision(check_hash(theirs))],
            env={"GIT_OBJECT_DIRECTORY": aside, "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects)},
            stdin=False,
        )
        output = b""
        try:
            async with asyncio.timeout(_LONGEST), process:
                while piece := await process.read():
                    output += piece
                    if len(output) > _LARGEST:
                        raise GitError(f"more than {_LARGEST} bytes of conflicts")
                status = await process.wait()
        except TimeoutError:
            raise TookTooLong(f"the merge took longer than {_LONGEST:g} seconds") from None
    if status == 0:
        return []
    if status != 1:
        raise GitError("git merge-tree failed", status, process.stderr)
    return _parse(output)


def _parse(output: bytes) -> list[FileConflict]:
    """After the tree and the files come, behind an empty field, count, paths, kind and sentence of each message."""
    _, _, messages = output.partition(b"\0\0")
    fields = iter(messages.decode("utf-8", "surrogateescape").split("\0"))
    found: dict[str, FileConflict] = {}
    for count in fields:
        if not count:
            break
        paths = [next(fields) for _ in range(int(count))]
        kind, sentence = next(fields), next(fields)
        match = _KIND.match(kind)
        if match and paths:
            scenario = _SCENARIOS.get(match[1], "unknown")
            found.setdefault(paths[0], FileConflict(paths[0], scenario, sentence.strip()))
    return sorted(found.values(), key=lambda conflict: conflict.path)
