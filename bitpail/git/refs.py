"""The refs of a repository, read without a process.

What is read here equals what ``git for-each-ref`` says, but for hidden refs.
Objects are only asked for what loose tags point to.
"""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from bitpail.errors import GitError
from bitpail.git.command import run
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.ref_files import RefFiles
from bitpail.git.revisions import Revision
from bitpail.model.refs import Ref, Refs
from bitpail.policy.names import HIDDEN_REFS

Peel = Callable[[GitDirectory, Sequence[str]], Awaitable[dict[str, str]]]
"""Maps each object name to what is behind its tags; one that is missing is left out."""

_HASH = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BAD_NAME = re.compile(rb"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|/\.|\.lock(/|$)|\.$")
_HIDDEN = tuple(prefix.encode() for prefix in HIDDEN_REFS)
_BRANCHES = "refs/heads/"
_SYMBOLIC_DEPTH = 5
# A ref that holds an object, and one that isn't there.
_NOT_SYMBOLIC = frozenset({1, 128})

# These belong to one worktree; the others are shared.
_OF_A_WORKTREE = (b"refs/bisect/", b"refs/worktree/", b"refs/rewritten/")


@dataclass(slots=True)
class Found:
    """``targets`` are object names; what is not in ``peeled`` has to be asked for."""

    targets: dict[bytes, bytes] = field(default_factory=dict)
    peeled: dict[bytes, bytes] = field(default_factory=dict)
    symbolic: dict[bytes, bytes] = field(default_factory=dict)
    head: str | None = None


async def read(directory: GitDirectory, peel: Peel) -> Refs:
    """Every ref but hidden ones, and what HEAD names."""
    path = directory.path
    common = common_directory(path)
    if (common / "reftable").is_dir():
        return await _ask_git(path)
    return await completed(directory, await asyncio.to_thread(_read_files, path, common), peel)


async def completed(directory: GitDirectory, found: Found, peel: Peel) -> Refs:
    """The refs of the files, after asking what is behind loose tags; without those whose object is missing."""
    unknown = [target.decode() for name, target in found.targets.items() if name not in found.peeled]
    behind = await peel(directory, unknown) if unknown else {}
    refs = []
    for name, target in sorted(found.targets.items()):
        peeled = found.peeled.get(name) or behind.get(target.decode(), "").encode()
        if peeled:
            refs.append(_ref(name, target, peeled))
    return Refs(found.head, tuple(refs))


@lru_cache(maxsize=20_000)
def _ref(name: bytes, target: bytes, peeled: bytes) -> Ref:
    """Most refs stay what they are from one request to the next."""
    text = target.decode()
    return Ref(name.decode("utf-8", "surrogateescape"), text, text if target == peeled else peeled.decode())


def of_files(files: RefFiles) -> Found:
    """What a whole reading of a repository's files says."""
    loose = Found()
    for name, content in files.loose.items():
        _take_loose(name, content, loose)
    targets, peeled = {}, {}
    for target, name, behind in files.packed.lines:
        targets[name] = target
        if behind or files.packed.fully_peeled:
            peeled[name] = behind or target
    return _found(files.head, loose, Found(targets, peeled))


def _read_files(path: Path, common: Path) -> Found:
    head = _read_file(path / "HEAD") or b""
    # Loose refs first: one that is packed meanwhile is then still found in
    # packed-refs, while the other order could miss it.
    loose = Found()
    _walk(common / "refs", b"refs/", loose)
    if path != common:
        loose.targets = {name: hash_ for name, hash_ in loose.targets.items() if not _of_a_worktree(name)}
        loose.symbolic = {name: to for name, to in loose.symbolic.items() if not _of_a_worktree(name)}
        _walk(path / "refs", b"refs/", loose)
    targets, peeled = _parse_packed(_read_file(common / "packed-refs") or b"")
    return _found(head, loose, Found(dict(targets), dict(peeled)))


def _found(head: bytes, loose: Found, found: Found) -> Found:
    """Loose refs put above packed ones, which ``found`` has."""
    for name in (*loose.targets, *loose.symbolic):
        found.targets.pop(name, None)
        found.peeled.pop(name, None)
    found.targets |= loose.targets
    found.peeled |= {name: to for name, to in loose.targets.items() if name.startswith(b"refs/heads/")}
    found.symbolic = loose.symbolic
    _resolve_symbolic(found)
    for name in [name for name in found.targets if name.startswith(_HIDDEN)]:
        del found.targets[name]
    found.head = _branch(head)
    return found


def _of_a_worktree(name: bytes) -> bool:
    return name.startswith(_OF_A_WORKTREE)


def _read_file(path: str | Path) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 a Path for each ref is slow
            return stream.read()
    except OSError:
        return None


def _branch(head: bytes) -> str | None:
    if not head.startswith(b"ref:"):
        return None
    return head[4:].strip().decode("utf-8", "surrogateescape")


def _walk(directory: Path, prefix: bytes, found: Found) -> None:
    waiting = [(os.fsencode(directory), prefix)]
    while waiting:
        place, above = waiting.pop()
        try:
            entries = list(os.scandir(place))
        except OSError:
            continue
        for entry in entries:
            name = above + entry.name
            if entry.is_dir():
                waiting.append((entry.path, name + b"/"))
            elif not _BAD_NAME.search(name):
                _take_loose(name, _read_file(os.fsdecode(entry.path)), found)


def _take_loose(name: bytes, content: bytes | None, found: Found) -> None:
    if content is None:
        return
    if content.startswith(b"ref:"):
        found.symbolic[name] = content[4:].strip()
        return
    match = _HASH.match(content)
    if match and content[match.end() : match.end() + 1].strip() == b"" and match[0].strip(b"0"):
        found.targets[name] = match[0]


# Few, since one of a huge repository takes tens of megabytes.
@lru_cache(maxsize=8)
def _parse_packed(content: bytes) -> tuple[dict[bytes, bytes], dict[bytes, bytes]]:
    """Targets and what is behind them, by name; they are kept, so nobody may change them."""
    targets: dict[bytes, bytes] = {}
    peeled: dict[bytes, bytes] = {}
    lines = content.split(b"\n")
    fully_peeled = lines[0].startswith(b"# pack-refs with:") and b" fully-peeled" in lines[0]
    last = b""
    for line in lines:
        if line.startswith(b"^"):
            peeled[last] = line[1:].strip()
            continue
        target, _, name = line.partition(b" ")
        if not name or target == b"#" or _BAD_NAME.search(name):
            continue
        last = name
        targets[name] = target
        if fully_peeled:
            peeled[name] = target
    return targets, peeled


def _resolve_symbolic(found: Found) -> None:
    for name, first in found.symbolic.items():
        to = first
        for _ in range(_SYMBOLIC_DEPTH):
            to = found.symbolic.get(to, to)
        if to in found.targets:
            found.targets[name] = found.targets[to]
            if to in found.peeled:
                found.peeled[name] = found.peeled[to]


async def _ask_git(path: Path) -> Refs:
    """For the formats of refs that only git can read."""
    fields = "--format=%(objectname) %(*objectname) %(refname)"
    refs = []
    for line in (await run(path, "for-each-ref", fields)).splitlines():
        target, peeled, name = line.decode("utf-8", "surrogateescape").split(" ", 2)
        if not name.startswith(HIDDEN_REFS):
            refs.append(Ref(name, target, peeled or target))
    try:
        head = (await run(path, "symbolic-ref", "--quiet", "HEAD")).decode("utf-8", "surrogateescape").strip()
    except GitError as error:
        if error.status != 1:
            raise
        return Refs(None, tuple(refs))
    return Refs(head, tuple(refs))


async def set_head(directory: GitDirectory, branch: str) -> None:
    """Let HEAD name a branch, whether or not it exists yet."""
    name = f"refs/heads/{branch.removeprefix('refs/heads/')}"
    await run(directory.path, "symbolic-ref", "HEAD", revisions=[Revision(name)])


def main_branch(directory: GitDirectory) -> str | None:
    """The short name of the branch that HEAD names; None while that does not exist.

    Two small reads and no list of refs, since every answer about a repository asks this.
    """
    name = _head_branch(directory)
    if name is None:
        return None
    # Only an adopted directory can be a linked worktree.
    common = common_directory(directory.path) if directory.adopted else directory.path
    if not os.path.isfile(f"{common}/{name}"):  # noqa: PTH113 on the way of each request
        packed = _read_file(common / "packed-refs") or b""
        if b" %b\n" % name.encode("utf-8", "surrogateescape") not in packed:
            return None
    return name.removeprefix(_BRANCHES)


async def head_branch(directory: GitDirectory) -> str | None:
    """The same whether it exists or not; None if HEAD names no branch."""
    is_table = directory.adopted and (common_directory(directory.path) / "reftable").is_dir()
    name = await _symbolic(directory.path, "HEAD") if is_table else _head_branch(directory)
    return name.removeprefix(_BRANCHES) if name and name.startswith(_BRANCHES) else None


def _head_branch(directory: GitDirectory) -> str | None:
    name = _branch(_read_file(f"{directory.path}/HEAD") or b"")
    return name if name is not None and name.startswith(_BRANCHES) else None


async def moved_by(directory: GitDirectory, name: str) -> str:
    """The ref that a push to this one moves: another one if it is symbolic, as only adopted ones are."""
    if not directory.adopted or not _may_be_a_ref(name):
        return name
    common = common_directory(directory.path)
    if (common / "reftable").is_dir():
        return await _symbolic(directory.path, name)
    for _ in range(_SYMBOLIC_DEPTH):
        target = _linked(f"{common}/{name}") or _branch(_read_file(f"{common}/{name}") or b"")
        if target is None or not _may_be_a_ref(target):
            break
        name = target
    return name


def _linked(path: str) -> str | None:
    """What git took for a symbolic ref before there were others, and still does."""
    try:
        target = os.readlink(path)  # noqa: PTH115 a ref's name, not a place
    except OSError:
        return None
    return target if target.startswith("refs/") else None


def _may_be_a_ref(name: str) -> bool:
    # Git looks at names after it has asked us, so that one may lead out of the directory.
    raw = name.encode("utf-8", "surrogateescape")
    return raw.startswith(b"refs/") and _BAD_NAME.search(raw) is None


async def _symbolic(path: Path, name: str) -> str:
    try:
        return os.fsdecode(await run(path, "symbolic-ref", "--quiet", revisions=[Revision(name)])).strip()
    except GitError as error:
        if error.status not in _NOT_SYMBOLIC:
            raise
        return name
