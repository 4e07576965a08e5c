"""Which files of a wiki are pages, what they are called, and which file a name means.

A page is a file with the ending of a language; its name is its path without the ending.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from bitpail.wire import natural_order
from bitpail.wire.markup_files import CREOLE, MARKDOWN, RESTRUCTURED_TEXT, TEXTILE
from bitpail.wire.markup_files import ENDINGS as OF_MARKUP

PLAIN: Final = "plain"
ENDINGS: Final = {**OF_MARKUP, ".wiki": CREOLE, ".txt": PLAIN}
"""What a page may end in, the first that is looked for standing first, and its language."""

FORMATS: Final = {
    MARKDOWN: ("Markdown", ".md"),
    RESTRUCTURED_TEXT: ("reStructuredText", ".rst"),
    CREOLE: ("Creole", ".wiki"),
    TEXTILE: ("Textile", ".textile"),
    PLAIN: ("Plain text", ".txt"),
}
"""Languages of new pages: how they are called, and the ending of their files."""

HOME: Final = "Home"


class Name(Struct, frozen=True):
    """A page's name and the language that its ending says."""

    name: str
    language: str


def page_of(path: str) -> Name | None:
    """The page that a file is, None if it is none."""
    for ending, language in ENDINGS.items():
        if path.lower().endswith(ending) and not path.rpartition("/")[2].startswith("."):
            return Name(path[: -len(ending)], language)
    return None


def files_of(name: str) -> list[str]:
    """The paths of files that a name may mean, the first that is there being the one."""
    return [name, *(f"{name}{ending}" for ending in ENDINGS)]


class Names:
    """All pages of a wiki, by what a link may call them."""

    def __init__(self, paths: Iterable[str]) -> None:
        found = [page.name for path in paths if (page := page_of(path)) is not None]
        self.names = sorted(dict.fromkeys(found), key=_order)
        self._by_word = {_word(name): name for name in reversed(self.names)}

    def meant(self, word: str, inside: str) -> str | None:
        """The page that a link in a page of the directory ``inside`` means, None if there is none.

        Case and the kind of space don't matter; beside the page itself comes after the top.
        """
        word = word.strip().strip("/")
        return self._by_word.get(_word(word)) or (
            self._by_word.get(_word(f"{inside}/{word}")) if inside else None
        )


def _order(name: str) -> tuple[bool, str, str]:
    return name != HOME, natural_order.key(name.lower()), name


def _word(name: str) -> str:
    return name.casefold().replace("_", " ").replace("-", " ")
