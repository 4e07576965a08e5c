"""Which branch HEAD names once there is one: whoever pushes first is asked for nothing."""

import asyncio
import os
from pathlib import Path

from bitpail.git import refs as git_refs
from bitpail.git.directories import GitDirectory
from bitpail.git.objects import Objects
from bitpail.model.refs import Refs

_BRANCHES = "refs/heads/"


async def after_push(objects: Objects, directory: GitDirectory, before: Refs | None = None) -> str | None:
    """Let HEAD name a branch that exists: main, else master, else the first new one.

    Gives the branch when HEAD was changed. A repository with a worktree is left
    alone: its index belongs to the branch that HEAD names.
    """
    if directory.path.name == ".git":
        return None
    if await asyncio.to_thread(_is_there, directory.path):
        return None
    refs = await objects.refs(directory)
    names = [ref.name for ref in refs.refs if ref.name.startswith(_BRANCHES)]
    if refs.head is None or refs.head in names or not names:
        return None
    known = {ref.name for ref in before.refs} if before else set()
    new = [name for name in names if name not in known] or names
    preferred = [name for name in (f"{_BRANCHES}main", f"{_BRANCHES}master") if name in names]
    branch = (preferred or new)[0].removeprefix(_BRANCHES)
    await git_refs.set_head(directory, branch)
    return branch


def _is_there(path: Path) -> bool:
    """Whether HEAD names a branch that exists: nearly always, and far cheaper to see than all refs."""
    try:
        name = (path / "HEAD").read_bytes().removeprefix(b"ref: ").strip()
        if not name.startswith(_BRANCHES.encode()):
            return False
        if (path / os.fsdecode(name)).is_file():
            return True
        return b" %b\n" % name in (path / "packed-refs").read_bytes()
    except (OSError, ValueError):
        return False
