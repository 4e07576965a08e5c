"""Core statements turned into SQL text, once per dialect, and what Core cannot say for both.

A statement is kept by identity, for as long as it lives: make it at module level, or keep it.
Type processors of SQLAlchemy do not run; hand over ints, str, bytes and None.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from operator import itemgetter
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    BigInteger,
    Boolean,
    Executable,
    Insert,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    column,
    select,
)
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Row = tuple[Any, ...]
Arguments = Callable[[Mapping[str, Any]], Row]


class Statements:
    """SQL text and the order of its arguments, for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compiled: MutableMapping[Executable, tuple[str, Arguments]] = WeakKeyDictionary()

    def get(self, statement: Executable) -> tuple[str, Arguments]:
        """The text, and a function that puts named parameters in its order."""
        found = self._compiled.get(statement)
        if found is None:
            found = self._compiled[statement] = self._compile(statement)
        return found

    def _compile(self, statement: Executable) -> tuple[str, Arguments]:
        compiled = statement.compile(dialect=self._dialect)  # type: ignore[attr-defined]
        names = tuple(compiled.positiontup or ())
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        return str(compiled), _arguments(
            names, {name: constants[name] for name in names if name in constants}
        )


def _arguments(names: tuple[str, ...], constants: Mapping[str, Any]) -> Arguments:
    if not names:
        return lambda _: ()
    # itemgetter of one name gives the bare value, of several a tuple.
    pick: Arguments = itemgetter(*names) if len(names) > 1 else lambda given: (given[names[0]],)
    if constants:
        return lambda given: pick({**constants, **given})
    return pick


class Upsert(Insert):
    """An insert that changes ``changing`` where a row with the same primary key exists.

    It adds to the numbers ``adding``; with neither the row that is there stays as it is.
    """

    inherit_cache = False

    def __init__(self, table: Any, *changing: str, adding: tuple[str, ...] = ()) -> None:
        super().__init__(table)
        self.changing = changing
        self.adding = adding


@compiles(Upsert)
def _upsert(element: Upsert, compiler: SQLCompiler, **options: Any) -> str:
    table: Any = element.table
    quote = compiler.preparer.quote
    key = ", ".join(quote(column.name) for column in table.primary_key)
    changes = [f"{quote(name)} = excluded.{quote(name)}" for name in element.changing]
    changes += [
        f"{quote(name)} = {quote(table.name)}.{quote(name)} + excluded.{quote(name)}"
        for name in element.adding
    ]
    inserted = compiler.visit_insert(element, **options)  # type: ignore[no-untyped-call]
    action = f"UPDATE SET {', '.join(changes)}" if changes else "NOTHING"
    return f"{inserted} ON CONFLICT ({key}) DO {action}"


class text_rows(FunctionElement[str]):  # noqa: N801  # named like the SQL functions it stands for
    """The strings of a JSON list as rows with one column, ``value``."""

    inherit_cache = True


class object_rows(FunctionElement[str]):  # noqa: N801 - likewise
    """The objects of a JSON list as rows with one column, ``value``."""

    inherit_cache = True


class json_field(FunctionElement[str]):  # noqa: N801 - likewise
    """One member of an object, by its name."""

    inherit_cache = True
    type = Text()


class text_field(FunctionElement[str]):  # noqa: N801 - likewise
    """The same of a column of text that holds an object."""

    inherit_cache = True
    type = Text()


def insert_gathered(table: Table, names: Sequence[str], rows: str) -> Upsert:
    """Writes what was gathered in memory: ``rows``, JSON, objects with these columns. What is there already stays."""
    (key,) = table.primary_key.columns
    one = (
        object_rows(bindparam(rows, type_=Text)).table_valued(column("value", Text), name="gathered").c.value
    )
    values = [
        cast(json_field(one, name), BigInteger)
        if isinstance(table.c[name].type, BigInteger)
        else json_field(one, name)
        for name in names
    ]
    # SQLite can't tell whose ON is meant where a selection has no condition.
    return Upsert(table).from_select(names, select(*values).where(json_field(one, key.name).is_not(None)))


@compiles(text_rows, "sqlite")
@compiles(object_rows, "sqlite")
def _rows_on_sqlite(element: FunctionElement[str], compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(text_rows, "postgresql")
def _text_rows_on_postgresql(element: FunctionElement[str], compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json))"


@compiles(object_rows, "postgresql")
def _object_rows_on_postgresql(element: FunctionElement[str], compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **options)} AS json))"


@compiles(json_field, "sqlite")
@compiles(text_field, "sqlite")
def _json_field_on_sqlite(element: FunctionElement[str], compiler: SQLCompiler, **options: Any) -> str:
    # ->> came with SQLite 3.38, which machines with Python 3.11 do not all have.
    value, name = (compiler.process(part, **options) for part in element.clauses)
    return f"json_extract({value}, '$.' || {name})"


@compiles(json_field, "postgresql")
def _json_field_on_postgresql(element: FunctionElement[str], compiler: SQLCompiler, **options: Any) -> str:
    value, name = (compiler.process(part, **options) for part in element.clauses)
    return f"({value} ->> {name})"


@compiles(text_field, "postgresql")
def _text_field_on_postgresql(element: FunctionElement[str], compiler: SQLCompiler, **options: Any) -> str:
    value, name = (compiler.process(part, **options) for part in element.clauses)
    return f"(CAST({value} AS json) ->> {name})"


class contains(FunctionElement[bool]):  # noqa: N801 - likewise
    """Whether one text holds another, ignoring case."""

    inherit_cache = True
    type = Boolean()


class greatest(FunctionElement[int]):  # noqa: N801 - likewise
    """The greatest of several numbers, none of them null."""

    inherit_cache = True
    type = Integer()


class in_code_points(FunctionElement[str]):  # noqa: N801 - likewise
    """A text to be compared or sorted by code points, as SQLite and Python do anyway."""

    inherit_cache = True
    type = Text()


@compiles(contains, "sqlite")
def _contains_on_sqlite(element: FunctionElement[bool], compiler: SQLCompiler, **options: Any) -> str:
    # A function of our own: SQLite's lower() knows no letters but ASCII's.
    text, part = (compiler.process(one, **options) for one in element.clauses)
    return f"instr(casefold(coalesce({text}, '')), casefold({part})) > 0"


@compiles(contains, "postgresql")
def _contains_on_postgresql(element: FunctionElement[bool], compiler: SQLCompiler, **options: Any) -> str:
    text, part = (compiler.process(one, **options) for one in element.clauses)
    return f"strpos(lower({text}), lower({part})) > 0"


@compiles(greatest, "sqlite")
def _greatest_on_sqlite(element: FunctionElement[int], compiler: SQLCompiler, **options: Any) -> str:
    return f"max({compiler.process(element.clauses, **options)})"


@compiles(greatest, "postgresql")
def _greatest_on_postgresql(element: FunctionElement[int], compiler: SQLCompiler, **options: Any) -> str:
    return f"greatest({compiler.process(element.clauses, **options)})"


@compiles(in_code_points, "sqlite")
def _in_code_points_on_sqlite(element: FunctionElement[str], compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(in_code_points, "postgresql")
def _in_code_points_on_postgresql(
    element: FunctionElement[str], compiler: SQLCompiler, **options: Any
) -> str:
    return f'({compiler.process(element.clauses, **options)} COLLATE "C")'
