"""A listing asked in SQL, held against the same objects as the API shows them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bitpail.store.queries import Field
from bitpail.wire.query import matches, ordered, parse
from bitpail.wire.query_kinds import Asked, Kind

Objects = list[dict[str, Any]]


async def agrees(
    page: Callable[[Asked, int, int], Awaitable[tuple[list[Any], int]]],
    fields: Mapping[str, Field],
    objects: Objects,
    name: Callable[[Any], str],
) -> None:
    """Ask for each field in every way; ``name`` is the UUID or number of a row, ``objects`` are in the listing's order."""
    wrong = []
    for text, sort in _questions(fields, objects):
        node = parse(text) if text else None
        wanted = [one for one in objects if node is None or matches(node, one)]
        wanted = ordered(wanted, sort) if sort else wanted
        found, size = await page(Asked(node, sort), 0, 100)
        told, expected = [name(one) for one in found], [_name(one) for one in wanted]
        if sort is not None:
            # What sorting holds equal stands in the listing's own order here, turned round in the other.
            told, expected = _by(sort, objects, told), _by(sort, objects, expected)
        if told != expected or size != len(wanted):
            wrong.append((text, sort, told, expected))
    assert not wrong, wrong[:5]


def _questions(fields: Mapping[str, Field], objects: Objects) -> list[tuple[str | None, str | None]]:
    asked: list[tuple[str | None, str | None]] = [(None, None)]
    for path, field in fields.items():
        asked += [(None, path), (None, f"-{path}"), (f"{path} = null", None), (f"{path} != null", path)]
        values = {_reach(one, path) for one in objects} - {None}
        assert values, f"no object has {path}"
        for value in values:
            literal = _literal(field.kind, value)
            signs = ("=", "!=", "~", "!~", "<", ">=") if field.kind is Kind.TEXT else ("=", "!=", "<", ">=")
            asked += [(f"{path} {sign} {literal}", None) for sign in signs]
            asked.append((f"{path} IN ({literal}, null)", None))
    return asked


def _literal(kind: Kind, value: Any) -> str:
    if kind is Kind.TEXT:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower() if kind is Kind.FLAG else str(value)


def _reach(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _name(one: dict[str, Any]) -> str:
    return str(one["id"]) if "id" in one else one["uuid"][1:-1]


def _by(sort: str, objects: Objects, told: list[str]) -> list[tuple[Any, list[str]]]:
    """The same with those of one value as a set."""
    values = {_name(one): _reach(one, sort.removeprefix("-")) for one in objects}
    groups: list[tuple[Any, list[str]]] = []
    for name in told:
        if not groups or groups[-1][0] != values[name]:
            groups.append((values[name], []))
        groups[-1][1].append(name)
    return [(value, sorted(names)) for value, names in groups]
