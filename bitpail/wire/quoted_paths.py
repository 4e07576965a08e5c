"""Paths as git quotes them where a line would not hold them: in double quotes, with C's escapes."""

import re

_ESCAPED = re.compile(rb"\\([abtnvfr\"\\]|[0-7]{3})")
_ESCAPES = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))


def unquoted(text: bytes) -> bytes:
    """The path itself; what is not quoted as it is."""
    if len(text) < 2 or not text.startswith(b'"') or not text.endswith(b'"'):
        return text
    return _ESCAPED.sub(_byte, text[1:-1])


def _byte(escaped: re.Match[bytes]) -> bytes:
    what = escaped[1]
    return bytes([int(what, 8) & 255 if len(what) == 3 else _ESCAPES[what[0]]])
