"""Which request something is done for, known wherever it is written down.

The application sets it for the length of a request; outside of one it is the
command line. It says where something came from and never decides anything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

from bitpail.model.access import Client


class Origin(Struct, frozen=True, gc=False):
    """``path`` is decoded and scrubbed; ``door`` is one of api, git, web... On the command line all of it is empty."""

    request_id: str = ""
    client: Client = Client("", "")
    method: str = ""
    path: str = ""
    door: str = ""


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - it is frozen


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Everything done inside is done for that request."""
    before = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(before)


def current() -> Origin:
    """Where what is done now comes from."""
    return _origin.get()
