"""Text that may go out: valid Unicode always, and HTML only as ``wire/markup.py`` makes it.

Names and messages come from Git, which keeps bytes; what was not UTF-8 arrives
as lone surrogates, and no JSON encoder may be given one.
"""

import re

from bitpail.wire.markup import markdown

_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    """The text with each lone surrogate replaced by U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub(_REPLACEMENT, text)


def rendered(text: str) -> dict[str, str]:
    """A ``rendered`` object of text that is clean already: HTML that can do nothing."""
    return {"type": "rendered", "raw": text, "markup": "markdown", "html": markdown(text)}
