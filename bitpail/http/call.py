"""One request on its way through a door, with everything that was found out about it."""

from typing import Protocol

from msgspec import Struct
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope

from bitpail.errors import BitpailError
from bitpail.http.addresses import Addresses
from bitpail.model.access import ANONYMOUS, Actor, Client
from bitpail.services.site import Site


class Call(Struct):
    """``base`` is the address that the client uses; ``actor`` is set once it is known.

    ``noted`` goes into the line of the access log; ``refusal`` is set by a door that
    refused, so that it can be explained later. ``parameters`` are the words of its path,
    where a door has a use for them.
    """

    site: Site
    request: Request
    receive: Receive
    request_id: str
    client: Client
    base: str
    actor: Actor = ANONYMOUS
    noted: dict[str, str] = {}
    refusal: BitpailError | None = None
    parameters: dict[str, str] = {}

    @property
    def method(self) -> str:
        """The HTTP method, upper case."""
        return str(self.request.scope["method"])

    @property
    def query(self) -> str:
        """The query as the client sent it, still percent-encoded; bytes that are no ASCII as surrogates."""
        raw: bytes = self.request.scope["query_string"]
        return raw.decode("ascii", "surrogateescape")

    @property
    def raw_path(self) -> bytes:
        """The path as the client sent it, still percent-encoded, without the query."""
        return raw_path(self.request.scope)


class Door(Protocol):
    """Turns one request into one service call, and the answer into the client's words."""

    async def answer(self, call: Call) -> ASGIApp:
        """The response; never raises what the door could say itself."""


def raw_path(scope: Scope) -> bytes:
    """The undecoded path of a request, so that an encoded slash stays inside its segment."""
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return str(scope["path"]).encode()
    return raw.partition(b"?")[0]


def make_call(site: Site, scope: Scope, receive: Receive, request_id: str, addresses: Addresses) -> Call:
    """The call for a request that just came in."""
    request = Request(scope, receive)
    return Call(
        site=site,
        request=request,
        receive=receive,
        request_id=request_id,
        client=addresses.client(scope, request.headers),
        base=addresses.base(scope, request.headers),
    )
