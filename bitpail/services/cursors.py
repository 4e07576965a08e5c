"""Opaque cursors of long listings: signed, tied to one repository, and short.

A cursor holds the whole position, so that any worker can go on from it. One
that would make an URL too long is kept in a file named by its digest, and the
cursor holds the name.
"""

import asyncio
import os
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from hashlib import blake2b
from hmac import compare_digest
from pathlib import Path

import msgspec
from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.git.history import Walk
from bitpail.model.repositories import RepositoryId
from bitpail.services import keys
from bitpail.services.site import Site

_SIGNATURE = 16
_LONGEST_IN_URL = 1500
_KEPT_FOR = 7 * 24 * 3600
_BAD = "the cursor is malformed, or not of this listing: follow 'next' as it is given"
EXPIRED = "the cursor has expired: start the listing again"


class _Packed(Struct, frozen=True, array_like=True):
    """A position with its hashes as bytes: with 1,000 refs a twentieth of the time of packing text."""

    width: int
    tips: bytes
    exclude: bytes
    path: bytes | None
    offset: int
    frontier: bytes
    floor: int
    ties: bytes | None
    children_first: bool = False


def seal(site: Site, repository_id: RepositoryId, walk: Walk) -> str:
    """The text of a cursor for this position in the history of this repository."""
    return seal_bytes(site, repository_id, msgspec.msgpack.encode(_pack(walk)))


def unseal(site: Site, repository_id: RepositoryId, cursor: str) -> Walk:
    """The position; raises Invalid for anything that ``seal`` did not make for this repository."""
    packed = unseal_bytes(site, repository_id, cursor)
    try:
        return _unpack(msgspec.msgpack.decode(packed, type=_Packed))
    except msgspec.DecodeError:
        # Signed by us, but by an earlier version, or its file was cut by a crash.
        raise Invalid(EXPIRED) from None


def seal_bytes(site: Site, listing: str, packed: bytes) -> str:
    """The text of a cursor for any position; ``listing`` names what it is a position in."""
    payload = b"i" + packed if len(packed) <= _LONGEST_IN_URL else b"f" + _keep(site, packed)
    signature = _signed(site, listing, payload)
    return urlsafe_b64encode(signature + payload).rstrip(b"=").decode()


def unseal_bytes(site: Site, listing: str, cursor: str) -> bytes:
    """The position; raises Invalid for anything that ``seal_bytes`` did not make for this listing."""
    try:
        raw = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
    except ValueError:
        raise Invalid(_BAD) from None
    signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if not compare_digest(signature, _signed(site, listing, payload)):
        raise Invalid(_BAD)
    return payload[1:] if payload[:1] == b"i" else _kept(site, payload[1:])


def _signed(site: Site, listing: str, payload: bytes) -> bytes:
    # A path in it may hold bytes that are no UTF-8.
    return keys.sign(listing.encode("utf-8", "surrogateescape") + payload, site.keys)


def _pack(walk: Walk) -> _Packed:
    names = (*walk.tips, *walk.exclude, *walk.frontier)
    return _Packed(
        width=len(names[0]) if names else 0,
        tips=_joined(walk.tips),
        exclude=_joined(walk.exclude),
        path=None if walk.path is None else walk.path.encode("utf-8", "surrogateescape"),
        offset=walk.offset,
        frontier=_joined(walk.frontier),
        floor=walk.floor,
        ties=None if walk.ties is None else _joined(walk.ties),
        children_first=walk.children_first,
    )


def _unpack(packed: _Packed) -> Walk:
    width = packed.width
    return Walk(
        tips=_split(packed.tips, width),
        exclude=_split(packed.exclude, width),
        path=None if packed.path is None else packed.path.decode("utf-8", "surrogateescape"),
        offset=packed.offset,
        frontier=_split(packed.frontier, width),
        floor=packed.floor,
        ties=None if packed.ties is None else _split(packed.ties, width),
        children_first=packed.children_first,
    )


def _joined(hashes: tuple[str, ...]) -> bytes:
    return bytes.fromhex("".join(hashes))


def _split(joined: bytes, width: int) -> tuple[str, ...]:
    text = joined.hex()
    return tuple(text[at : at + width] for at in range(0, len(text), width or 1))


def _directory(site: Site) -> Path:
    return site.settings.data_path / "cursors"


def _keep(site: Site, packed: bytes) -> bytes:
    name = blake2b(packed, digest_size=20).digest()
    directory = _directory(site)
    directory.mkdir(mode=0o700, exist_ok=True)
    path = directory / name.hex()
    try:
        os.utime(path)  # its week begins anew
    except FileNotFoundError:
        temporary = path.with_suffix(f".{secrets.token_hex(8)}")
        temporary.write_bytes(packed)
        temporary.rename(path)
    return name


def _kept(site: Site, name: bytes) -> bytes:
    try:
        return (_directory(site) / name.hex()).read_bytes()
    except OSError:
        raise Invalid(EXPIRED) from None


async def forget_old(site: Site) -> None:
    """Remove the files of listings that nobody has followed for a week."""
    await asyncio.to_thread(_forget_old, _directory(site))


def _forget_old(directory: Path) -> None:
    oldest = time.time() - _KEPT_FOR
    with suppress(FileNotFoundError):
        for path in directory.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
