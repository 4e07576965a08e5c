"""Long lists that are at hand, shown in parts."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from bitpail.web.request import WebRequest

T = TypeVar("T")

SHOWN = 100
"""In one part."""


class Part(Struct, Generic[T], frozen=True):
    """Some of them, the number of all, and the addresses before and behind."""

    listed: Sequence[T]
    size: int
    previous: str | None
    following: str | None


def part(request: WebRequest, found: Sequence[T]) -> Part[T]:
    """The part that ``page`` of the query asks for."""
    number = request.page_number()
    start = (number - 1) * SHOWN
    return Part(
        found[start : start + SHOWN],
        len(found),
        request.neighbour(number - 1) if number > 1 else None,
        request.neighbour(number + 1) if start + SHOWN < len(found) else None,
    )
