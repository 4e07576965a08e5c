"""Which request something is done for and whom it let in, known wherever it is written down.

The application sets it for the length of a request; outside of one it is the
command line. It says where something came from and never decides anything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

from bitpail.model.access import Actor, Client


class Origin(Struct, frozen=True, gc=False):
    """``path`` is decoded and scrubbed; ``door`` is one of api, git, web... On the command line all of it is empty."""

    request_id: str = ""
    client: Client = Client("", "")
    method: str = ""
    path: str = ""
    door: str = ""


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 - it is frozen


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    """Everything done inside is done for that request."""
    before, nobody = _origin.set(origin), _actor.set(None)
    try:
        yield
    finally:
        _origin.reset(before)
        _actor.reset(nobody)


def current() -> Origin:
    """Where what is done now comes from."""
    return _origin.get()


def let_in(actor: Actor) -> None:
    """Whom the request is for: the first that it lets in, since later questions are asked in other names too."""
    if _actor.get() is None and _origin.get().request_id:
        _actor.set(actor)


def actor() -> Actor | None:
    """Who acts, and with what; None on the command line, and where nobody was let in."""
    return _actor.get()
