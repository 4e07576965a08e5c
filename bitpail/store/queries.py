"""The query language of collections in SQL: narrowed and ordered by columns, values as bound parameters.

The shape of a query makes a statement, which is kept and compiled once; its
values are handed over beside it. A test holds the answers against those that
``wire/query.py`` gives for objects.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Executable,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)

from bitpail.errors import Invalid
from bitpail.store.database import Database
from bitpail.store.statements import Row, contains, in_code_points, text_field
from bitpail.wire.query import COMPARED, NEGATIONS, Both, Comparison, Either, Node, Value
from bitpail.wire.query_kinds import Asked, Kind, check, check_sort

_KEPT = 256
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_GREATEST = 2**63 - 1
# What no column holds, and what is less than everything in one.
_NEVER = -(2**63)


class Field(Struct, frozen=True):
    """A column, or an expression, by which a collection may be asked; a moment is microseconds since 1970.

    Of a RANK ``words`` are what its numbers mean, from 0.
    """

    column: ColumnElement[Any]
    kind: Kind = Kind.TEXT
    words: tuple[str, ...] = ()


def constant(text: str) -> ColumnElement[str]:
    """A text of ours inside a statement."""
    return literal_column(f"'{text}'", Text)


def told_texts(column: ColumnElement[str], *names: str) -> dict[str, Field]:
    """Members of an object that a column holds as text, by their names."""
    return {name: Field(text_field(column, constant(name))) for name in names}


def told_number(column: ColumnElement[str], name: str, kind: Kind = Kind.NUMBER) -> Field:
    """A member that is a number, or a moment."""
    return Field(cast(text_field(column, constant(name)), BigInteger), kind)


def told_flag(column: ColumnElement[str], name: str) -> Field:
    """A member that is true or false; absent, it is false."""
    told = cast(cast(text_field(column, constant(name)), Boolean), Integer)
    return Field(func.coalesce(told, 0), Kind.FLAG)


class _Queries:
    """Which statement belongs to a query, and its values."""

    def __init__(self, fields: Mapping[str, Field], order: Iterable[ColumnElement[Any]]) -> None:
        self._fields = fields
        self._order = tuple(order)
        self._kinds = {name: field.kind for name, field in fields.items()}

    def _asked(self, asked: Asked) -> tuple[Node | None, dict[str, Any]]:
        """The shape of a query and its values; raises Invalid."""
        if asked.sort is not None:
            check_sort(asked.sort, self._kinds)
        if asked.wanted is None:
            return None, {}
        check(asked.wanted, self._kinds)
        values = {f"q{number}": value for number, value in enumerate(self._values(asked.wanted))}
        return _shape(asked.wanted), values

    def _values(self, node: Node) -> Iterable[Any]:
        """As columns have them, in the order in which ``_Condition`` comes across them."""
        if isinstance(node, Comparison):
            words = self._fields[".".join(node.field)].words
            for value in node.values:
                if value is not None:
                    yield _rank(node, words, value) if words else _parameter(node.sign, value)
        else:
            for part in node.parts:
                yield from self._values(part)

    def _sorted(self, sort: str | None) -> Iterable[tuple[ColumnElement[Any], bool]]:
        """What ``sort`` goes by, and whether downwards."""
        if sort is not None:
            field, down = self._fields[sort.removeprefix("-")], sort.startswith("-")
            # What has none comes first; the databases differ about that.
            if getattr(field.column, "nullable", True):
                yield field.column.is_not(None), down
            yield in_code_points(field.column) if field.kind is Kind.TEXT else field.column, down


class Narrowed(_Queries):
    """Two statements, the rows and their number, as any query narrows and orders them.

    ``order`` is what decides between rows that ``sort`` holds equal.
    """

    def __init__(
        self,
        rows: Select[Any],
        count: Select[Any],
        fields: Mapping[str, Field],
        order: Iterable[ColumnElement[Any]],
    ) -> None:
        super().__init__(fields, order)
        self._rows = rows
        self._count = count
        self._statements = lru_cache(_KEPT)(self._make)

    def statements(self, asked: Asked) -> tuple[Executable, Executable, dict[str, Any]]:
        """Rows, their number, and the parameters of the query; raises Invalid."""
        shape, values = self._asked(asked)
        rows, count = self._statements(shape, asked.sort)
        return rows, count, values

    def _make(self, shape: Node | None, sort: str | None) -> tuple[Select[Any], Select[Any]]:
        rows, count = self._rows, self._count
        if shape is not None:
            condition = _Condition(self._fields).of(shape)
            rows, count = rows.where(condition), count.where(condition)
        return rows.order_by(*(_directed(*one) for one in self._sorted(sort)), *self._order), count


class Paged(_Queries):
    """One statement for a page of a collection that is long and whose rows are wide.

    ``keys`` is a select of the key, which finds what may be seen. What a query leaves of it is
    gone through and counted; ``whole`` joins the rows to those keys that are on the page.
    ``order`` goes upwards.
    """

    def __init__(
        self,
        keys: Select[Any],
        whole: Callable[[Subquery], Select[Any]],
        fields: Mapping[str, Field],
        order: Iterable[ColumnElement[Any]],
    ) -> None:
        super().__init__(fields, order)
        self._keys = keys
        self._whole = whole
        self._statements = lru_cache(_KEPT)(self._make)

    def statements(self, asked: Asked) -> tuple[Executable, Executable, dict[str, Any]]:
        """Rows, each with the number of all as one more column; that number alone; the parameters.

        Of a page behind the last nothing tells the number but the second. Raises Invalid.
        """
        shape, values = self._asked(asked)
        rows, count = self._statements(shape, asked.sort)
        return rows, count, values

    def _make(self, shape: Node | None, sort: str | None) -> tuple[Select[Any], Select[Any]]:
        keys = self._keys
        if shape is not None:
            keys = keys.where(_Condition(self._fields).of(shape))
        upwards = ((column, False) for column in self._order)
        order = [(f"by{place}", *one) for place, one in enumerate((*self._sorted(sort), *upwards))]
        ordered = keys.add_columns(*(column.label(name) for name, column, _ in order))
        if shape is None or self._is_cheap(shape):
            # Counting needs but the index, and the best of a page are found while going through it:
            # twice costs less than to keep what was found.
            count = keys.with_only_columns(func.count(), maintain_column_froms=True)
            found = ordered.order_by(*(_directed(column, down) for _, column, down in order))
        else:
            # Asked of each once, and kept for both.
            chosen = ordered.cte("chosen")
            count = select(func.count()).select_from(chosen)
            found = select(chosen).order_by(*(_directed(chosen.c[name], down) for name, _, down in order))
        number = count.correlate(None).scalar_subquery().label("number")
        page = (
            found.add_columns(number)
            .limit(bindparam("number", type_=BigInteger))
            .offset(bindparam("start", type_=BigInteger))
            .subquery("page")
        )
        rows = self._whole(page).add_columns(page.c.number)
        return rows.order_by(*(_directed(page.c[name], down) for name, _, down in order)), count

    def _is_cheap(self, node: Node) -> bool:
        """Whether a query compares nothing but columns, and searches none of them."""
        if isinstance(node, Comparison):
            field = self._fields[".".join(node.field)]
            return node.sign not in {"~", "!~"} and isinstance(field.column, Column)
        return all(self._is_cheap(part) for part in node.parts)


def _directed(column: ColumnElement[Any], down: bool) -> ColumnElement[Any]:  # noqa: FBT001 - of a pair
    return column.desc() if down else column.asc()


async def page(  # a listing, what is asked of it, which part
    db: Database, listing: Narrowed | Paged, asked: Asked, offset: int, limit: int, **given: Any
) -> tuple[list[Row], int]:
    """One page of what a query asks for, and how many there are; raises Invalid.

    The rows take ``start`` and ``number``, and ``given`` as their number does.
    """
    rows, count, values = listing.statements(asked)
    found = await db.scan(rows, start=offset, number=limit, **given, **values)
    if found and isinstance(listing, Paged):
        return found, int(found[0][-1])
    if len(found) < limit and (found or not offset):
        return found, offset + len(found)
    return found, int((await db.scan(count, **given, **values))[0][0])


def _shape(node: Node) -> Node:
    """The query without its values: all that its statement depends on."""
    if isinstance(node, Comparison):
        return Comparison(
            node.field, node.sign, tuple(None if value is None else "" for value in node.values)
        )
    shapes = tuple(_shape(part) for part in node.parts)
    return Either(shapes) if isinstance(node, Either) else Both(shapes)


def _rank(node: Comparison, words: tuple[str, ...], value: Value) -> int:
    if value not in words:
        raise Invalid(f"q: {'.'.join(node.field)} is one of {', '.join(words)}")
    return words.index(str(value))


def _parameter(sign: str, value: Value) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, Decimal):
        return _whole(sign, value)
    return value


def _whole(sign: str, value: Decimal) -> int:
    """The whole number that says the same: no column holds any other."""
    if sign in {">", "<="}:
        return max(min(math.floor(value), _GREATEST), _NEVER)
    if sign in {">=", "<"}:
        return max(min(math.ceil(value), _GREATEST), _NEVER)
    return int(value) if value == value.to_integral_value() and _NEVER < value <= _GREATEST else _NEVER


class _Condition:
    """Says of each row yes or no, never neither: null is only like null."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self._fields = fields
        self._number = 0

    def of(self, node: Node) -> ColumnElement[bool]:
        if isinstance(node, Both):
            return and_(*[self.of(part) for part in node.parts])
        if isinstance(node, Either):
            return or_(*[self.of(part) for part in node.parts])
        positive = NEGATIONS.get(node.sign)
        if positive is not None:
            return not_(self._positive(node, positive))
        return self._positive(node, node.sign)

    def _positive(self, node: Comparison, sign: str) -> ColumnElement[bool]:
        field = self._fields[".".join(node.field)]
        column = field.column
        parts: list[ColumnElement[bool]] = []
        if None in node.values:
            parts.append(column.is_(None))
        values = [self._bound(field) for value in node.values if value is not None]
        if sign in {"=", "IN"} and values:
            parts.append(and_(column.is_not(None), column.in_(values)))
        elif values:
            (value,) = values
            parts.append(and_(column.is_not(None), _compared(field, sign, value)))
        return or_(false(), *parts)

    def _bound(self, field: Field) -> ColumnElement[Any]:
        name = f"q{self._number}"
        self._number += 1
        return bindparam(name, type_=Text if field.kind is Kind.TEXT else BigInteger)


def _compared(field: Field, sign: str, value: ColumnElement[Any]) -> ColumnElement[bool]:
    if sign == "~":
        return contains(field.column, value)
    column = in_code_points(field.column) if field.kind is Kind.TEXT else field.column
    compared: ColumnElement[bool] = COMPARED[sign](column, value)
    return compared
