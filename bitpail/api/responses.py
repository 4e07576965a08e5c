"""JSON out."""

from typing import Any

import msgspec
from starlette.responses import Response

_ENCODER = msgspec.json.Encoder()
JSON = "application/json; charset=utf-8"


def json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer of plain values."""
    return Response(_ENCODER.encode(content), status, headers, media_type=JSON)


def empty(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(status_code=status)
