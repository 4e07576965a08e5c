"""Text that may go out: valid Unicode always, and HTML only after escaping.

Names and messages come from Git, which keeps bytes; what was not UTF-8 arrives
as lone surrogates, and no JSON encoder may be given one.
"""

import html
import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_BETWEEN_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


def clean(text: str) -> str:
    """The text with each lone surrogate replaced by U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub(_REPLACEMENT, text)


def paragraphs(text: str) -> str:
    """The text as HTML: one ``<p>`` for each paragraph, everything in it escaped.

    Bitbucket renders Markdown here; we show the words as they are (choice).
    """
    escaped = html.escape(text.replace("\r\n", "\n").strip()).replace("\0", _REPLACEMENT)
    if not escaped:
        return ""
    if "\n" not in escaped:
        return f"<p>{escaped}</p>"
    return "\n".join(f"<p>{part}</p>" for part in _BETWEEN_PARAGRAPHS.split(escaped))


def rendered(text: str) -> dict[str, str]:
    """A ``rendered`` object of text that is clean already."""
    return {"type": "rendered", "raw": text, "markup": "markdown", "html": paragraphs(text)}
