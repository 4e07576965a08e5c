"""Links and pictures of a file of markup, made to lead where its writer meant: into the repository.

Goes over HTML that is sanitised already, and sanitises it again. A picture of another host is
not fetched: what stands for it is shown in its place.
"""

import html
import posixpath
import re
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from bitpail.wire.markup import sanitised

_OTHER = re.compile(r"[a-z][a-z0-9+.-]*:|//|\\", re.IGNORECASE)
_ATTRIBUTE = r'\s[a-z]+="[^"]*"'
_NO_PICTURE = re.compile(rf'<img((?:(?!\ssrc="){_ATTRIBUTE})*)\s*/?>')
_ALT = re.compile(r'\salt="([^"]+)"')
_HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
ANCHOR = "markdown-header-"
"""How the anchors of headings begin; a link may leave it out."""


class Place(Struct, frozen=True):
    """Where a file stands: its ``directory`` inside the commit; ``source`` and ``raw`` are the addresses of the
    commit's top, ``home`` is that of the repository. None of the three ends in a slash.
    """

    directory: str
    source: str
    raw: str
    home: str


def placed(made: str, place: Place) -> str:
    """The HTML with its links led, its headings one level lower and named, and no picture of elsewhere."""

    def led(element: str, attribute: str, value: str) -> str | None:
        if (element, attribute) == ("img", "src"):
            return _picture(value, place)
        return _link(value, place) if (element, attribute) == ("a", "href") else value

    return _headings(_NO_PICTURE.sub(_words, sanitised(made, led)))


def _picture(address: str, place: Place) -> str | None:
    if _OTHER.match(address):
        return None
    if address.startswith(f"{place.home}/"):
        return address
    path, _, _ = _parts(address, place)
    return f"{place.raw}/{quote(path)}" if path else None


def _link(address: str, place: Place) -> str | None:
    if not address:
        return None
    if _OTHER.match(address):
        return address
    if address.startswith("#"):
        return _anchor(address[1:])
    if address.startswith(f"{place.home}/") or address == place.home:
        return address
    path, fragment, is_directory = _parts(address, place)
    if path is None:
        return None
    end = "/" if is_directory and path else ""
    lines = f"#{fragment}" if fragment.startswith("lines-") else _anchor(fragment) if fragment else ""
    return f"{place.source}/{quote(path)}{end}{lines}"


def _parts(address: str, place: Place) -> tuple[str | None, str, bool]:
    """The path inside the commit, None if it leads out of it; the fragment; whether it ends in a slash."""
    try:
        split = urlsplit(address)
    except ValueError:
        return None, "", False
    given = unquote(split.path, errors="surrogateescape")
    base = "" if given.startswith("/") else place.directory
    path = posixpath.normpath(posixpath.join("/", base, given.lstrip("/"))).strip("/")
    if "\0" in path:
        return None, "", False
    raw = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return raw, split.fragment, given.endswith("/")


def _anchor(name: str) -> str:
    return f"#{ANCHOR}{quote(unquote(name.removeprefix(ANCHOR)), safe='')}"


def _words(found: re.Match[str]) -> str:
    alt = _ALT.search(found[1])
    return f'<span class="no-picture">{alt[1] if alt else "picture"}</span>'


def anchor_of(heading: str) -> str:
    """The anchor of a heading with this text, behind ``ANCHOR``."""
    return re.sub(r"\s+", "-", _NOT_IN_ANCHORS.sub("", heading.strip().lower()))[:100]


def _headings(made: str) -> str:
    counts: dict[str, int] = {}

    def named(found: re.Match[str]) -> str:
        level = min(6, int(found[1]) + 1)
        name = anchor_of(html.unescape(_TAG.sub("", found[2])))
        number = counts[name] = counts.get(name, -1) + 1
        end = f"_{number}" if number else ""
        return f'<h{level} id="{ANCHOR}{html.escape(name)}{end}">{found[2]}</h{level}>'

    return _HEADING.sub(named, made)
