"""What a repository's refs are now, kept from one request to the next and never older than the request.

A snapshot says what ``git upload-pack`` and ``git receive-pack`` would say. Where
only git can judge (a broken ref, a link, another kind of storage) there is none.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import Struct

from bitpail.errors import GitError
from bitpail.git import ref_files
from bitpail.git.directories import GitDirectory
from bitpail.git.objects import Objects
from bitpail.git.plain_config import PlainConfig
from bitpail.git.ref_files import RefFiles
from bitpail.git.ref_resolution import Head, Resolved, resolve
from bitpail.model.transfer import Service
from bitpail.policy.names import HIDDEN_REFS
from bitpail.wire import ls_refs
from bitpail.wire.ls_refs import Listing, LsRefs
from bitpail.wire.packet_lines import FLUSH, encode

_HIDDEN = tuple(prefix.encode() for prefix in HIDDEN_REFS)
_HIDDEN_THEMSELVES = frozenset(prefix.rstrip(b"/") for prefix in _HIDDEN)

_KEPT_BYTES = 32 << 20
# Of one ref: its name and hashes, and as a line of the answers that people ask for.
_BYTES_PER_REF = 1200
_ANSWERS = 4
_FEW_PREFIXES = 100
# From so many on, work is done in a thread, so that nobody else waits for it.
_MANY = 500


@dataclass(frozen=True, slots=True)
class RefSnapshot:
    """Every ref but hidden ones: three lists in byte order of the names, full, as bytes.

    ``peeled`` is empty where a ref names no tag; ``symbolic`` maps names to what they stand for.
    """

    head: Head
    names: list[bytes]
    targets: list[bytes]
    peeled: list[bytes]
    symbolic: dict[bytes, bytes]
    _made: dict[tuple[bool, bool], Listing] = field(default_factory=dict)
    _answers: dict[LsRefs | tuple[Service, bytes], bytes] = field(default_factory=dict)

    async def listing(self, wanted: LsRefs) -> bytes:
        """The answer to ls-refs."""
        made = self._answers.get(wanted)
        if made is None:
            if len(self.names) + len(wanted.prefixes) > _MANY:
                made = await asyncio.to_thread(self._listing, wanted)
            else:
                made = self._listing(wanted)
            self._keep(wanted, made)
        return made

    def _keep(self, question: LsRefs | tuple[Service, bytes], answer: bytes) -> None:
        # Nearly everybody asks the same, and putting a long answer together costs more than sending it.
        if isinstance(question, LsRefs) and len(question.prefixes) > _FEW_PREFIXES:
            return
        while len(self._answers) >= _ANSWERS:
            del self._answers[next(iter(self._answers))]
        self._answers[question] = answer

    def _listing(self, wanted: LsRefs) -> bytes:
        made = self._made.get((wanted.peel, wanted.symrefs))
        if made is None:
            made = self._made[wanted.peel, wanted.symrefs] = Listing.of(self._lines(wanted))
        rest = made.matching(self.names, wanted.prefixes) if wanted.prefixes else [made.lines]
        return b"".join((self._head_line(wanted), *rest, FLUSH))

    def _head_line(self, wanted: LsRefs) -> bytes:
        target, symbolic = self.head.target, self.head.symbolic
        if not wanted.wants_head():
            return b""
        if target is None:
            if not (wanted.unborn and wanted.symrefs and symbolic):
                return b""
            target = b"unborn"
        return ls_refs.line(target, b"HEAD", wanted, symbolic, self.head.peeled)

    def _lines(self, wanted: LsRefs) -> Iterator[bytes]:
        for name, target, peeled in zip(self.names, self.targets, self.peeled, strict=True):
            yield ls_refs.line(target, name, wanted, self.symbolic.get(name), peeled)

    async def advertised(self, service: Service, capabilities: bytes) -> bytes:
        """The refs before protocol v2, ``capabilities`` (with their line end) behind the first."""
        made = self._answers.get((service, capabilities))
        if made is None:
            if len(self.names) > _MANY:
                made = await asyncio.to_thread(self._advertised, service, capabilities)
            else:
                made = self._advertised(service, capabilities)
            self._keep((service, capabilities), made)
        return made

    def _advertised(self, service: Service, capabilities: bytes) -> bytes:
        is_fetch = service is Service.UPLOAD_PACK
        refs = [
            (target, name, peeled if is_fetch else b"")
            for target, name, peeled in zip(self.targets, self.names, self.peeled, strict=True)
        ]
        if is_fetch and self.head.target:
            refs.insert(0, (self.head.target, b"HEAD", self.head.peeled or b""))
        first, *rest = refs
        lines = [_advertised_line(*first, capabilities), *(_advertised_line(*ref) for ref in rest)]
        return b"".join((*lines, FLUSH))


def _advertised_line(target: bytes, name: bytes, peeled: bytes, capabilities: bytes | None = None) -> bytes:
    end = b"\n" if capabilities is None else b"\0" + capabilities
    own = encode(b"%b %b%b" % (target, name, end))
    return own + encode(b"%b %b^{}\n" % (peeled, name)) if peeled else own


@dataclass(slots=True)
class _Kept:
    files: RefFiles | None = None
    snapshot: RefSnapshot | None = None
    bytes: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class RefSnapshots:
    """Those of the repositories that are asked for most lately; one for each server process."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._kept: OrderedDict[Path, _Kept] = OrderedDict()
        self._bytes = 0

    def kept_bytes(self) -> int:
        """About how much memory the snapshots take."""
        return self._bytes

    async def now(self, directory: GitDirectory, config: PlainConfig) -> RefSnapshot | None:
        """What the refs are, seen after this was called; None when git has to be asked."""
        kept = self._kept.get(directory.path)
        if kept is None:
            kept = self._kept[directory.path] = _Kept()
        self._kept.move_to_end(directory.path)
        files = kept.files
        if files is not None and len(files.files) < _MANY and files.unchanged():
            return kept.snapshot
        async with kept.lock:
            looked = await asyncio.to_thread(_look, directory.path, config.width, kept.files)
            if looked is not None:
                await self._renew(kept, directory, looked)
            return kept.snapshot

    async def _renew(self, kept: _Kept, directory: GitDirectory, looked: "_Looked") -> None:
        if not looked.is_same:
            kept.snapshot = await self._snapshot(directory, looked.found) if looked.found else None
        # Without a snapshot the next one has to look again: an object may have come meanwhile.
        kept.files = looked.files if kept.snapshot is not None else None
        self._make_room(directory.path, kept)

    async def _snapshot(self, directory: GitDirectory, found: Resolved) -> RefSnapshot | None:
        try:
            behind = await self._objects.peel(directory, [name.decode() for name in found.unknown])
        except GitError:
            return None
        if len(behind) != len(found.unknown):
            return None  # there are objects missing
        tags = {name.encode(): end.encode() for name, end in behind.items() if name != end}
        if len(found.targets) < _MANY:
            return _seen(found, tags)
        return await asyncio.to_thread(_seen, found, tags)

    def _make_room(self, path: Path, kept: _Kept) -> None:
        known = self._kept.get(path) is kept
        self._bytes -= kept.bytes if known else 0
        refs = len(kept.snapshot.names) if kept.snapshot else 0
        kept.bytes = 4096 + refs * _BYTES_PER_REF
        self._bytes += kept.bytes if known else 0
        while self._bytes > _KEPT_BYTES and self._kept:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.bytes


class _Looked(Struct, frozen=True):
    """``found`` is None where nothing was new, or where only git can tell."""

    files: RefFiles
    is_same: bool
    found: Resolved | None


def _look(path: Path, width: int, before: RefFiles | None) -> _Looked | None:
    """The files of the refs and what they say; None if they are as they were."""
    if before is not None and before.unchanged():
        return None
    files = ref_files.read(path, width, before)
    is_same = before is not None and files.same(before)
    return _Looked(files, is_same, None if is_same or files.broken else resolve(files, width))


def _seen(found: Resolved, tags: dict[bytes, bytes]) -> RefSnapshot:
    for name, target in found.targets.items():
        if target in tags:
            found.peeled[name] = tags[target]
    head = found.head
    if head.target is not None:
        peeled = found.peeled.get(head.symbolic) if head.symbolic else tags.get(head.target)
        head = Head(head.symbolic, head.target, peeled)
    names = sorted(name for name in found.targets if not _is_hidden(name))
    return RefSnapshot(
        head=head,
        names=names,
        targets=[found.targets[name] for name in names],
        peeled=[found.peeled.get(name, b"") for name in names],
        symbolic=found.symbolic,
    )


def _is_hidden(name: bytes) -> bool:
    return name.startswith(_HIDDEN) or name in _HIDDEN_THEMSELVES
