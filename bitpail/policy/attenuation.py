"""A narrower secret made of another one, offline: how it looks, is made, and is proved.

Whoever holds an app password derives a signing key from it; the server keeps the
public half alone, beside the digest. A narrowed secret is a chain of blocks: what it is
narrowed to, the public half of a new key, and a signature of both by the key before. Its
end is the private half of the last key, by which it is narrowed once more. So no block can
be changed, reordered or taken off, and none leads back to the key before it.
"""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from hmac import compare_digest

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.model.app_passwords import AppPassword
from bitpail.model.limits import Limits
from bitpail.model.repositories import RepositoryId
from bitpail.model.scopes import Scope
from bitpail.policy.limits import check_branch_pattern
from bitpail.policy.scopes import expand, minimal
from bitpail.policy.secrets import LOOKUP_LENGTH, Secret, looks_right, lookup_name
from bitpail.policy.secrets import NARROWED as PREFIX
from bitpail.policy.secrets import PREFIX as _OF_APP_PASSWORDS

MOST_BLOCKS = 8
"""How often one may be narrowed: each block costs the server one signature to check."""
LONGEST_NARROWING = 400
"""Bytes of what one block narrows to."""

_TEXT = re.compile(r"[0-9A-Za-z_-]+")
NOWHERE = RepositoryId("")
"""The id of no repository."""

_SECOND = 1_000_000
_VERSION = 1
_KEY = 32
_SIGNATURE = 64
_CHECKSUM = 4
_HEAD = 1 + LOOKUP_LENGTH + 1
_MOST_BYTES = _HEAD + MOST_BLOCKS * (2 + LONGEST_NARROWING + _KEY + _SIGNATURE) + _KEY + _CHECKSUM
_FEWEST_BYTES = _HEAD + 2 + 1 + _KEY + _SIGNATURE + _KEY + _CHECKSUM
LONGEST = len(PREFIX) + (_MOST_BYTES * 4 + 2) // 3
"""Characters."""

PATTERN = re.compile(rf"(?<![0-9A-Za-z]){PREFIX}[0-9A-Za-z_-]{{{(_FEWEST_BYTES * 4 + 2) // 3},}}")
"""What a secret scanner should look for."""

_DOMAIN = b"bitpail narrowed secret 1\0"
_NAME = re.compile(r"[0-9A-Za-z_{][0-9A-Za-z_.{}-]*/[0-9A-Za-z_.{}-]+")
_SCOPES = frozenset(scope.value for scope in Scope)


class Narrowing(
    Struct,
    frozen=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename={"repositories": "r", "branches": "b", "permissions": "p", "until": "u", "read_only": "o"},
):
    """What one block narrows to; what it does not say it leaves as it was.

    ``repositories`` are ``workspace/slug`` as they are called when the secret is used,
    either of them a UUID in braces; ``branches`` full patterns of refs, for pushes.
    ``permissions`` are scopes by name, of which whoever holds the secret has no other;
    none of them leaves nothing. ``until`` is in seconds since 1970.
    """

    repositories: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    permissions: tuple[str, ...] | None = None
    until: int | None = None
    read_only: bool = False


class Block(Struct, frozen=True):
    """One link of the chain, as it was written."""

    written: bytes
    public_key: bytes
    signature: bytes


class Narrowed(Struct, frozen=True):
    """A narrowed secret taken apart: nothing of it is proved yet.

    ``lookup`` is the public look-up name of the app password's secret, ``digest`` what it
    is called in logs: eight hexadecimal digits of its last public key.
    """

    lookup: str
    blocks: tuple[Block, ...]
    narrowings: tuple[Narrowing, ...]
    last_key: bytes

    @property
    def digest(self) -> str:
        """A short name that may be shown."""
        return blake2b(self.blocks[-1].public_key, digest_size=4, person=b"narrowed").hexdigest()

    def __repr__(self) -> str:
        return f"Narrowed({self.lookup!r}, {self.narrowings!r})"


def public_key(secret: Secret) -> bytes:
    """The 32 bytes that are kept of an app password, by which what is made of it is proved.

    They say nothing about a secret of 160 random bits, and sign nothing.
    """
    return _public(_root(secret))


def narrow(secret: Secret, to: Narrowing) -> Secret:
    """A secret that can do what ``secret`` can and ``to`` allows; needs no server. Raises Invalid."""
    if to == Narrowing():
        raise Invalid("say in what it shall be narrower")
    _check(to)
    written = msgspec.msgpack.encode(to)
    if len(written) > LONGEST_NARROWING:
        raise Invalid(
            f"what it is narrowed to takes {len(written)} bytes, at most {LONGEST_NARROWING} are possible"
        )
    lookup, blocks, key = _holder(secret)
    if len(blocks) >= MOST_BLOCKS:
        raise Invalid(f"it was narrowed {MOST_BLOCKS} times already, which is as often as possible")
    seed = secrets.token_bytes(_KEY)
    last = _public(Ed25519PrivateKey.from_private_bytes(seed))
    block = Block(written, last, key.sign(_signed(lookup, blocks, written, last)))
    return Secret(_text(lookup, (*blocks, block), seed))


def looks_narrowed(secret: Secret) -> bool:
    """Whether it begins as a narrowed one does."""
    return secret.reveal().startswith(PREFIX)


def parse(secret: Secret) -> Narrowed | None:
    """A narrowed secret taken apart; None if it has not its form and checksum. Costs no look-up."""
    text = secret.reveal()
    if (
        not text.startswith(PREFIX)
        or len(text) > LONGEST
        or letters_of(text[len(PREFIX) :]) != len(text) - len(PREFIX)
    ):
        return None
    data = _decoded(text[len(PREFIX) :])
    if data is None or not compare_digest(_checksum(data[:-_CHECKSUM]), data[-_CHECKSUM:]):
        return None
    lookup = data[1 : _HEAD - 1].decode("latin-1")
    if not (lookup.isascii() and lookup.isalnum()):
        return None
    blocks, place = [], _HEAD
    for _ in range(data[_HEAD - 1]):
        start = place + 2
        end = start + int.from_bytes(data[place:start])
        place = end + _KEY + _SIGNATURE
        blocks.append(Block(data[start:end], data[end : end + _KEY], data[end + _KEY : place]))
    try:
        narrowings = tuple([_narrowing(block.written) for block in blocks])
    except Invalid:
        return None
    return Narrowed(lookup, tuple(blocks), narrowings, data[place : place + _KEY])


def is_proved(narrowed: Narrowed, root: bytes) -> bool:
    """Whether every block was signed, the first one by the key whose public half is ``root``."""
    before: tuple[Block, ...] = ()
    signer = root
    for block in narrowed.blocks:
        signed = _signed(narrowed.lookup, before, block.written, block.public_key)
        try:
            Ed25519PublicKey.from_public_bytes(signer).verify(block.signature, signed)
        except (InvalidSignature, ValueError):
            return False
        before, signer = (*before, block), block.public_key
    # Whoever cuts blocks off doesn't have the key of the one that is last then.
    return compare_digest(_public(Ed25519PrivateKey.from_private_bytes(narrowed.last_key)), signer)


def letters_of(body: str) -> int | None:
    """How many letters follow the prefix, by what the first of them say; None if there is no such secret.

    0 while too few are there to tell. Only what tells it is decoded, since a text may be full of beginnings.
    """
    head = _bytes_at(body, 0, _HEAD)
    if len(head) < _HEAD:
        return 0 if len(body) < _letters(_HEAD) and _may_be_head(head) else None
    if not _may_be_head(head) or not 1 <= head[-1] <= MOST_BLOCKS:
        return None
    place = _HEAD
    for _ in range(head[-1]):
        told = _bytes_at(body, place, 2)
        if len(told) < 2:
            return 0 if len(body) < _letters(place + 2) else None
        length = int.from_bytes(told)
        if not 1 <= length <= LONGEST_NARROWING:
            return None
        place += 2 + length + _KEY + _SIGNATURE
    return _letters(place + _KEY + _CHECKSUM)


def _may_be_head(head: bytes) -> bool:
    return head[:1] in {b"", bytes([_VERSION])} and (head[1 : _HEAD - 1].isalnum() or len(head) < 2)


def _bytes_at(body: str, place: int, count: int) -> bytes:
    """Some of the bytes that base 64 holds; fewer where it ends or is none."""
    first = place // 3
    found = _loose(body[first * 4 : ((place + count + 2) // 3) * 4])
    return found[place - first * 3 : place - first * 3 + count]


def _letters(count: int) -> int:
    return (count * 4 + 2) // 3


def left_of(
    parent: AppPassword, narrowings: Iterable[Narrowing], places: Mapping[str, RepositoryId]
) -> AppPassword:
    """The app password as a narrowed secret of it may use it; ``places`` are the repositories by name.

    A name that is none of them leaves no place, never every place.
    """
    scopes, expires_on = expand(parent.scopes), parent.expires_on
    also = []
    for one in narrowings:
        if one.permissions is not None:
            scopes &= expand(tuple(Scope(name) for name in one.permissions))
        if one.until is not None:
            until = one.until * _SECOND
            expires_on = until if expires_on is None else min(expires_on, until)
        repositories = tuple(places.get(name, NOWHERE) for name in one.repositories)
        also.append(Limits(repositories=repositories, branches=one.branches, read_only=one.read_only))
    limits = msgspec.structs.replace(parent.limits, also=(*parent.limits.also, *also))
    return msgspec.structs.replace(parent, scopes=minimal(scopes), expires_on=expires_on, limits=limits)


def _root(secret: Secret) -> Ed25519PrivateKey:
    seed = blake2b(secret.reveal().encode(), digest_size=_KEY, person=b"narrowing").digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def _holder(secret: Secret) -> tuple[str, tuple[Block, ...], Ed25519PrivateKey]:
    """The look-up name, the blocks so far, and the key that signs the next one; raises Invalid."""
    if looks_right(secret) and secret.reveal().startswith(_OF_APP_PASSWORDS):
        return lookup_name(secret), (), _root(secret)
    narrowed = parse(secret)
    if narrowed is None and looks_right(secret):
        raise Invalid("only app passwords can be narrowed: this is a token of another kind")
    if narrowed is None:
        raise Invalid(
            "this is no app password, nor one that was narrowed: it has neither's form and checksum"
        )
    return narrowed.lookup, narrowed.blocks, Ed25519PrivateKey.from_private_bytes(narrowed.last_key)


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def _signed(lookup: str, before: tuple[Block, ...], written: bytes, last: bytes) -> bytes:
    # The signature before stands for all that it signed; what has no fixed length is last.
    previous = before[-1].signature if before else bytes(_SIGNATURE)
    return _DOMAIN + lookup.encode() + previous + last + written


def _narrowing(written: bytes) -> Narrowing:
    """Raises Invalid if anything in it is not understood: what is left out would be wider."""
    try:
        found = msgspec.msgpack.decode(written, type=Narrowing)
    except (ValueError, RecursionError):
        raise Invalid("not a narrowing") from None
    if msgspec.msgpack.encode(found) != written:
        raise Invalid("not written as narrowings are")
    _check(found)
    return found


def _check(one: Narrowing) -> None:
    for name in one.repositories:
        if not _NAME.fullmatch(name):
            raise Invalid(f"name a repository as WORKSPACE/REPOSITORY, not {name!r}")
    for pattern in one.branches:
        if check_branch_pattern(pattern) != pattern:
            raise Invalid(f"not a full branch pattern: {pattern!r}")
    for scope in one.permissions or ():
        if scope not in _SCOPES:
            raise Invalid(f"not a permission: {scope!r} (one of: {', '.join(Scope)})")


def _text(lookup: str, blocks: tuple[Block, ...], seed: bytes) -> str:
    data = bytes([_VERSION]) + lookup.encode() + bytes([len(blocks)])
    for block in blocks:
        data += len(block.written).to_bytes(2) + block.written + block.public_key + block.signature
    data += seed
    return PREFIX + urlsafe_b64encode(data + _checksum(data)).rstrip(b"=").decode()


def _checksum(data: bytes) -> bytes:
    return blake2b(data, digest_size=_CHECKSUM, person=b"narrowed").digest()


def _decoded(body: str) -> bytes | None:
    """None unless it is what would be written: no two texts are the same secret."""
    data = _loose(body)
    return data if urlsafe_b64encode(data).rstrip(b"=").decode() == body else None


def _loose(body: str) -> bytes:
    """The whole bytes at the beginning of base 64."""
    body = body[:-1] if len(body) % 4 == 1 else body
    if not _TEXT.fullmatch(body):
        return b""
    try:
        return urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (Error, ValueError):
        return b""
