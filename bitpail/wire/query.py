"""The query language of collections: ``q`` and ``sort``, parsed, and asked of objects as they go out.

A field is a dotted path into the object. Where a list stands on the way, any of
its members may match. Source: the section on filtering of the docs on Bitbucket's
behaviour; what a bad query is called is our own choice.
"""

import operator
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.wire import natural_order

LONGEST = 4000
_DEEPEST = 50
_MOST_VALUES = 500

Value = str | Decimal | bool | datetime | None
Object = dict[str, Any]

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"\\]|\\.)*")
  | (?P<moment>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?)
  | (?P<number>[+-]?\d+(?:\.\d+)?)
  | (?P<word>[A-Za-z_][A-Za-z0-9_.\-]*)
  | (?P<sign>!=|!~|>=|<=|[=~<>(),])
    )""",
    re.VERBOSE,
)
_CONSTANTS = {"true": True, "false": False, "null": None}
COMPARED = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
NEGATIONS = {"!=": "=", "!~": "~", "NOT IN": "IN"}
_SIGNS = frozenset({"=", "!=", "~", "!~", ">", ">=", "<", "<="})
# Fields whose words have an order of their own.
_ORDERS = {
    "permission": ("none", "read", "write", "create-repo", "admin", "member", "collaborator", "owner"),
    "priority": ("trivial", "minor", "major", "critical", "blocker"),
}


class Comparison(Struct, frozen=True):
    """``sign`` is one of the language, or IN or NOT IN with several values."""

    field: tuple[str, ...]
    sign: str
    values: tuple[Value, ...]


class Either(Struct, frozen=True):
    """Any of them."""

    parts: tuple["Node", ...]


class Both(Struct, frozen=True):
    """All of them."""

    parts: tuple["Node", ...]


Node = Comparison | Either | Both


class _Token(Struct, frozen=True):
    kind: str
    text: str
    position: int


def parse(text: str) -> Node:
    """The tree of a query; raises Invalid with the place where it stops making sense, counted from 1."""
    if len(text) > LONGEST:
        raise Invalid(f"q: longer than {LONGEST} characters")
    parser = _Parser(_tokens(text), len(text))
    node = parser.either(0)
    parser.end()
    return node


def _tokens(text: str) -> list[_Token]:
    found, position = [], 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            place = position + len(text[position:]) - len(text[position:].lstrip())
            raise Invalid(
                f"q: what stands at position {place + 1} is not understood: {text[place : place + 20]!r}"
            )
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        position = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens = tokens
        self._length = length
        self._place = 0

    def either(self, depth: int) -> Node:
        return self._joined("OR", lambda: self._joined("AND", lambda: self._part(depth), Both), Either)

    def _joined(self, word: str, part: Callable[[], Node], made: Callable[[tuple[Node, ...]], Node]) -> Node:
        parts = [part()]
        while self._is_word(word):
            self._place += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else made(tuple(parts))

    def _part(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise Invalid(f"q: more than {_DEEPEST} parentheses inside each other")
        if self._is_sign("("):
            self._place += 1
            inside = self.either(depth + 1)
            self._want(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Comparison:
        token = self._next("a field")
        if token.kind != "word" or token.text.upper() in {"AND", "OR", "IN", "NOT"}:
            raise self._unexpected(token, "a field")
        field = tuple(token.text.split("."))
        if "" in field:
            raise self._unexpected(token, "a field")
        if self._is_word("NOT"):
            self._place += 1
            if not self._is_word("IN"):
                raise self._unexpected(self._next("IN"), "IN")
            return Comparison(field, "NOT IN", self._list())
        if self._is_word("IN"):
            return Comparison(field, "IN", self._list())
        sign = self._next("an operator")
        if sign.text not in _SIGNS:
            raise self._unexpected(sign, "an operator")
        token = self._next("a value")
        value = self._value(token)
        if sign.text in {"~", "!~"} and not isinstance(value, str):
            raise self._unexpected(token, 'text in "double quotes"')
        return Comparison(field, sign.text, (value,))

    def _list(self) -> tuple[Value, ...]:
        self._place += 1
        self._want("(")
        values = [self._value(self._next("a value"))]
        while self._is_sign(","):
            self._place += 1
            values.append(self._value(self._next("a value")))
            if len(values) > _MOST_VALUES:
                raise Invalid(f"q: more than {_MOST_VALUES} values in a list")
        self._want(")")
        return tuple(values)

    def _value(self, token: _Token) -> Value:
        if token.kind == "text":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
        if token.kind == "number":
            return Decimal(token.text)
        if token.kind == "moment":
            moment = _moment(token.text)
            if moment is not None:
                return moment
        if token.kind == "word" and token.text.lower() in _CONSTANTS:
            return _CONSTANTS[token.text.lower()]
        raise self._unexpected(token, "a value")

    def _next(self, wanted: str) -> _Token:
        if self._place == len(self._tokens):
            raise Invalid(f"q: it ends where {wanted} should stand")
        self._place += 1
        return self._tokens[self._place - 1]

    def _want(self, sign: str) -> None:
        token = self._next(f"{sign!r}")
        if token.text != sign:
            raise self._unexpected(token, f"{sign!r}")

    def _is_sign(self, sign: str) -> bool:
        return self._place < len(self._tokens) and self._tokens[self._place].text == sign

    def _is_word(self, word: str) -> bool:
        if self._place == len(self._tokens):
            return False
        token = self._tokens[self._place]
        return token.kind == "word" and token.text.upper() == word

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise self._unexpected(self._tokens[self._place], "AND, OR or the end")

    def _unexpected(self, token: _Token, wanted: str) -> Invalid:
        return Invalid(
            f"q: {token.text[:20]!r} at position {token.position + 1}, where {wanted} should stand"
        )


def fields(node: Node) -> set[str]:
    """The first words of all fields that a query asks about."""
    if isinstance(node, Comparison):
        return {node.field[0]}
    return {name for part in node.parts for name in fields(part)}


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def matches(node: Node, value: Object) -> bool:
    """Whether an object is one that was asked for."""
    if isinstance(node, Either):
        return any(matches(part, value) for part in node.parts)
    if isinstance(node, Both):
        return all(matches(part, value) for part in node.parts)
    found, wanted = list(_reach(value, node.field)) or [None], node.values
    order = _ORDERS.get(node.field[-1])
    if order and node.sign[0] in "<>":
        found, wanted = [_rank(one, order) for one in found], tuple(_rank(one, order) for one in wanted)
    if node.sign in NEGATIONS:
        return not any(_holds(NEGATIONS[node.sign], one, wanted) for one in found)
    return any(_holds(node.sign, one, wanted) for one in found)


def _rank(value: Any, order: tuple[str, ...]) -> Any:
    return Decimal(order.index(value)) if value in order else value


def _reach(value: Any, path: tuple[str, ...]) -> Iterable[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _reach(one, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _reach(value[path[0]], path[1:])


def _holds(sign: str, value: Any, wanted: tuple[Value, ...]) -> bool:
    if sign in {"=", "IN"}:
        return any(_equal(value, one) for one in wanted)
    (one,) = wanted
    if sign == "~":
        return isinstance(value, str) and isinstance(one, str) and one.casefold() in value.casefold()
    pair = _comparable(value, one)
    if pair is None:
        return False
    return bool(COMPARED[sign](*pair))


def _equal(value: Any, wanted: Value) -> bool:
    if wanted is None or value is None:
        return value is None and wanted is None
    pair = _comparable(value, wanted)
    return pair is not None and bool(pair[0] == pair[1])


def _comparable(value: Any, wanted: Value) -> tuple[Any, Any] | None:
    """Both as one kind of thing; None if they are none."""
    if isinstance(wanted, bool) or isinstance(value, bool):
        return (value, wanted) if isinstance(wanted, bool) and isinstance(value, bool) else None
    if isinstance(wanted, Decimal):
        return (Decimal(str(value)), wanted) if isinstance(value, int | float | Decimal) else None
    if isinstance(wanted, datetime):
        moment = _moment(value) if isinstance(value, str) else None
        return (moment, wanted) if moment else None
    if isinstance(wanted, str) and isinstance(value, str):
        return value, wanted
    return None


def ordered(values: Iterable[Object], sort: str, *, natural: frozenset[str] = frozenset()) -> list[Object]:
    """By one field, ``-`` before it for the other way; what has none comes first. Raises Invalid.

    ``natural`` fields have numbers in them that count: v9 before v10.
    """
    name = sort.removeprefix("-")
    path = tuple(name.split("."))
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", name) or "" in path:
        raise Invalid(f"sort: not a field: {sort[:50]!r}")

    def key(value: Object) -> Any:
        found = next((one for one in _reach(value, path) if one is not None), None)
        if path[-1] in _ORDERS:
            found = _rank(found, _ORDERS[path[-1]])
        if isinstance(found, str) and name in natural:
            return 2, natural_order.key(found)
        if isinstance(found, str):
            return 2, found
        return (0, 0) if found is None or isinstance(found, dict) else (1, found)

    return sorted(values, key=key, reverse=sort.startswith("-"))
