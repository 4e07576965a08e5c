"""Proof that who exchanges a code is who asked for it: RFC 7636.

Only S256 is taken. With ``plain`` the challenge is the secret itself, and it
travels where codes are overheard (RFC 9700, section 2.1.1).
"""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest

from bitpail.errors import Invalid

METHODS = ("S256",)

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def check_challenge(challenge: str, method: str) -> str:
    """The challenge of a request, empty if there is none. Raises Invalid.

    Without a method it would be ``plain`` (section 4.3): that is refused, and not
    quietly taken for S256.
    """
    if not challenge:
        if method:
            raise Invalid("code_challenge_method comes with a code_challenge")
        return ""
    if method not in METHODS:
        raise Invalid("code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise Invalid("code_challenge is not the base64url of a SHA-256 digest")
    return challenge


def proves(verifier: str, challenge: str) -> bool:
    """Whether the verifier is the one of the challenge (section 4.6).

    Where there was no challenge there must be no verifier: a client that sends one
    has asked for a code with a challenge, and holds another code now (RFC 9700,
    section 4.8.2).
    """
    if not challenge or not verifier:
        return not challenge and not verifier
    if not _VERIFIER.fullmatch(verifier):
        return False
    computed = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    return compare_digest(computed, challenge.encode())
