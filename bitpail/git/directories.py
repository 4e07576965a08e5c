"""Where repositories lie, and how they come and go.

A repository appears and disappears by one rename, so nobody ever sees half of
one. Names of people or slugs never become part of a path.
"""

import asyncio
import errno
import os
import shutil
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from pathlib import Path
from uuid import UUID, uuid4

from msgspec import Struct

from bitpail.errors import Conflict, Invalid
from bitpail.git.command import run
from bitpail.git.environment import Config
from bitpail.git.revisions import Revision, Source

_TEMPORARY = ".tmp-"

# Where git keeps the objects of a push until it is accepted. It stays when the server
# is killed: receive-pack then dies of SIGPIPE, and does not tidy up.
_QUARANTINE = "tmp_objdir-incoming-"
_IMPORT_TIMEOUT = 24 * 3600.0

# An import takes history as it is: old mistakes in it can't be mended. It may
# open connections, which nothing else here may.
AS_IT_IS: Config = (
    ("fetch.fsckObjects", "false"),
    ("transfer.fsckObjects", "false"),
    *((f"protocol.{name}.allow", "always") for name in ("file", "git", "http", "https", "ssh")),
)

# git does not hand its settings on to the upload-pack of a local source, which
# then refuses a directory that belongs to somebody else.
LOCAL_UPLOAD_PACK = "--upload-pack=git -c 'safe.directory=*' upload-pack"


class GitDirectory(Struct, frozen=True, gc=False):
    """A git directory; an adopted one has its own config and hooks, which are respected."""

    path: Path
    adopted: bool = False


@lru_cache(maxsize=4096)
def repository_path(root: Path, repository_id: str, *, wiki: bool = False) -> Path:
    """Where a repository lies: sharded by the first two hexadecimal digits of its id."""
    try:
        name = str(UUID(repository_id))
    except ValueError:
        raise Invalid(f"not the id of a repository: {repository_id!r}") from None
    return Path(f"{root}/{name[:2]}/{name}{'.wiki' if wiki else ''}.git")


def locate(directory: Path) -> Path:
    """The git directory of a repository that exists: bare, or with a ``.git`` in it."""
    # On the way of each request to an adopted repository, so as few looks as can be, and no Path for them.
    top = os.path.abspath(directory)  # noqa: PTH100
    for candidate in (f"{top}/.git", top):
        mode = _mode(candidate)
        found = _follow(candidate) if stat.S_ISREG(mode) else candidate
        if mode and _is_git_directory(found):
            return _resolved(found)
    raise Invalid(f"not a git repository: {str(directory)!r}")


def _follow(file: str) -> str:
    """What a ``.git`` file of a linked worktree or a submodule names."""
    with open(file, encoding="utf-8", errors="surrogateescape") as stream:  # noqa: PTH123
        text = stream.read(4096 + len("gitdir: "))
    if not text.startswith("gitdir: "):
        return file
    return os.path.join(os.path.dirname(file), text.removeprefix("gitdir: ").rstrip("\n"))  # noqa: PTH118, PTH120


def _is_git_directory(path: str) -> bool:
    common = common_directory(Path(path))
    return (
        stat.S_ISREG(_mode(f"{path}/HEAD"))
        and stat.S_ISDIR(_mode(f"{common}/objects"))
        and stat.S_ISDIR(_mode(f"{common}/refs"))
    )


def _mode(path: str) -> int:
    """What it is, links followed; 0 if there is nothing."""
    try:
        return os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError):  # a NUL in a name
        return 0


def _resolved(path: str) -> Path:
    """Without links. One look instead of one for each segment, while it is the same directory."""
    there = os.stat(path)  # noqa: PTH116
    known = _real(path, there.st_dev, there.st_ino)
    with suppress(OSError):
        if os.path.samestat(os.stat(known), there):  # noqa: PTH116
            return known
    return Path(path).resolve()


@lru_cache(maxsize=4096)
def _real(path: str, _device: int, _inode: int) -> Path:
    return Path(path).resolve()


def common_directory(path: Path) -> Path:
    """Where objects and shared refs lie: for a linked worktree not in its own git directory."""
    try:
        with open(f"{path}/commondir", "rb", buffering=0) as stream:  # noqa: PTH123 on the way of each request
            text = stream.read()
    except OSError:
        return path
    return path / os.fsdecode(text).rstrip("\n")


def _temporary(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.parent / f"{_TEMPORARY}{uuid4().hex}"


@asynccontextmanager
async def beside(path: Path) -> AsyncIterator[Path]:
    """A temporary place in the same directory; what is left there at the end is removed."""
    temporary = _temporary(path)
    try:
        yield temporary
    finally:
        await asyncio.to_thread(shutil.rmtree, temporary, ignore_errors=True)


async def create(path: Path, main_branch: str = "main") -> None:
    """Make an empty bare repository. When another one made it meanwhile, that is fine."""
    flags = ["--bare", "--quiet", "--template=", f"--initial-branch={Revision(main_branch).text}"]
    async with beside(path) as temporary:
        await run(None, "init", *flags, paths=[temporary])
        with suppress(Conflict):
            place(temporary, path)


def place(temporary: Path, path: Path) -> None:
    """Give it its name; raises Conflict if that is taken."""
    # A rename onto a directory that holds something fails, so the first one wins.
    try:
        temporary.rename(path)
    except OSError as error:
        if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
            raise Conflict(f"the directory {path.name!r} exists already") from None
        raise


async def delete(path: Path) -> None:
    """Remove a repository; it is out of sight at once."""
    await asyncio.to_thread(_delete, path)


def _delete(path: Path) -> None:
    temporary = _temporary(path)
    with suppress(FileNotFoundError):
        path.rename(temporary)
        shutil.rmtree(temporary, ignore_errors=True)


async def disk_size(path: Path) -> int:
    """Bytes of all files of a repository."""
    return await asyncio.to_thread(_disk_size, path)


def _disk_size(path: Path) -> int:
    total = 0
    for directory, _, files in os.walk(path):
        for name in files:
            with suppress(FileNotFoundError):
                total += os.lstat(os.path.join(directory, name)).st_size  # noqa: PTH118 a Path for each file is slow
    return total


async def import_from(source: str, path: Path, progress: Callable[[str], None]) -> None:
    """Copy all branches and tags of a path or URL into a new repository at ``path``.

    ``progress`` gets git's own lines. GitError with git's last words when the
    source can't be read; Conflict when ``path`` exists.
    """
    named = Source(source)
    local = await asyncio.to_thread(_local, source)
    if await asyncio.to_thread(path.exists):
        raise Conflict(f"the directory {path.name!r} exists already")
    lines = Lines(progress)
    async with beside(path) as temporary:
        await run(
            None,
            "clone",
            *("--bare", "--no-local", "--progress", "--template="),
            *([LOCAL_UPLOAD_PACK] if local else []),
            paths=[local or named, temporary],
            timeout=_IMPORT_TIMEOUT,
            config=AS_IT_IS,
            on_stderr=lines.feed,
        )
        lines.finish()
        await run(temporary, "config", "--remove-section", "remote.origin")
        await make_fast(temporary)
        place(temporary, path)


def _local(source: str) -> Path | None:
    path = Path(source)
    return path.absolute() if path.is_dir() else None


async def make_fast(path: Path) -> None:
    """What makes the first fetch of much history fast."""
    await run(path, "pack-refs", "--all", timeout=_IMPORT_TIMEOUT)
    if not any((path / "objects" / "pack").glob("*.pack")):
        return
    await run(path, "commit-graph", "write", "--reachable", "--changed-paths", timeout=_IMPORT_TIMEOUT)
    await run(path, "multi-pack-index", "write", "--bitmap", timeout=_IMPORT_TIMEOUT)


class Lines:
    """Lines of text out of pieces; git ends a line that it will overwrite with CR."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._rest = b""

    def feed(self, piece: bytes) -> None:
        """What came next."""
        *lines, self._rest = (self._rest + piece).replace(b"\r", b"\n").split(b"\n")
        for line in filter(None, lines):
            self._take(line.decode(errors="replace").rstrip())

    def finish(self) -> None:
        """What is left is a line as well."""
        self.feed(b"\n")


async def clean_leftovers(root: Path, *, of_pushes: float, of_others: float) -> None:
    """Remove what crashes have left: quarantines of pushes, half-made and half-deleted repositories.

    Only what is older than these times, in seconds since 1970: somebody may be at the rest.
    """
    await asyncio.to_thread(_clean_leftovers, root, f"*/*/objects/{_QUARANTINE}*", of_pushes)
    await asyncio.to_thread(_clean_leftovers, root, f"*/{_TEMPORARY}*", of_others)


def _clean_leftovers(root: Path, pattern: str, before: float) -> None:
    for leftover in root.glob(pattern):
        with suppress(FileNotFoundError):
            if leftover.stat().st_mtime < before:
                shutil.rmtree(leftover, ignore_errors=True)
