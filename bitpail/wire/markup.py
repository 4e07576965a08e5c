"""Markdown as HTML that can't script, style, embed or take long.

Tags that somebody writes are shown as text, and whatever comes out is made of
a short list of elements. Time and size are bounded by the text's length: what
would nest or multiply beyond that is shown as it was written.
"""

import html
import re
from collections.abc import Callable
from typing import Any, Final

import comrak
import nh3

from bitpail.wire.kept import Kept

LONGEST: Final = 32_768
"""Longer text of messages, descriptions and comments is shown as it was written."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_BETWEEN_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
# Whatever Markdown may read as more than words: most messages have nothing of it, and cost next to nothing then.
_MARKS = re.compile(r"[*_`\[\]<>&~|\\@\0-\x09\x0b-\x1f\x7f]")
_AT_LINES = re.compile(r"\n[ \-+=#:0-9]| \n")
_OTHER_SPACE = re.compile(r"[^\S \n]|\ufeff")

# What a sanitiser has to build grows with the square of the depth, and half-way down nobody can read it.
_DEEPEST = 100
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*?(/?)>")
# One row of dashes promises columns, and each later line is filled up to them.
_MOST_CELLS = 20_000
_DELIMITERS = "|:->*+ \t0123456789.)"


def _extensions(*, table: bool) -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.strikethrough = options.autolink = True
    options.table = table
    return options


_WITH_TABLES, _WITHOUT_TABLES = _extensions(table=True), _extensions(table=False)
_RENDERING = comrak.RenderOptions()
_RENDERING.escape = True

_ALLOWED: dict[str, Any] = {
    "tags": {
        *("a", "abbr", "acronym", "b", "blockquote", "br", "cite", "code", "dd", "del", "dl", "dt", "em", "h1", "h2"),
        *("h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "small"),
        *("strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var"),
    },
    "attributes": {
        "a": {"href", "title"},
        "abbr": {"title"},
        "acronym": {"title"},
        "img": {"src", "alt", "title"},
        "ol": {"start"},
        "td": {"align", "colspan", "rowspan"},
        "th": {"align", "colspan", "rowspan"},
    },
    "clean_content_tags": {"script", "style"},
    "url_schemes": {"http", "https", "mailto"},
    "link_rel": "nofollow noopener",
    "strip_comments": True,
}  # fmt: skip
_CLEANER = nh3.Cleaner(**_ALLOWED)

_kept = Kept(1 << 20)


def markdown(text: str) -> str:
    """A message, description or comment as HTML."""
    if len(text) > LONGEST or is_plain(text):
        return paragraphs(text)
    made = _kept.find(text)
    if made is None:
        made = markdown_of_any_length(text)
        _kept.keep(text, made)
    return made


def is_plain(text: str) -> bool:
    """Whether Markdown finds nothing but paragraphs in it; it may say no to some of which that is so."""
    if _MARKS.search(text) or "://" in text or "www." in text.lower():
        return False
    if not text.isascii() and _OTHER_SPACE.search(text):
        return False
    return _AT_LINES.search(f"\n{text}\n") is None


def markdown_of_any_length(text: str) -> str:
    """Markdown as HTML; for a whole file in a process of its own, since nothing can interrupt it."""
    tables = _most_cells(text) <= _MOST_CELLS
    made = comrak.render_markdown(
        text, extension_options=_WITH_TABLES if tables else _WITHOUT_TABLES, render_options=_RENDERING
    )
    return paragraphs(text) if _depth(made) > _DEEPEST else sanitised(made)


def paragraphs(text: str) -> str:
    """Words as they are: one ``<p>`` for each paragraph, everything in it escaped."""
    escaped = html.escape(text.replace("\r\n", "\n").strip(), quote=False).replace("\0", _REPLACEMENT)
    if not escaped:
        return ""
    if "\n" not in escaped:
        return f"<p>{escaped}</p>"
    return "\n".join(f"<p>{part}</p>" for part in _BETWEEN_PARAGRAPHS.split(escaped))


def sanitised(made: str, change: Callable[[str, str, str], str | None] | None = None) -> str:
    """Nothing but the elements and attributes of the list above; always the last step.

    ``change`` gives each attribute another value by its element, its name and its own one, or None to drop it.
    """
    cleaner = nh3.Cleaner(**_ALLOWED, attribute_filter=change) if change else _CLEANER
    return cleaner.clean(made).strip()


def _most_cells(text: str) -> int:
    """How many cells a table in it could have at most."""
    if "|" not in text:
        return 0
    lines = text.splitlines()
    return len(lines) * max((line.count("|") + 1 for line in lines if not line.strip(_DELIMITERS)), default=0)


def _depth(made: str) -> int:
    """How deep elements stand in each other. The renderer closes each, and no other ``<`` leaves it."""
    depth = deepest = 0
    for closes, _, is_empty in _TAG.findall(made):
        if closes:
            depth -= 1
        elif not is_empty:
            depth += 1
            deepest = max(deepest, depth)
    return deepest
