"""Rendered markup as a part of a page: links that lead somewhere, headings with anchors, in parts of some length.

What comes in was sanitised and goes out sanitised again: nothing that is written
here in between has to be trusted.
"""

import re
from collections.abc import Callable
from functools import partial
from html import escape, unescape
from urllib.parse import urljoin

import nh3
from msgspec import Struct

from bitpail.wire.markup_links import ANCHOR, anchor_of

_TAG = re.compile(r'(<[^>"]*(?:"[^"]*"[^>"]*)*>)')
_NAME = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_LINK = re.compile(r"\[\[([^\[\]|\n]{1,300})(?:\|([^\[\]\n]{1,300}))?\]\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\\")
_EMPTY = frozenset({"br", "hr", "img"})
_AS_THEY_ARE = frozenset({"pre", "code", "a", "tt", "kbd"})
_LOWEST = 6

_CLEANER = nh3.Cleaner(
    tags={
        *("a", "abbr", "acronym", "b", "blockquote", "br", "cite", "code", "dd", "del", "dl", "dt", "em", "h2"),
        *("h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "small"),
        *("strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "ul", "var"),
    },
    attributes={
        "a": {"href", "title"},
        "abbr": {"title"},
        "acronym": {"title"},
        "img": {"src", "alt", "title"},
        "ol": {"start"},
        "td": {"align", "colspan", "rowspan"},
        "th": {"align", "colspan", "rowspan"},
        **{f"h{level}": {"id"} for level in range(2, 7)},
    },
    allowed_classes={"a": {"missing"}},
    url_schemes={"http", "https", "mailto"},
    link_rel="nofollow noopener",
    strip_comments=True,
)  # fmt: skip

CONTENTS = "<p>[TOC]</p>"
"""What stands where a writer asked for the contents: a page has them in any case."""

Find = Callable[[str], tuple[str, bool]]
"""The address of the page that a link names, and whether there is one."""

IsThere = Callable[[str], bool]
"""Whether there is something at an address of this server."""


class Heading(Struct, frozen=True):
    """``level`` is 2 for the highest: the first one is the page's own."""

    level: int
    anchor: str
    text: str


class Placed(Struct, frozen=True):
    """HTML in parts, each whole, and what stands in them, with the number of its part."""

    parts: list[str]
    headings: list[tuple[int, Heading]]


def placed(
    html: str, base: str, find: Find | None = None, length: int = 80_000, is_there: IsThere | None = None
) -> Placed:
    """Put sanitised HTML into a page.

    Relative addresses are taken as seen from ``base``; ``[[Page]]`` and ``[[Page|text]]``
    become links where ``find`` is given; relative ones that lead to nothing that ``is_there`` are
    marked like those. A part ends behind ``length`` characters, at the
    next end of a block.
    """
    placing = _Placing(base, find, length, is_there)
    for number, piece in enumerate(_TAG.split(html.replace(CONTENTS, ""))):
        if number % 2:
            placing.tag(piece)
        elif piece:
            placing.text(piece)
    placing.end_part()
    return Placed([_CLEANER.clean(part) for part in placing.parts], placing.headings)


class _Placing:
    def __init__(self, base: str, find: Find | None, length: int, is_there: IsThere | None) -> None:
        self.parts: list[str] = []
        self.headings: list[tuple[int, Heading]] = []
        self._base, self._find, self._length, self._is_there = base, find, length, is_there
        self._made: list[str] = []
        self._size = self._depth = self._as_is = self._links = 0
        self._heading: tuple[int, int, list[str]] | None = None
        self._anchors: dict[str, int] = {}

    def text(self, text: str) -> None:
        """Words, escaped."""
        if self._heading is not None:
            self._heading[2].append(unescape(text))
        if self._find is not None and not self._as_is and "[[" in text:
            text = _LINK.sub(partial(_linked, self._find), text)
        self._put(text)

    def tag(self, tag: str) -> None:
        """One element's beginning or end."""
        match = _NAME.match(tag)
        if match is None:
            return
        closes, name = bool(match[1]), match[2]
        if name not in _EMPTY:
            self._depth += -1 if closes else 1
        if name in _AS_THEY_ARE:
            self._as_is += -1 if closes else 1
        if name == "a":
            self._links += -1 if closes else 1
        if len(name) == 2 and name[0] == "h" and name[1].isdigit():
            self._end_heading() if closes else self._begin_heading(int(name[1]))
        elif closes:
            self._put(tag)
        else:
            self._put(self._opened(name, tag))
        if self._depth == 0 and self._size > self._length:
            self.end_part()

    def end_part(self) -> None:
        """What was made so far is one."""
        if self._made or not self.parts:
            self.parts.append("".join(self._made))
        self._made, self._size = [], 0

    def _put(self, text: str) -> None:
        self._made.append(text)
        self._size += len(text)

    def _opened(self, name: str, tag: str) -> str:
        if name == "a":
            return self._link(_with(tag, "href", lambda address: _seen(address, self._base)))
        if name != "img":
            return tag
        has = {key: unescape(value) for key, value in _ATTRIBUTE.findall(tag)}
        source = has.get("src", "")
        if not _SCHEME.match(source):
            return _with(tag, "src", lambda address: _seen(address, self._base))
        # Of another place: it would learn who reads this. Whoever wants it follows the link.
        shown = escape(has.get("alt", "") or source)
        return shown if self._links else f'<a href="{escape(source)}">{shown}</a>'

    def _link(self, tag: str) -> str:
        has = {key: unescape(value) for key, value in _ATTRIBUTE.findall(tag)}
        address = has.get("href", "")
        if self._is_there is None or not address.startswith("/") or self._is_there(address):
            return tag
        return f'{tag[:-1]} class="missing">'

    def _begin_heading(self, level: int) -> None:
        self._heading = (min(level + 1, _LOWEST), len(self._made), [])
        self._put("")

    def _end_heading(self) -> None:
        if self._heading is None:
            return
        level, place, words = self._heading
        self._heading = None
        text = "".join(words).strip()
        anchor = ANCHOR + anchor_of(text)
        number = self._anchors.get(anchor, 0)
        self._anchors[anchor] = number + 1
        anchor += f"_{number}" if number else ""
        begin = f'<h{level} id="{escape(anchor)}">'
        self._made[place] = begin
        self._size += len(begin)
        self._put(f"</h{level}>")
        if text:
            self.headings.append((len(self.parts) + 1, Heading(level, anchor, text)))


def _linked(find: Find, found: re.Match[str]) -> str:
    word, _, fragment = unescape(found[1]).partition("#")
    address, is_there = find(word.strip()) if word.strip() else ("", True)
    if fragment:
        address += f"#{_fragment(fragment)}"
    kind = "" if is_there else ' class="missing"'
    return f'<a href="{escape(address)}"{kind}>{found[2] or found[1]}</a>'


def _with(tag: str, attribute: str, change: Callable[[str], str]) -> str:
    def changed(found: re.Match[str]) -> str:
        if found[1] != attribute:
            return found[0]
        return f' {attribute}="{escape(change(unescape(found[2])))}"'

    return _ATTRIBUTE.sub(changed, tag)


def _seen(address: str, base: str) -> str:
    """A relative address as seen from another page; a heading is meant by its text alone."""
    if _SCHEME.match(address):
        return address
    address, mark, fragment = address.partition("#")
    if address and not address.startswith("/"):
        address = urljoin(base, address)
    return address + (f"#{_fragment(fragment)}" if mark else "")


def _fragment(text: str) -> str:
    return text if not text or text.startswith(ANCHOR) else ANCHOR + anchor_of(text)


def preformatted(text: str) -> str:
    """Text as it was written."""
    return f"<pre>{escape(text, quote=False)}</pre>"
