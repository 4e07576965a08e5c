"""JSON out."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from starlette.responses import Response

_ENCODER = msgspec.json.Encoder()
# What takes a millisecond to be rendered.
_MOMENT = 16_384
T = TypeVar("T")
JSON = "application/json; charset=utf-8"


def json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer of plain values."""
    return Response(_ENCODER.encode(content), status, headers, media_type=JSON)


def empty(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(status_code=status)


async def described(length: int, describe: Callable[[], T]) -> T:
    """What is made of text of this length: in a thread if others would have to wait for it.

    Messages can be long, and there are a hundred on a page.
    """
    return describe() if length < _MOMENT else await asyncio.to_thread(describe)
