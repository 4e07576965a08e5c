"""Every operation of the contract, served or not, so that the two can be told apart from an address that is wrong.

The list beside this file is made from the contract; a test compares the two.
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
def operations() -> tuple[Operation, ...]:
    """All of them, in the order of the contract."""
    text = (resources.files("bitpail.wire") / "operations.txt").read_text("ascii")
    found = []
    for line in text.splitlines():
        *methods, path = line.split()
        found += [Operation(method, BASE + path) for method in methods]
    return tuple(found)
