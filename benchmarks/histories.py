"""Large repositories made with ``git fast-import``: many authors, branches, merges, as many refs as wanted.

The same arguments give the same repository. It is packed once, as a server
that is looked after would have it.
"""

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "HOME": os.devnull,
    "LC_ALL": "C.UTF-8",
}
_AUTHORS = 40
_FILES = 300
_BRANCHES = 20
_BEGAN = 1_400_000_000


def make(path: Path, commits: int, refs: int = _BRANCHES, file_size: int = 200) -> Path:
    """A bare repository at ``path`` with so many commits; one in ten is a merge, refs beyond the branches are tags."""
    git("init", "--quiet", "--bare", "--initial-branch=main", str(path))
    importer = subprocess.Popen(
        ["git", f"--git-dir={path}", "fast-import", "--quiet", "--done"],
        stdin=subprocess.PIPE,
        env=_ENVIRONMENT,
    )
    if importer.stdin is None:
        raise RuntimeError("git fast-import takes no input")
    with importer.stdin as stream:
        for command in _commands(commits, refs, file_size):
            stream.write(command)
    if importer.wait():
        raise RuntimeError("git fast-import failed")
    git(f"--git-dir={path}", "pack-refs", "--all")
    git(f"--git-dir={path}", "repack", "-a", "-d", "-q", "--write-bitmap-index")
    git(f"--git-dir={path}", "commit-graph", "write", "--reachable")
    return path


def git(*arguments: str) -> bytes:
    """What git says, away from this machine's and this user's settings."""
    return subprocess.run(["git", *arguments], env=_ENVIRONMENT, check=True, stdout=subprocess.PIPE).stdout


def _commands(commits: int, refs: int, file_size: int) -> Iterator[bytes]:
    chance = random.Random(7)
    branches = min(refs, _BRANCHES)
    tips: list[int] = []
    for mark in range(1, commits + 1):
        branch = mark % branches if len(tips) == branches else len(tips)
        parents = [tips[branch]] if branch < len(tips) else tips[:1]
        if mark % 10 == 0 and len(tips) > 1:
            parents += [tip for tip in [chance.choice(tips)] if tip not in parents]
        yield _commit(mark, branch, parents, chance, file_size)
        if branch < len(tips):
            tips[branch] = mark
        else:
            tips.append(mark)
    for number in range(refs - branches):
        target = 1 + number * commits // max(1, refs - branches)
        yield b"reset refs/tags/v%d\nfrom :%d\n\n" % (number, target)
    yield b"done\n"


def _commit(mark: int, branch: int, parents: list[int], chance: random.Random, file_size: int) -> bytes:
    name = b"refs/heads/%s" % (b"topic-%d" % branch if branch else b"main")
    author = b"Author %d <author%d@example.org>" % ((mark % _AUTHORS,) * 2)
    # Some commits share their second, as after a rebase.
    time = b"%d +0200" % (_BEGAN + mark * 37 // 40 * 40)
    message = b"Change number %d\n\nBecause the number before it was not enough.\n" % mark
    content = chance.randbytes(file_size // 2).hex().encode()
    file = b"src/part%d/file%d.txt" % (mark % 17, mark % _FILES)
    lines = [
        b"commit %s\nmark :%d\nauthor %s %s\ncommitter %s %s" % (name, mark, author, time, author, time),
        b"data %d\n%s" % (len(message), message),
        *(b"%s :%d" % (b"merge" if number else b"from", parent) for number, parent in enumerate(parents)),
        b"M 100644 inline %s\ndata %d\n%s\n" % (file, len(content), content),
    ]
    return b"\n".join(lines) + b"\n"
