"""What may be asked of a collection whose fields are known beforehand: which there are, and of what kind.

Where the fields stand in columns, a query is held against this before it is
translated, so that SQL and objects never have to agree about nonsense.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.wire.query import Both, Comparison, Either, Node, Value, fields


class Asked(Struct, frozen=True):
    """``wanted`` is None for all, ``sort`` None for the order that the listing has anyway."""

    wanted: Node | None = None
    sort: str | None = None

    def also(self, one: Comparison) -> "Asked":
        """The same, of what this holds for too."""
        return Asked(one if self.wanted is None else Both((self.wanted, one)), self.sort)

    def __bool__(self) -> bool:
        return self.wanted is not None or self.sort is not None


class Kind(Enum):
    """The value is what an error calls it."""

    TEXT = 'text in "double quotes"'
    NUMBER = "a number"
    FLAG = "true or false"
    MOMENT = "a date without quotes"
    RANK = 'a word in "double quotes"'
    """One of a few words that have an order of their own."""


_TYPES: dict[Kind, type] = {
    Kind.TEXT: str,
    Kind.NUMBER: Decimal,
    Kind.FLAG: bool,
    Kind.MOMENT: datetime,
    Kind.RANK: str,
}


def check_members(asked: Asked, members: frozenset[str]) -> None:
    """Raise Invalid if a field begins with none of the members that the objects of a collection have."""
    names = fields(asked.wanted) if asked.wanted is not None else set()
    for name in sorted(names - members):
        raise Invalid(f"q: there is no field {name[:50]!r} here")
    if asked.sort is not None and asked.sort.removeprefix("-").partition(".")[0] not in members:
        raise Invalid(f"sort: there is no field {asked.sort.removeprefix('-')[:50]!r} here")


def check(node: Node, kinds: Mapping[str, Kind]) -> None:
    """Raise Invalid if a field is not there, or is compared with what it never is."""
    if isinstance(node, Either | Both):
        for part in node.parts:
            check(part, kinds)
    else:
        _check(node, kinds)


def check_sort(sort: str, kinds: Mapping[str, Kind]) -> None:
    """The same for the field to sort by."""
    name = sort.removeprefix("-")
    if name not in kinds:
        raise Invalid(f"sort: there is no field {name[:50]!r} here")


def _check(one: Comparison, kinds: Mapping[str, Kind]) -> None:
    name = ".".join(one.field)
    kind = kinds.get(name)
    if kind is None:
        raise Invalid(f"q: there is no field {name[:50]!r} here")
    if one.sign in {"~", "!~"} and kind is not Kind.TEXT:
        raise Invalid(f"q: {name} is {kind.value}: it can't be searched with {one.sign}")
    for value in one.values:
        _check_value(name, one.sign, kind, value)


def _check_value(name: str, sign: str, kind: Kind, value: Value) -> None:
    if value is None:
        if sign not in {"=", "!=", "IN", "NOT IN"}:
            raise Invalid(f"q: null is neither less nor more than {name}")
    elif type(value) is not _TYPES[kind]:
        raise Invalid(f"q: {name} is compared with {kind.value}")
    elif isinstance(value, str) and not _is_storable(value):
        raise Invalid(f"q: {name} is compared with text that no field can hold")


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
