"""The language of code search: parsed, and asked of one file.

Terms and phrases, ``AND`` (or nothing), ``OR``, ``NOT`` or ``-``, parentheses, and the
modifiers ``repo: project: path: ext: lang:``. A term is found anywhere in the content or the path, as it
stands, in either case. What the vendor's page leaves open is told in docs/behaviour.md.
"""

import re
from collections.abc import Callable, Collection, Iterator

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.wire import languages
from bitpail.wire.folding import folded

LONGEST = 1000
_MOST_PARTS = 30
_DEEPEST = 10
_NEEDED = 3
_MODIFIER = re.compile(r"(repo|repository|project|path|ext|extension|lang|language):", re.IGNORECASE)
_KINDS = {"repository": "repo", "extension": "ext", "language": "lang"}
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[^\s\"]+")
_PHRASE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_OPERATORS = frozenset({"AND", "OR"})


class Term(Struct, frozen=True):
    """What has to stand in the content or the path, folded."""

    text: str


class Modifier(Struct, frozen=True):
    """Which files come into question: ``kind`` is repo, project, path, ext or lang; ``value`` is folded."""

    kind: str
    value: str


class Not(Struct, frozen=True):
    """All but what a part finds."""

    part: "Node"


class All(Struct, frozen=True):
    """What every part finds."""

    parts: tuple["Node", ...]


class Any(Struct, frozen=True):
    """What some part finds."""

    parts: tuple["Node", ...]


Node = Term | Modifier | Not | All | Any


class File(Struct, frozen=True):
    """What a query is asked of: ``path`` and ``content()`` are folded. ``places`` holds the modifiers
    ``repo:`` and ``project:`` that hold for its repository.
    """

    path: str
    places: Collection[Modifier]
    content: Callable[[], str]


def parse(text: str) -> Node:
    """The query; raises Invalid with what is wrong and where."""
    if len(text) > LONGEST:
        raise _wrong(f"longer than {LONGEST} characters")
    if "\0" in text:
        raise _wrong("it holds a NUL")
    node = _Parser(text).whole()
    if not is_selective(node):
        raise _wrong(
            f"some term of at least {_NEEDED} characters must be in whatever is found: "
            "modifiers and shorter terms only narrow what another one finds"
        )
    return node


def is_selective(node: Node) -> bool:
    """Whether all that is found holds some term that an index of three letters can look up."""
    if isinstance(node, Term):
        return len(node.text) >= _NEEDED
    if isinstance(node, All):
        return any(is_selective(part) for part in node.parts)
    return isinstance(node, Any) and all(is_selective(part) for part in node.parts)


def terms(node: Node, *, negated: bool = False) -> Iterator[str]:
    """Those that may be shown as found: none that must not be there."""
    if isinstance(node, Term) and not negated:
        yield node.text
    elif isinstance(node, Not):
        yield from terms(node.part, negated=not negated)
    elif isinstance(node, All | Any):
        for part in node.parts:
            yield from terms(part, negated=negated)


def modifiers(node: Node) -> Iterator[Modifier]:
    """All of them, wherever they stand."""
    if isinstance(node, Modifier):
        yield node
    elif isinstance(node, Not):
        yield from modifiers(node.part)
    elif isinstance(node, All | Any):
        for part in node.parts:
            yield from modifiers(part)


def matches(node: Node, file: File) -> bool:
    """Whether a file is found."""
    if isinstance(node, Term):
        return node.text in file.path or node.text in file.content()
    if isinstance(node, Modifier):
        return _is_meant(node, file)
    if isinstance(node, Not):
        return not matches(node.part, file)
    # What costs nothing first: the content may have to be unpacked.
    ordered = sorted(node.parts, key=lambda part: not isinstance(part, Modifier))
    found = (matches(part, file) for part in ordered)
    return all(found) if isinstance(node, All) else any(found)


def may_match(node: Node, places: Collection[Modifier]) -> bool:
    """Whether any file of a repository may be found, by the modifiers that hold for it."""
    return _surely(node, places) is not False


def _surely(node: Node, places: Collection[Modifier]) -> bool | None:
    """What is known before a file is looked at, None if nothing."""
    if isinstance(node, Modifier):
        return node in places if node.kind in {"repo", "project"} else None
    if isinstance(node, Not):
        known = _surely(node.part, places)
        return None if known is None else not known
    if isinstance(node, Term):
        return None
    each = [_surely(part, places) for part in node.parts]
    decisive = isinstance(node, Any)
    if decisive in each:
        return decisive
    return None if None in each else not decisive


def _is_meant(modifier: Modifier, file: File) -> bool:
    name = file.path.rpartition("/")[2]
    if modifier.kind == "ext":
        return name.endswith(f".{modifier.value}")
    if modifier.kind == "lang":
        return languages.is_of(modifier.value, name)
    if modifier.kind == "path":
        return _is_below(modifier.value, file.path)
    return modifier in file.places


def _is_below(wanted: str, path: str) -> bool:
    """Whether whole segments of the path are the wanted ones; a slash before them means the top."""
    segments = f"/{wanted.strip('/')}/"
    whole = f"/{path}/"
    return whole.startswith(segments) if wanted.startswith("/") else segments in whole


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._number = 0

    def whole(self) -> Node:
        self._skip()
        if self._at == len(self._text):
            raise _wrong("it is empty")
        node = self._either()
        if self._at < len(self._text):
            raise self._error("a parenthesis is closed that was not opened")
        return node

    def _either(self) -> Node:
        parts = [self._all()]
        while self._take_operator("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Any(tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while True:
            is_said = self._take_operator("AND")
            if not is_said and (self._ends() or self._operator() == "OR"):
                break
            parts.append(self._one())
        parts = _alternatives(parts)
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Node:
        self._number += 1
        if self._number > _MOST_PARTS:
            raise _wrong(f"more than {_MOST_PARTS} parts")
        self._skip()
        if self._ends():
            raise self._error("something is missing")
        if self._operator() in _OPERATORS:
            raise self._error(f"{self._operator()} stands where a term should")
        if self._take_operator("NOT"):
            return self._deeper(lambda: Not(self._one()))
        rest = self._text[self._at : self._at + 2]
        if rest[0] == "-" and len(rest) == 2 and not rest[1].isspace():
            self._at += 1
            return self._deeper(lambda: Not(self._one()))
        if rest[0] == "(":
            self._at += 1
            return self._deeper(self._in_parentheses)
        return self._leaf()

    def _deeper(self, step: "Callable[[], Node]") -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _wrong(f"more than {_DEEPEST} levels")
        node = step()
        self._depth -= 1
        return node

    def _in_parentheses(self) -> Node:
        node = self._either()
        self._skip()
        if not self._text.startswith(")", self._at):
            raise self._error("a parenthesis is not closed")
        self._at += 1
        return node

    def _leaf(self) -> Node:
        match = _MODIFIER.match(self._text, self._at)
        if match is None:
            return Term(folded(self._value()))
        self._at = match.end()
        kind = match[1].lower()
        kind = _KINDS.get(kind, kind)
        if self._at == len(self._text) or self._text[self._at].isspace():
            raise self._error(f"{kind}: has no value")
        return _modifier(kind, folded(self._value()))

    def _value(self) -> str:
        phrase = _PHRASE.match(self._text, self._at)
        if phrase is not None:
            self._at = phrase.end()
            if not phrase[1].strip():
                raise self._error("a phrase is empty")
            return re.sub(r"\\(.)", r"\1", phrase[1], flags=re.DOTALL)
        word = _WORD.match(self._text, self._at)
        if word is None:
            raise self._error("a quotation mark is not closed")
        text = word[0]
        # What closes a group is no part of the word; what closes one that the word opened is.
        while self._depth and text.endswith(")") and text.count(")") > text.count("("):
            text = text[:-1]
        if not text:
            raise self._error("something is missing")
        self._at += len(text)
        return text

    def _operator(self) -> str:
        self._skip()
        word = _WORD.match(self._text, self._at)
        return word[0] if word else ""

    def _take_operator(self, name: str) -> bool:
        if self._operator() != name:
            return False
        self._at += len(name)
        return True

    def _ends(self) -> bool:
        self._skip()
        return self._at == len(self._text) or (self._text[self._at] == ")" and self._depth > 0)

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        if match is not None:
            self._at = match.end()

    def _error(self, what: str) -> Invalid:
        return _wrong(f"{what}, at character {self._at + 1}")


def _alternatives(parts: list[Node]) -> list[Node]:
    """``ext:js ext:ts`` means either: no file is both."""
    found: list[Node] = []
    kinds: dict[str, list[Modifier]] = {}
    for part in parts:
        if isinstance(part, Modifier):
            kinds.setdefault(part.kind, []).append(part)
        else:
            found.append(part)
    return [*found, *(same[0] if len(same) == 1 else Any(tuple(same)) for same in kinds.values())]


def _modifier(kind: str, value: str) -> Modifier:
    if kind == "lang":
        try:
            value = languages.known(value)
        except Invalid as error:
            raise _wrong(error.message) from None
    elif kind == "ext":
        value = value.lstrip(".")
    if not value.strip("/"):
        raise _wrong(f"{kind}: has no value")
    return Modifier(kind, value)


def _wrong(what: str) -> Invalid:
    message = f"not a query: {what}"
    return Invalid(f"search_query: {message}", {"search_query": [message]})
