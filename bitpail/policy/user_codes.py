"""The short code that somebody reads from one screen and types at another: RFC 8628, section 6.1.

Eight consonants, so that no word comes of it: 20 ** 8 codes, of which a handful
are open for ten minutes each.
"""

import secrets

_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
_LONGEST_TYPED = 40


def generate() -> str:
    """A new one, as it is kept: without a dash."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """As people read it: ``WDJB-MJHT``."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def typed(text: str) -> str | None:
    """What somebody typed, in either case and with whatever between; None if it can be no code."""
    if len(text) > _LONGEST_TYPED:
        return None
    code = "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())
    return code if len(code) == LENGTH and set(code) <= set(_ALPHABET) else None
