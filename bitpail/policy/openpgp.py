"""The packets of an OpenPGP public key (RFC 9580 and RFC 4880), as far as they tell what it is.

Knows no armor and verifies no signature. Of versions 4 to 6; what came before is
broken by MD5 and refused by GnuPG as well.
"""

import hashlib
from collections.abc import Iterator

from msgspec import Struct

from bitpail.model.gpg_keys import Subkey

_SECOND = 1_000_000
_MOST_PACKETS = 20_000
_MOST_SUBKEYS = 100
_MOST_USER_IDS = 100
_LONGEST_USER_ID = 1000

_SIGNATURE, _SECRET, _PUBLIC, _SECRET_SUBKEY, _MARKER, _TRUST = 2, 5, 6, 7, 10, 12
_USER_ID, _SUBKEY, _ATTRIBUTE, _PADDING = 13, 14, 17, 21
_BELONG = frozenset({_SIGNATURE, _USER_ID, _ATTRIBUTE})
_WITHOUT_MEANING = frozenset({_MARKER, _TRUST, _PADDING})

# What a fingerprint is computed of begins with one of these (RFC 9580, 5.5.4; LibrePGP for 5).
_PREFIXES = {4: b"\x99", 5: b"\x9a", 6: b"\x9b"}
_BINDING, _DIRECT, _REVOKED = 0x18, 0x1F, 0x20
_CERTIFICATIONS = frozenset({0x10, 0x11, 0x12, 0x13})
_CREATED, _EXPIRES, _ISSUER, _ISSUER_FINGERPRINT = 2, 9, 16, 33


class Damaged(Exception):
    """No OpenPGP public key, or not a whole one; says why."""


class HoldsSecret(Exception):
    """There is a private key in it."""


class Found(Struct, frozen=True):
    """What was read."""

    primary: Subkey
    subkeys: tuple[Subkey, ...]
    user_ids: tuple[str, ...]


class _Key:
    """One key packet, and what signatures of the primary key say of it."""

    def __init__(self, body: bytes) -> None:
        version = body[0] if body else 0
        if version not in _PREFIXES:
            raise Damaged(f"keys of version {version} are not taken, only of 4 to 6")
        if len(body) < 10:
            raise Damaged("the key is cut short")
        wide = 2 if version == 4 else 4
        if len(body) >= 1 << (8 * wide):
            raise Damaged("a packet of the key is too long")
        hashed = _PREFIXES[version] + len(body).to_bytes(wide, "big") + body
        if version == 4:
            # What version 4 is identified by; nothing rests on it but a name.
            self.fingerprint = hashlib.sha1(hashed, usedforsecurity=False).hexdigest()
            self.key_id = self.fingerprint[-16:]
        else:
            self.fingerprint = hashlib.sha256(hashed).hexdigest()
            self.key_id = self.fingerprint[:16]
        self.created = int.from_bytes(body[1:5], "big")
        self.signed = -1
        self.lives = 0

    def told(self, signature: "_Signature") -> None:
        """The newest signature says when it ends."""
        if signature.created >= self.signed:
            self.signed, self.lives = signature.created, signature.lives

    def shown(self) -> Subkey:
        expires = (self.created + self.lives) * _SECOND if self.lives else None
        return Subkey(self.fingerprint, self.key_id, self.created * _SECOND, expires)


class _Signature:
    """Who signed, what kind it is, and the dates in its hashed part."""

    def __init__(self, body: bytes) -> None:
        version = body[0] if body else 0
        self.kind = -1
        self.created = self.lives = 0
        self.issuers: set[str] = set()
        if version not in _PREFIXES or len(body) < 6:
            return
        self.kind = body[1]
        wide = 4 if version == 6 else 2
        hashed, at = _counted(body, 4, wide)
        unhashed, _ = _counted(body, at, wide)
        for kind, value in _subpackets(hashed):
            if kind == _CREATED:
                self.created = int.from_bytes(value, "big")
            elif kind == _EXPIRES:
                self.lives = int.from_bytes(value, "big")
            self._issuer(kind, value)
        for kind, value in _subpackets(unhashed):
            self._issuer(kind, value)

    def _issuer(self, kind: int, value: bytes) -> None:
        if kind == _ISSUER:
            self.issuers.add(value.hex())
        elif kind == _ISSUER_FINGERPRINT:
            self.issuers.add(value[1:].hex())


def read(content: bytes) -> Found:
    """The one public key in there; raises Damaged or HoldsSecret."""
    keys: list[_Key] = []
    user_ids: list[str] = []
    for tag, body in _packets(content):
        if tag in {_SECRET, _SECRET_SUBKEY}:
            raise HoldsSecret
        if tag in {_PUBLIC, _SUBKEY}:
            _refuse_misplaced(tag, keys)
            keys.append(_Key(body))
        elif tag in _WITHOUT_MEANING:
            continue
        elif not keys or tag not in _BELONG:
            raise Damaged("there is something in it that does not belong into a public key")
        elif tag == _USER_ID:
            user_ids.append(_text(body))
        elif tag == _SIGNATURE:
            _heed(_Signature(body), keys)
        if len(keys) > _MOST_SUBKEYS or len(user_ids) > _MOST_USER_IDS:
            raise Damaged(f"the key has more than {_MOST_SUBKEYS} subkeys or {_MOST_USER_IDS} user IDs")
    if not keys:
        raise Damaged("there is no key in it")
    primary, *subkeys = [key.shown() for key in keys]
    return Found(primary, tuple(subkeys), tuple(user_ids))


def _refuse_misplaced(tag: int, keys: list[_Key]) -> None:
    if tag == _PUBLIC and keys:
        raise Damaged("there are several keys; one at a time")
    if tag == _SUBKEY and not keys:
        raise Damaged("the key begins with a subkey: was all of it copied?")


def _heed(signature: _Signature, keys: list[_Key]) -> None:
    primary = keys[0]
    if not signature.issuers & {primary.fingerprint, primary.key_id}:
        return
    if signature.kind == _REVOKED:
        raise Damaged("this key has been revoked by its owner")
    if signature.kind == _DIRECT or signature.kind in _CERTIFICATIONS:
        primary.told(signature)
    elif signature.kind == _BINDING and len(keys) > 1:
        keys[-1].told(signature)


def _packets(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = number = 0
    while at < len(content):
        number += 1
        first = content[at]
        if number > _MOST_PACKETS or not first & 0x80:
            raise Damaged("this is not OpenPGP")
        at += 1
        if first & 0x40:
            tag = first & 0x3F
            size, at = _new_length(content, at)
        else:
            tag = first >> 2 & 0x0F
            if first & 3 == 3:
                raise Damaged("a packet of the key has no length")
            wide = 1 << (first & 3)
            size, at = _number(content, at, wide), at + wide
        if at + size > len(content):
            raise Damaged("the key is cut short")
        yield tag, content[at : at + size]
        at += size


def _new_length(content: bytes, at: int) -> tuple[int, int]:
    """Of a packet; those of subpackets are alike, but for parts, which a key has none of."""
    first = _number(content, at, 1)
    if first < 192:
        return first, at + 1
    if first < 224:
        return (first - 192 << 8) + _number(content, at + 1, 1) + 192, at + 2
    if first < 255:
        raise Damaged("a packet of the key comes in parts")
    return _number(content, at + 1, 4), at + 5


def _subpackets(area: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(area):
        first = area[at]
        if 224 <= first < 255:
            size, at = (first - 192 << 8) + _number(area, at + 1, 1) + 192, at + 2
        else:
            size, at = _new_length(area, at)
        if size < 1 or at + size > len(area):
            raise Damaged("a signature of the key is damaged")
        yield area[at] & 0x7F, area[at + 1 : at + size]
        at += size


def _counted(body: bytes, at: int, wide: int) -> tuple[bytes, int]:
    size = _number(body, at, wide)
    at += wide
    if at + size > len(body):
        raise Damaged("a signature of the key is cut short")
    return body[at : at + size], at + size


def _number(content: bytes, at: int, wide: int) -> int:
    if at + wide > len(content):
        raise Damaged("the key is cut short")
    return int.from_bytes(content[at : at + wide], "big")


def _text(body: bytes) -> str:
    """A user ID; what would disturb a terminal or a page is left out."""
    text = body.decode("utf-8", "replace")[:_LONGEST_USER_ID]
    return "".join(char for char in text if char.isprintable())
