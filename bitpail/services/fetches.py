"""Fetches and clones: each want is judged before any answer, and then answered once for all who ask the same.

What may be had is what the refs reach that the actor may see now. That is asked for
each request, so a cached answer opens nothing that git itself would not be asked for.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from msgspec import Struct
from msgspec.structs import replace

from bitpail.errors import Invalid
from bitpail.git import plain_config, transport
from bitpail.git.clone_cache import Answer, CloneCache, Wanted
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.plain_config import PlainConfig
from bitpail.git.reachable import Reachable, Tips
from bitpail.git.ref_snapshot import RefSnapshot, RefSnapshots
from bitpail.git.transport import Limits
from bitpail.git.version import check_version
from bitpail.model.access import Access
from bitpail.model.transfer import Service
from bitpail.services.git_slots import GitSlots, in_turn, whose
from bitpail.wire.fetch_request import Fetch, parse_fetch, parse_old_fetch
from bitpail.wire.packet_lines import encode, parse
from bitpail.wire.v2_request import V2Request

_TAGS = b"refs/tags/"

# Their answers depend on more than the objects that they name, or aren't whole.
_NEVER_KEPT = (b"want-ref", b"packfile-uris", b"deepen-not", b"wait-for-done")
_PARTS_ONLY = (b"deepen", b"deepen-since", b"filter")


_SNAPSHOTS_KEPT = 64


class _Seen(Struct, frozen=True):
    """The refs that may be seen; ``tags`` is another digest whenever the tags are others."""

    tips: Tips
    tags: bytes


class Fetches:
    """One for each server process, to be closed at its end."""

    def __init__(self, ref_snapshots: RefSnapshots, cache: CloneCache, slots: GitSlots) -> None:
        self.cache = cache
        self._slots = slots
        self._ref_snapshots = ref_snapshots
        self._reachable = Reachable()
        # Both are the same as long as the snapshot is.
        self._seen: OrderedDict[str, tuple[RefSnapshot, _Seen]] = OrderedDict()
        self._git_version = ""

    async def close(self) -> None:
        """End what is being written to the cache."""
        await self.cache.close()

    async def forget(self, repository_id: str) -> None:
        """Remove the cached answers of a repository that is no more."""
        for of in ("code", "wiki"):
            await asyncio.to_thread(self.cache.forget, _cached_as(repository_id, of))

    async def sweep(self) -> None:
        """Remove what crashes have left in the cache."""
        await asyncio.to_thread(self.cache.sweep)

    async def answer(
        self, access: Access, directory: GitDirectory, request: V2Request | None, limits: Limits
    ) -> Answer:
        """Answer one request of protocol 2 that is no ls-refs; raises Invalid if it is no fetch."""
        if request is None:
            raise Invalid("this is no request of protocol 2")
        fetch = parse_fetch(request)
        config = plain_config.read(directory)
        seen = await self._seen_now(directory, config, limits)
        refusal = await self._refusal(directory, seen.tips, fetch.wants)
        if refusal is not None:
            return refusal
        fetch = fetch.without(await self._hidden(directory, seen.tips, (*fetch.haves, *fetch.shallows)))
        if config is not None and _may_be_kept(fetch, directory):
            wanted = await self._wanted(access, directory, fetch, seen, config)
            answer = self.cache.answer(wanted, limits, lambda: self._slots.slot(*whose(access)))
            if answer is not None:
                return replace(answer, has_haves=bool(fetch.haves))
        pieces = _pieces(fetch.encoded())
        served = transport.serve(directory, Service.UPLOAD_PACK, "version=2", pieces, limits)
        return Answer(in_turn(self._slots, access, served), has_haves=bool(fetch.haves))

    async def answer_old(
        self, access: Access, directory: GitDirectory, version: int, content: bytes, limits: Limits
    ) -> Answer:
        """Answer one request of protocol 0 or 1; raises Invalid."""
        fetch = parse_old_fetch(content)
        seen = await self._seen_now(directory, plain_config.read(directory), limits)
        refusal = await self._refusal(directory, seen.tips, fetch.wants)
        if refusal is not None:
            return refusal
        hidden = await self._hidden(directory, seen.tips, (*fetch.haves, *fetch.shallows))
        pieces = _pieces(fetch.without(hidden))
        served = transport.serve(directory, Service.UPLOAD_PACK, f"version={version}", pieces, limits)
        return Answer(in_turn(self._slots, access, served), has_haves=bool(fetch.haves))

    async def hidden(self, directory: GitDirectory, hashes: set[str], limits: Limits) -> set[str]:
        """Those of these commits that are there, and that no ref reaches which may be seen."""
        if not hashes:
            return set()
        seen = await self._seen_now(directory, plain_config.read(directory), limits)
        return await self._hidden(directory, seen.tips, hashes)

    async def tips(self, directory: GitDirectory, limits: Limits) -> Tips:
        """What the refs hold that may be seen."""
        return (await self._seen_now(directory, plain_config.read(directory), limits)).tips

    async def beyond(self, directory: GitDirectory, tips: Tips, hashes: set[str]) -> set[str]:
        """Some of these objects that the tips do not reach; none if they reach all."""
        return await self._reachable.beyond(directory, tips, hashes)

    async def _seen_now(self, directory: GitDirectory, config: PlainConfig | None, limits: Limits) -> _Seen:
        snapshot = await self._ref_snapshots.now(directory, config) if config else None
        if snapshot is None:
            return await _advertised(directory, limits)
        path = str(directory.path)
        known = self._seen.get(path)
        if known is None or known[0] is not snapshot:
            head = [snapshot.head.target] if snapshot.head.target else []
            refs = zip(snapshot.targets, snapshot.names, strict=True)
            known = self._seen[path] = (snapshot, _seen([*((target, b"HEAD") for target in head), *refs]))
            if len(self._seen) > _SNAPSHOTS_KEPT:
                self._seen.popitem(last=False)
        self._seen.move_to_end(path)
        return known[1]

    async def _refusal(self, directory: GitDirectory, tips: Tips, wants: tuple[str, ...]) -> Answer | None:
        beyond = await self._reachable.beyond(directory, tips, wants)
        if not beyond:
            return None
        # Git's words, so that its clients know what to make of it.
        return Answer(_pieces(encode(f"ERR upload-pack: not our ref {min(beyond)}".encode())))

    async def _hidden(self, directory: GitDirectory, tips: Tips, hashes: Iterable[str]) -> set[str]:
        """Commits that a client has and no ref reaches: for it they aren't there.

        Git would tell that they are. And it would hand out the parents of one that the client
        calls shallow, when asked to deepen.
        """
        return await self._reachable.hidden_commits(directory, tips, hashes)

    async def _wanted(
        self, access: Access, directory: GitDirectory, fetch: Fetch, seen: _Seen, config: PlainConfig
    ) -> Wanted:
        self._git_version = self._git_version or await check_version()
        key = hashlib.blake2b(digest_size=20)
        tags = seen.tags if fetch.has(b"include-tag") else b""
        for part in (self._git_version.encode(), tags, config.text, fetch.encoded()):
            key.update(b"%d:%b" % (len(part), part))
        return Wanted(
            repository=_cached_as(access.repository.id, access.need.of),
            key=key.hexdigest(),
            directory=directory,
            request=fetch.encoded(),
            is_whole=not fetch.has(*_PARTS_ONLY) and not fetch.haves,
            is_likely=not fetch.haves and seen.tips.hashes.issuperset(fetch.wants),
        )


def _cached_as(repository_id: str, of: str) -> str:
    return f"{repository_id}.wiki" if of == "wiki" else repository_id


def _may_be_kept(fetch: Fetch, directory: GitDirectory) -> bool:
    """Whether its answer is the same as long as the wanted objects are."""
    if not fetch.is_done or not fetch.wants or fetch.has(*_NEVER_KEPT):
        return False
    # A filter may be a file of the repository, named by a ref. An adopted shallow one gets deeper.
    if any(option.startswith(b"filter") and b"sparse" in option for option in fetch.options):
        return False
    return not directory.adopted or not (common_directory(directory.path) / "shallow").exists()


async def _advertised(directory: GitDirectory, limits: Limits) -> _Seen:
    """What git itself would show, where only git can tell."""
    advertised = transport.advertise(directory, Service.UPLOAD_PACK, None, limits)
    async with aclosing(advertised):
        packets = parse(b"".join([piece async for piece in advertised]))
    refs = []
    for packet in packets:
        if isinstance(packet, bytes) and not packet.startswith(b"shallow "):
            target, _, name = packet.partition(b"\0")[0].rstrip(b"\n").partition(b" ")
            if name != b"capabilities^{}":
                refs.append((target, name))
    return _seen(refs)


def _seen(refs: list[tuple[bytes, bytes]]) -> _Seen:
    targets = sorted({target for target, _ in refs})
    tags = [b"%b %b" % ref for ref in refs if ref[1].startswith(_TAGS)]
    tips = Tips(frozenset(b"\n".join(targets).decode().split()), _digest(targets))
    return _Seen(tips, _digest(tags))


def _digest(parts: list[bytes]) -> bytes:
    return hashlib.blake2b(b"\n".join(parts), digest_size=20).digest()


async def _pieces(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content
