"""Partial answers: the ``fields`` parameter, which picks, adds and leaves out members.

Source: the section on partial responses of the docs on Bitbucket's behaviour.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from bitpail.errors import Invalid

_LONGEST = 4000
_DEEPEST = 20

Tree = dict[str, "Tree"]


class Fields(Struct, frozen=True):
    """``only`` is None for everything that is there anyway; what is in ``added`` stays in any case."""

    only: Tree | None
    added: Tree
    removed: list[tuple[str, ...]]


def parse(text: str) -> Fields:
    """What a client wants to see; raises Invalid."""
    if len(text) > _LONGEST:
        raise Invalid(f"fields: longer than {_LONGEST} characters")
    only: Tree | None = None
    added: Tree = {}
    removed = []
    # A plus that was not encoded is a space by now.
    for part in text.replace(" ", "+").split(","):
        sign = part[:1] if part[:1] in {"+", "-"} else ""
        path = tuple(part.removeprefix(sign).split("."))
        if not part:
            continue
        if "" in path or len(path) > _DEEPEST:
            raise Invalid(f"fields: not a field: {part[:50]!r}")
        if sign == "-":
            removed.append(path)
        elif sign == "+":
            _put(added, path)
        else:
            only = {} if only is None else only
            _put(only, path)
    return Fields(only, added, removed)


def _put(tree: Tree, path: tuple[str, ...]) -> None:
    for name in path:
        tree = tree.setdefault(name, {})


def asks_for(fields: Fields, path: Iterable[str]) -> bool:
    """Whether a member that is not shown by itself is named, or meant by ``*``."""
    path = tuple(path)
    return any(_leads_to(tree, path) for tree in (fields.only or {}, fields.added))


def _leads_to(tree: Tree, path: tuple[str, ...]) -> bool:
    if not path:
        return True
    return any(_leads_to(tree[name], path[1:]) for name in (path[0], "*") if name in tree)


def apply(fields: Fields, value: Any) -> Any:
    """The value with what was asked for; lists are gone through."""
    shown = value if fields.only is None else _picked(value, _merged(fields.only, fields.added))
    for path in fields.removed:
        shown = _without(shown, path, fields.added)
    return shown


def shows(fields: Fields, path: tuple[str, ...]) -> bool:
    """Whether anything that may be at a path is shown, so that it has to be looked up."""
    for removed in fields.removed:
        if _covers(removed, path) and not _reaches(fields.added, path):
            return False
    return fields.only is None or _reaches(_merged(fields.only, fields.added), path)


def _covers(removed: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(removed) <= len(path) and all(
        one in {name, "*"} for one, name in zip(removed, path, strict=False)
    )


def _reaches(tree: Tree, path: tuple[str, ...]) -> bool:
    """Whether a tree goes through a path, or ends on the way, which means all that is below."""
    for depth, name in enumerate(path):
        below = tree.get(name, tree.get("*"))
        if below is None:
            return depth > 0 and not tree
        tree = below
    return True


def _merged(one: Tree, other: Tree) -> Tree:
    """What either wants; an empty tree is everything."""
    found = dict(one)
    for name, below in other.items():
        if found.get(name) and below:
            found[name] = _merged(found[name], below)
        else:
            found[name] = {} if name in found else below
    return found


def _picked(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_picked(one, tree) for one in value]
    if not isinstance(value, dict):
        return value
    every = tree.get("*")
    found = {}
    for name, member in value.items():
        below = tree.get(name, every)
        if below is not None:
            found[name] = _picked(member, below)
    return found


def _without(value: Any, path: tuple[str, ...], kept: Tree) -> Any:
    if isinstance(value, list):
        return [_without(one, path, kept) for one in value]
    if not isinstance(value, dict):
        return value
    first, rest = path[0], path[1:]
    found = {}
    for name, member in value.items():
        keeps = kept.get(name)
        if first not in {name, "*"}:
            found[name] = member
        elif rest:
            found[name] = _without(member, rest, keeps or {})
        elif keeps is not None:
            found[name] = _picked(member, keeps)
    return found
