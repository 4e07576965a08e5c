"""Which SSH keys are taken: one line of an OpenSSH public key, of a type and size that protects.

Types and least sizes are Bitbucket's, but for DSA: OpenSSH itself has removed
it, so that a key of that type would be taken and then never work. What is
refused is never repeated in the message: it may be a private key.
"""

import base64
import binascii
import re
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key

from bitpail.errors import Invalid
from bitpail.model.ssh_keys import PublicKey
from bitpail.policy.names import check_text
from bitpail.policy.secrets import PATTERN

LONGEST = 8 * 1024
"""Characters of a line; an RSA key of 16384 bits has 2800."""
_RSA = "ssh-rsa"
_SK = {"sk-ssh-ed25519@openssh.com": 256, "sk-ecdsa-sha2-nistp256@openssh.com": 256}
_BITS = {
    "ssh-ed25519": 256,
    "ecdsa-sha2-nistp256": 256,
    "ecdsa-sha2-nistp384": 384,
    "ecdsa-sha2-nistp521": 521,
    **_SK,
}
TYPES = (*_BITS, _RSA)
_LEAST_RSA, _MOST_RSA = 2048, 16384
_LONGEST_COMMENT = 255
_HOW = "paste the one line of the file that ends in .pub, like ~/.ssh/id_ed25519.pub"
_PRIVATE = re.compile(r"PRIVATE KEY|PuTTY-User-Key-File", re.IGNORECASE)


def parse(line: str) -> PublicKey:
    """The key of a line ``type base64 [comment]``; raises Invalid."""
    line = line.strip(" \t\r\n")
    _refuse_what_is_no_line(line)
    name, _, rest = line.partition(" ")
    encoded, _, comment = rest.strip().partition(" ")
    _refuse_type(name, line)
    blob = _blob(encoded)
    comment = check_comment(comment)
    return PublicKey(
        text=f"{name} {base64.b64encode(blob).decode()}",
        fingerprint=base64.b64encode(sha256(blob).digest()).decode().rstrip("="),
        comment=comment,
        bits=_bits(name, blob),
    )


def check_comment(comment: str) -> str:
    """What follows the key in its line, without the space around it; raises Invalid."""
    if PATTERN.search(comment):
        raise Invalid("the comment of the key holds an app password; comments are shown")
    return check_text(comment.strip(), "comment of the key", _LONGEST_COMMENT)


def _refuse_what_is_no_line(line: str) -> None:
    if not line:
        raise Invalid(f"the key is empty: {_HOW}")
    if _PRIVATE.search(line):
        raise Invalid(
            "this is a private key. It was not kept, but nobody else may ever see one: better make a new pair. "
            f"Then {_HOW}"
        )
    if len(line) > LONGEST:
        raise Invalid(f"the key is longer than {LONGEST} characters")
    if line.startswith("---- BEGIN SSH2 PUBLIC KEY"):
        raise Invalid(
            "this key is in the format of RFC 4716: 'ssh-keygen -i -f FILE' prints the line of OpenSSH"
        )
    if "\n" in line or "\r" in line:
        raise Invalid(f"there are several lines; one key at a time: {_HOW}")


def _refuse_type(name: str, line: str) -> None:
    if name in TYPES:
        return
    if name == "ssh-dss":
        raise Invalid(
            "DSA keys are not taken: OpenSSH has removed them. Make one with 'ssh-keygen -t ed25519'"
        )
    if name.endswith("-cert-v01@openssh.com"):
        raise Invalid(f"this is a certificate, not a key: {_HOW}")
    if any(f" {known} " in line for known in TYPES):
        raise Invalid("there is something in front of the type of the key; options are not taken here")
    raise Invalid(f"this is not a public key of OpenSSH: {_HOW}")


def _blob(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Invalid("the key is not base64: was all of the line copied?") from None


def _bits(name: str, blob: bytes) -> int:
    try:
        key = load_ssh_public_key(f"{name} ".encode() + base64.b64encode(blob))
        # Two spellings of one key would have two fingerprints. Of a key in hardware
        # the library keeps too little to spell it again.
        written = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1]
    except (ValueError, UnsupportedAlgorithm):
        raise Invalid("the key is damaged: was all of the line copied?") from None
    if name not in _SK and base64.b64decode(written) != blob:
        raise Invalid("the key is not written as OpenSSH writes it")
    if not isinstance(key, RSAPublicKey):
        return _BITS[name]
    if not _LEAST_RSA <= key.key_size <= _MOST_RSA:
        raise Invalid(f"an RSA key has {_LEAST_RSA} to {_MOST_RSA} bits; this one has {key.key_size}")
    return key.key_size
