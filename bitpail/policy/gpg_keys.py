"""Which OpenPGP keys are taken: one armored public key, as ``gpg --armor --export`` prints it.

Read is what it says of itself: fingerprints, dates, names. No signature of it is
verified and nobody is let in by one. What is refused is never repeated in the
message: it may be a private key.
"""

import base64
import binascii
import re

from bitpail.errors import Invalid
from bitpail.model.gpg_keys import Certificate
from bitpail.policy import openpgp
from bitpail.policy.openpgp import Damaged
from bitpail.policy.secrets import PATTERN

LONGEST = 256 * 1024
"""Characters of a block; one with a photo and hundreds of signatures of others has fewer."""

_HOW = "paste what 'gpg --armor --export' prints"
_BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
_END = "-----END PGP PUBLIC KEY BLOCK-----"
_PRIVATE = re.compile(r"PRIVATE KEY|SECRET KEY", re.IGNORECASE)
_WIDTH = 64


def parse(text: str) -> Certificate:
    """The certificate of an armored block; raises Invalid."""
    text = text.strip()
    if not text:
        raise Invalid(f"the key is empty: {_HOW}")
    if _PRIVATE.search(text):
        raise _private()
    if len(text) > LONGEST:
        raise Invalid(
            f"the key is longer than {LONGEST} characters: "
            "'gpg --armor --export-options export-minimal --export' leaves out what others have signed"
        )
    try:
        content = _dearmored(text)
        found = openpgp.read(content)
    except openpgp.HoldsSecret:
        raise _private() from None
    except Damaged as error:
        raise Invalid(f"{error}: {_HOW}") from None
    if any(PATTERN.search(one) for one in found.user_ids):
        raise Invalid("a user ID of the key holds an app password; user IDs are shown")
    return Certificate(found.primary, found.subkeys, found.user_ids, _armored(content))


def fingerprint(text: str) -> str:
    """A fingerprint as people paste it: in either case, with spaces, colons or ``0x``."""
    return re.sub(r"[\s:]", "", text).lower().removeprefix("0x")


def _private() -> Invalid:
    return Invalid(
        "this is a private key. It was not kept, but nobody else may ever see one: better revoke it and make a "
        f"new one. Then {_HOW}"
    )


def _dearmored(text: str) -> bytes:
    lines = [line.strip() for line in text.splitlines()]
    if lines[0] != _BEGIN:
        raise Damaged("this is not an armored public key of OpenPGP")
    if lines[-1] != _END:
        raise Damaged("the key has no end: was all of it copied?")
    if lines.count(_BEGIN) > 1:
        raise Damaged("there are several keys; one at a time")
    inside = lines[1:-1]
    if "" not in inside:
        raise Damaged("there is no empty line before the key")
    encoded = [line for line in inside[inside.index("") + 1 :] if line]
    check = encoded.pop() if encoded and encoded[-1].startswith("=") else None
    try:
        content = base64.b64decode("".join(encoded).encode("ascii"), validate=True)
        wanted = None if check is None else base64.b64decode(check[1:].encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Damaged("the key is not base64: was all of it copied?") from None
    # GnuPG refuses it too: most of a key could be changed by a slip without its looking damaged.
    if wanted is not None and wanted != _crc24(content):
        raise Damaged("the checksum of the key is wrong: was all of it copied?")
    return content


def _armored(content: bytes) -> str:
    """The block anew: without comments, which anybody could have put there."""
    encoded = base64.b64encode(content).decode()
    lines = [encoded[at : at + _WIDTH] for at in range(0, len(encoded), _WIDTH)]
    return "\n".join([_BEGIN, "", *lines, f"={base64.b64encode(_crc24(content)).decode()}", _END, ""])


def _crc24(content: bytes) -> bytes:
    """RFC 9580, 6.1.1, a byte at a time."""
    crc = 0xB704CE
    for byte in content:
        crc = ((crc << 8) & 0xFFFFFF) ^ _CRC_TABLE[(crc >> 16) ^ byte]
    return crc.to_bytes(3, "big")


def _crc_of(byte: int) -> int:
    crc = byte << 16
    for _ in range(8):
        crc <<= 1
        if crc & 0x1000000:
            crc ^= 0x1864CFB
    return crc


_CRC_TABLE = [_crc_of(byte) for byte in range(256)]
