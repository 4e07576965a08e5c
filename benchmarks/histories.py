"""Large repositories made with ``git fast-import``: many authors, branches, merges, as many refs as wanted.

The same arguments give the same repository. It is packed once, as a server
that is looked after would have it.
"""

import hashlib
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "HOME": os.devnull,
    "LC_ALL": "C.UTF-8",
}
_KEPT = Path(__file__).parent.parent / "build" / "histories"
_AUTHORS = 40
_FILES = 300
_BRANCHES = 20
_BEGAN = 1_400_000_000

Change = Callable[[int, random.Random], list[tuple[bytes, bytes]]]
"""Path and content of each file that the commit of that number writes."""


def make(path: Path, commits: int, refs: int = _BRANCHES, file_size: int = 200) -> Path:
    """A bare repository at ``path`` with so many commits; one in ten is a merge, refs beyond the branches are tags.

    Each commit replaces one file of random digits: cheap to make, and nothing in it is a delta.
    """

    def change(mark: int, chance: random.Random) -> list[tuple[bytes, bytes]]:
        name = b"src/part%d/file%d.txt" % (mark % 17, mark % _FILES)
        return [(name, chance.randbytes(file_size // 2).hex().encode())]

    return _made(path, commits, refs, change)


def make_project(path: Path, commits: int, refs: int, files: int, pictures: int) -> Path:
    """The same, but as people write: so many files of text, edited line by line, and versions of a few pictures.

    Its pack consists of deltas; a shallow clone of it makes git look for others.
    A version of a picture is 100 kB that can't be compressed.
    """
    project = _Project(files, commits, pictures)
    return _made(path, commits, refs, project.change, "-f")


def make_monorepo(path: Path, commits: int, branches: int, files: int) -> Path:
    """So many short files, 5,000 of them in one directory; the last commit of main changes 500.

    Twenty branches are worked on, the others stand where somebody has left them. With a
    commit graph that knows which paths each commit touched, as an import makes it.
    """
    project = _Monorepo(files, commits)
    _made(path, commits, branches, project.change, others=b"refs/heads/done/%d")
    git(f"--git-dir={path}", "commit-graph", "write", "--reachable", "--changed-paths")
    return path


def kept(make: Callable[..., Path], **sizes: int) -> Path:
    """What ``make`` makes of these sizes, from the last time if this file is as it was. Nobody may write to it."""
    written = hashlib.blake2b(Path(__file__).read_bytes(), digest_size=4).hexdigest()
    name = "-".join([make.__name__, *map(str, sizes.values()), written])
    found = _KEPT / f"{name}.git"
    if not found.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        unfinished = _KEPT / f"{name}.{os.getpid()}"
        shutil.rmtree(unfinished, ignore_errors=True)
        make(unfinished, **sizes).rename(found)
    return found


def make_large(path: Path, files: int, size: int) -> Path:
    """One commit with so many files of so many random bytes."""

    def change(_mark: int, chance: random.Random) -> list[tuple[bytes, bytes]]:
        return [(b"large-%d.bin" % number, chance.randbytes(size)) for number in range(files)]

    return _made(path, 1, 1, change)


def make_of(path: Path, sources: Iterable[tuple[str, bytes]]) -> Path:
    """One commit that holds these files."""
    line = ["git", f"--git-dir={path}"]
    subprocess.run(
        [*line, "init", "--quiet", "--bare", "--initial-branch=main"], env=_ENVIRONMENT, check=True
    )
    with subprocess.Popen(
        [*line, "fast-import", "--quiet"], stdin=subprocess.PIPE, env=_ENVIRONMENT
    ) as importing:
        assert importing.stdin is not None
        head = b"commit refs/heads/main\ncommitter Author <author@example.org> %d +0000\ndata 4\nall\n"
        importing.stdin.write(head % _BEGAN)
        for name, data in sources:
            importing.stdin.write(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(data), data))
    if importing.returncode:
        raise RuntimeError("git fast-import failed")
    return path


def add_branches(path: Path, count: int) -> None:
    """The branches ``new-0`` and so on, each a commit of one new file on top of main."""
    stream = b"".join(
        b"commit refs/heads/new-%d\ncommitter Author <author@example.org> %d +0000\ndata 4\nnew\n"
        b"from refs/heads/main^0\nM 100644 inline new-%d.txt\ndata 8\n%08d\n"
        % (number, _BEGAN, number, number)
        for number in range(count)
    )
    line = ["git", f"--git-dir={path}", "fast-import", "--quiet"]
    subprocess.run(line, input=stream, env=_ENVIRONMENT, check=True)


class _Project:
    _LINES = 220
    _PICTURES = 30

    def __init__(self, files: int, commits: int, pictures: int) -> None:
        chance = random.Random(11)
        letters = "abcdefghijklmnopqrstuvwxyz_"
        self._words = ["".join(chance.choices(letters, k=chance.randint(2, 10))) for _ in range(3_000)]
        # A few words are everywhere, and so are some lines: text shrinks to a quarter.
        self._often = [*accumulate(1 / rank for rank in range(1, len(self._words) + 1))]
        self._common = [b""] * 200 + [self._written(chance) for _ in range(200)]
        self._files = files
        self._texts: dict[int, list[bytes]] = {}
        self._every = max(1, commits // pictures) if pictures else commits + 1

    def change(self, mark: int, chance: random.Random) -> list[tuple[bytes, bytes]]:
        """The first commit writes all files; most of the others touch one or two, in one place or two."""
        touched = range(self._files) if mark == 1 else {chance.randrange(self._files) for _ in range(2)}
        found = [(self._name(number), self._edited(number, chance)) for number in touched]
        if mark % self._every == 0:
            number = mark // self._every % self._PICTURES
            found.append((b"pictures/%d.png" % number, chance.randbytes(100_000)))
        return found

    def _name(self, number: int) -> bytes:
        return b"src/part%d/section%d/file%d.txt" % (number % 17, number % 13, number)

    def _edited(self, number: int, chance: random.Random) -> bytes:
        text = self._texts.get(number)
        if text is None:
            size = chance.randint(self._LINES // 10, 2 * self._LINES)
            text = self._texts[number] = [self._line(chance) for _ in range(size)]
        at = chance.randrange(len(text))
        text[at : at + chance.randint(0, 3)] = [self._line(chance) for _ in range(chance.randint(1, 4))]
        return b"\n".join(text)

    def _line(self, chance: random.Random) -> bytes:
        return chance.choice(self._common) if chance.random() < 1 / 3 else self._written(chance)

    def _written(self, chance: random.Random) -> bytes:
        words = chance.choices(self._words, cum_weights=self._often, k=chance.randint(1, 9))
        return (" " * (4 * chance.randint(0, 3)) + " ".join(words)).encode()


class _Monorepo(_Project):
    _LINES = 16
    _FLAT = 5_000
    _AT_ONCE = 500

    def __init__(self, files: int, commits: int) -> None:
        super().__init__(files, commits, 0)
        self._commits = commits

    def change(self, mark: int, chance: random.Random) -> list[tuple[bytes, bytes]]:
        if mark < self._commits:
            return super().change(mark, chance)
        step = self._files // self._AT_ONCE
        touched = range(0, self._files, step)
        return [(self._name(number), self._edited(number, chance)) for number in touched]

    def _name(self, number: int) -> bytes:
        if number < self._FLAT:
            return b"assets/icons/icon-%d.svg" % number
        place = number % 100, number // 100 % 4, number
        return b"packages/package%d/src/module%d/file%d.py" % place


def git(*arguments: str) -> bytes:
    """What git says, away from this machine's and this user's settings."""
    return subprocess.run(["git", *arguments], env=_ENVIRONMENT, check=True, stdout=subprocess.PIPE).stdout


def _made(
    path: Path, commits: int, refs: int, change: Change, *how: str, others: bytes = b"refs/tags/v%d"
) -> Path:
    git("init", "--quiet", "--bare", "--initial-branch=main", str(path))
    importer = subprocess.Popen(
        ["git", f"--git-dir={path}", "fast-import", "--quiet", "--done", f"--active-branches={_BRANCHES}"],
        stdin=subprocess.PIPE,
        env=_ENVIRONMENT,
    )
    if importer.stdin is None:
        raise RuntimeError("git fast-import takes no input")
    with importer.stdin as stream:
        for command in _commands(commits, refs, change, others):
            stream.write(command)
    if importer.wait():
        raise RuntimeError("git fast-import failed")
    git(f"--git-dir={path}", "pack-refs", "--all")
    git(f"--git-dir={path}", "repack", "-a", "-d", "-q", *how, "--write-bitmap-index")
    git(f"--git-dir={path}", "commit-graph", "write", "--reachable")
    return path


def _commands(commits: int, refs: int, change: Change, others: bytes) -> Iterator[bytes]:
    chance = random.Random(7)
    branches = min(refs, _BRANCHES)
    tips: list[int] = []
    for mark in range(1, commits + 1):
        branch = mark % branches if len(tips) == branches else len(tips)
        parents = [tips[branch]] if branch < len(tips) else tips[:1]
        if mark % 10 == 0 and len(tips) > 1:
            parents += [tip for tip in [chance.choice(tips)] if tip not in parents]
        yield _commit(mark, branch, parents, change(mark, chance))
        if branch < len(tips):
            tips[branch] = mark
        else:
            tips.append(mark)
    for number in range(refs - branches):
        target = 1 + number * commits // max(1, refs - branches)
        yield b"reset %s\nfrom :%d\n\n" % (others % number, target)
    yield b"done\n"


def _commit(mark: int, branch: int, parents: list[int], files: list[tuple[bytes, bytes]]) -> bytes:
    name = b"refs/heads/%s" % (b"topic-%d" % branch if branch else b"main")
    author = b"Author %d <author%d@example.org>" % ((mark % _AUTHORS,) * 2)
    # Some commits share their second, as after a rebase.
    time = b"%d +0200" % (_BEGAN + mark * 37 // 40 * 40)
    message = b"Change number %d\n\nBecause the number before it was not enough.\n" % mark
    lines = [
        b"commit %s\nmark :%d\nauthor %s %s\ncommitter %s %s" % (name, mark, author, time, author, time),
        b"data %d\n%s" % (len(message), message),
        *(b"%s :%d" % (b"merge" if number else b"from", parent) for number, parent in enumerate(parents)),
        *(b"M 100644 inline %s\ndata %d\n%s" % (path, len(content), content) for path, content in files),
    ]
    return b"\n".join(lines) + b"\n"
