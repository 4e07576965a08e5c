"""Every operation of the contract, served or not, so that the two can be told apart from an address that is wrong.

The lists beside this file are made from the contract; a test compares the two.
"""

from functools import cache
from importlib import resources

from msgspec import Struct

BASE = "/2.0"


class Operation(Struct, frozen=True):
    """``template`` has ``{name}`` segments, as the contract writes it, below ``/2.0``."""

    method: str
    template: str


@cache
def api_scopes() -> dict[tuple[str, str], tuple[str, ...]]:
    """The scopes that an API token needs for each operation that names some, all of them, by name."""
    text = (resources.files("bitpail.wire") / "api_scopes.txt").read_text("ascii")
    return {
        (method, BASE + path): tuple(scopes)
        for method, path, *scopes in (line.split() for line in text.splitlines())
    }


@cache
def operations() -> tuple[Operation, ...]:
    """All of them, in the order of the contract."""
    text = (resources.files("bitpail.wire") / "operations.txt").read_text("ascii")
    found = []
    for line in text.splitlines():
        *methods, path = line.split()
        found += [Operation(method, BASE + path) for method in methods]
    return tuple(found)
