"""The contract of what is served, for programs: where Bitbucket has its own, at ``/swagger.json``.

It is the same for everybody, so that nobody is asked who they are.
"""

from functools import cache

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp

from bitpail.api import conditions, cross_origin, errors
from bitpail.api.responses import JSON
from bitpail.api.routes import ROUTES, in_contract
from bitpail.http.call import Call
from bitpail.http.routing import MethodNotAllowed
from bitpail.wire import contract
from bitpail.wire.operations import BASE

PATH = b"/swagger.json"


class Contract:
    """``GET /swagger.json``."""

    async def answer(self, call: Call) -> ASGIApp:
        """The document with its tag, or 304."""
        if call.method == "OPTIONS":
            return cross_origin.preflight()
        if call.method not in {"GET", "HEAD"}:
            return cross_origin.allowed(errors.response(call, MethodNotAllowed({"GET"})))
        response = Response(_document(), media_type=JSON)
        return cross_origin.allowed(conditions.tagged(call.method, call.request.headers, response))


@cache
def _document() -> bytes:
    served = {(route.method, in_contract(route.template).removeprefix(BASE)) for route in ROUTES}
    return msgspec.json.encode(contract.served(frozenset(served)))
