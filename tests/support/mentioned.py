"""What a handler of the API looks at: the names of query parameters and the members of bodies in its source.

Follows calls inside ``bitpail.api``, so that a grade of the ledger of parity is read
from the code and not from what somebody says of it.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import msgspec

from bitpail.api.request import ApiRequest


def mentioned(handler: Any) -> set[str]:
    """All strings in a handler and in what it reaches; a body's members are ``body.name``."""
    found: set[str] = set()
    waiting, seen = [handler], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, type):
            found |= {f"body.{field.encode_name}" for field in msgspec.structs.fields(one)}
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(one)))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            waiting += _reached(node, one.__globals__, found)
    return found


def _reached(node: ast.AST, names: dict[str, Any], found: set[str]) -> Iterator[Any]:
    if isinstance(node, ast.Name) and node.id in names:
        yield from _followed(names[node.id], found)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id == "self" or node.value.id == "request":
            member = inspect.getattr_static(ApiRequest, node.attr, None)
            yield from _followed(member.fget if isinstance(member, property) else member, found)
        elif isinstance(names.get(node.value.id), ModuleType):
            yield from _followed(getattr(names[node.value.id], node.attr, None), found)


def _followed(value: Any, found: set[str]) -> Iterator[Any]:
    """Functions and bodies of the door itself; constants are taken for what they hold."""
    if isinstance(value, FunctionType) and value.__module__.startswith("bitpail.api."):
        yield value
    elif isinstance(value, type) and issubclass(value, msgspec.Struct):
        if value.__module__.startswith("bitpail.api.") and value.__module__ != ApiRequest.__module__:
            yield value
    elif isinstance(value, str):
        found.add(value)
    elif isinstance(value, tuple | list | dict | set | frozenset):
        found.update(one for one in value if isinstance(one, str))
