"""How an app password and its kin look, and how they are told from everything else without a look-up.

``bp_`` (or another prefix of ``Family``) + 5 characters that are its public look-up name + 27 secret characters
(160 random bits) + 4 characters of checksum, all base 62: URL-safe, unescaped in
a remote URL, and one regular expression for secret scanners. A mistyped one is
refused by its checksum before the database is asked.

It is short on purpose. Scripts make their header with ``base64``, which breaks
its line after 57 bytes of ``username:app_password``; a longer secret would break
them for everybody and not only for usernames of more than 17 characters.
"""

import re
import secrets
import string
from enum import Enum
from hashlib import blake2b
from hmac import compare_digest
from typing import final


class Family(Enum):
    """Which look-up a secret wants, by its prefix: two letters, at most one more, and ``_``."""

    APP_PASSWORD = "bp_"  # noqa: S105 - a prefix
    API_TOKEN = "bpa_"  # noqa: S105
    ACCESS_TOKEN = "bpt_"  # noqa: S105
    OAUTH = "bpo_"
    REFRESH_TOKEN = "bpr_"  # noqa: S105
    AUTHORIZATION_CODE = "bpc_"
    DEVICE_CODE = "bpd_"
    CONSUMER_SECRET = "bps_"  # noqa: S105


PREFIX = Family.APP_PASSWORD.value
NARROWED = "bpn_"
"""With which those begin that were made of others; ``policy/attenuation.py`` has their form."""
LOOKUP_LENGTH = 5
SECRET_LENGTH = 27
CHECKSUM_LENGTH = 4
BODY_LENGTH = LOOKUP_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH
_FAMILIES = {family.value: family for family in Family}
LETTERS = "".join(prefix.removeprefix("bp").removesuffix("_") for prefix in _FAMILIES)
"""Those that may stand after ``bp`` and before ``_``."""
PATTERN = re.compile(rf"(?<![0-9A-Za-z])bp[{LETTERS}]?_[0-9A-Za-z]{{{BODY_LENGTH}}}")
"""What a secret scanner should look for."""

# Also what is cut short or mistyped: it may be most of a secret.
_LIKE_ONE = re.compile(rf"bp[{LETTERS}]?_[0-9A-Za-z]{{20,}}|{NARROWED}[0-9A-Za-z_-]{{20,}}")

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase

# The largest prime below 62 ** 4. The remainder by a prime differs after every
# change of one character and every swap of two neighbours; a CRC cut down to
# four characters only nearly always does.
_PRIME = 14_776_331


@final
class Secret:
    """Text that must not be shown: it prints as ``***`` and compares in constant time."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Call this only to hash it, or to show it once to its owner."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(self._encoded(), other._encoded())

    def __hash__(self) -> int:
        raise TypeError("a secret is not a key of a table")

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written down")

    def _encoded(self) -> bytes:
        return self._text.encode("utf-8", "surrogatepass")


def generate(family: Family = Family.APP_PASSWORD) -> Secret:
    """A new one."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(LOOKUP_LENGTH + SECRET_LENGTH))
    return Secret(family.value + body + _checksum(body))


def computed(family: Family, random: bytes) -> Secret:
    """The one that some 48 bytes come to: always the same, and as even as those are."""
    number, body = int.from_bytes(random), ""
    while len(body) < LOOKUP_LENGTH + SECRET_LENGTH:
        number, rest = divmod(number, len(_ALPHABET))
        body += _ALPHABET[rest]
    return Secret(family.value + body + _checksum(body))


def family_of(secret: Secret) -> Family | None:
    """Whose form and checksum it has; None: nobody's. Costs no look-up."""
    text = secret.reveal()
    if not PATTERN.fullmatch(text):
        return None
    body = text[-BODY_LENGTH:-CHECKSUM_LENGTH]
    right = compare_digest(_checksum(body), text[-CHECKSUM_LENGTH:])
    return _FAMILIES[text[:-BODY_LENGTH]] if right else None


def looks_right(secret: Secret) -> bool:
    """Whether it has the form and the checksum of any of the family."""
    return family_of(secret) is not None


def lookup_name(secret: Secret) -> str:
    """The public part, by which the row is found; it says nothing about the rest."""
    return secret.reveal()[-BODY_LENGTH:][:LOOKUP_LENGTH]


def digest(secret: Secret, key: bytes) -> bytes:
    """What is stored: keyed BLAKE2b of the whole, prefix and all. Without the key it is of no use."""
    return blake2b(secret.reveal().encode(), key=key, digest_size=32, person=b"app password").digest()


def scrub(text: str) -> str:
    """The text without app passwords and their kin: before it is logged, kept or shown."""
    if "bp" not in text:
        return text
    return _LIKE_ONE.sub("***", text)


def _checksum(body: str) -> str:
    number = int.from_bytes(body.encode()) % _PRIME
    text = ""
    while number:
        number, rest = divmod(number, len(_ALPHABET))
        text = _ALPHABET[rest] + text
    return text.rjust(CHECKSUM_LENGTH, "0")
