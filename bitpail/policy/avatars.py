"""Pictures that are drawn: initials on a colour that is always the same.

Of somebody who has uploaded none, and of places, which are drawn from their names alone.
"""

import re
from hashlib import blake2b
from html import escape

from bitpail.model.users import User

MEDIA_TYPE = "image/svg+xml"
_SEPARATOR = re.compile(r"[-_.]+")
# Dark enough for white letters in every hue.
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256" viewBox="0 0 256 256">'
    '<rect width="256" height="256" fill="hsl({hue}, 45%, 32%)"/>'
    '<text x="128" y="128" dy="0.35em" text-anchor="middle" fill="#fff" font-size="104" font-weight="600" '
    'font-family="system-ui, sans-serif">{initials}</text></svg>'
)


def drawn(user: User) -> bytes:
    """The picture as SVG."""
    return _drawn(user.id, initials(user.display_name))


def of_place(*names: str) -> bytes:
    """The picture of a repository, a workspace or a project: of its name in an address, after those above it.

    Nothing is looked up, so that one that may not be seen looks like one that isn't there.
    """
    return _drawn("/".join(names), initials(_SEPARATOR.sub(" ", names[-1])))


def _drawn(of: str, letters: str) -> bytes:
    hue = int.from_bytes(blake2b(of.encode(), digest_size=4).digest(), "big") % 360
    return _SVG.format(hue=hue, initials=escape(letters or "?")).encode()


def initials(name: str) -> str:
    """The first letters of the first and the last word: "Ada King Lovelace" -> "AL"."""
    letters = [next((letter for letter in word if letter.isalnum()), "") for word in name.split()]
    kept = [letter.upper()[0] for letter in letters if letter]
    return "".join(kept if len(kept) < 2 else [kept[0], kept[-1]])
