"""From one HTTP request to one operation of our own API: match, authenticate, ask for access, answer.

The credential is an app password, as in 2.0, or the session of a browser. A
session changes something only with the token of its forms in a header, which no
other site can read.
"""

from msgspec import Struct
from starlette.responses import Response
from starlette.types import ASGIApp

from bitpail.api import errors
from bitpail.api.responses import empty, json
from bitpail.errors import BitpailError
from bitpail.http.bodies import ClientGone
from bitpail.http.call import Call
from bitpail.http.credentials import credential
from bitpail.http.routing import Match, Opens, Route, Router
from bitpail.model.access import Actor
from bitpail.model.credentials import Door
from bitpail.model.scopes import Scope
from bitpail.own_api import documents
from bitpail.own_api.request import HttpRequest
from bitpail.own_api.routes import OPERATIONS, PUBLIC, ROOT, Operation
from bitpail.services import access, sessions
from bitpail.services.authentication import authenticate
from bitpail.web.door import SECURITY, logged_in
from bitpail.web.request import SESSION, Forged, refuse_other_sites
from bitpail.wire import errors as wire

PREFIX = f"{ROOT}/".encode()
TOKEN = "X-Bitpail-Token"  # noqa: S105 - the name of a header

_SAFE = frozenset({"GET", "HEAD"})
_DOCUMENTS = (
    Operation(Route("GET", f"{ROOT}/openapi.json", Opens.SITE, PUBLIC, documents.openapi), "This document"),
    Operation(Route("GET", f"{ROOT}/docs", Opens.SITE, PUBLIC, documents.page), "This page"),
)


class OwnApi:
    """All operations under ``/bitpail/1``."""

    def __init__(self) -> None:
        every = (*OPERATIONS, *_DOCUMENTS)
        self._router = Router(operation.route for operation in every)
        self._operations = {id(operation.route): operation for operation in every}

    async def answer(self, call: Call) -> ASGIApp:
        """The answer, or 2.0's error envelope."""
        try:
            match = self._router.find(call.method, call.raw_path)
            response = await self._operate(call, match) if match else errors.unknown_path()
        except ClientGone:
            raise
        except Forged as error:
            response = json(wire.error(error.message), 403)
        except BitpailError as error:
            call.refusal = error
            response = errors.response(call, error)
        if TOKEN in call.request.headers:
            # The script of a page: the browser must not ask for a password in its own window.
            del response.headers["WWW-Authenticate"]
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    async def _operate(self, call: Call, match: Match) -> Response:
        call.actor = await _actor(call)
        request = HttpRequest(call, match.route.need, match.parameters)
        made = await match.route.handler(request, await _open(call, match))
        if isinstance(made, Response):
            return made
        return empty() if made is None else json(made, self._operations[id(match.route)].status)


async def _actor(call: Call) -> Actor:
    """Whoever presents an app password, or is logged in with this browser. Raises Unauthenticated or Forged."""
    presented = credential(call.request.headers)
    session = await logged_in(call) if presented is None else None
    if session is None:
        return await authenticate(call.site, presented, call.client, Door.REST)
    if call.method not in _SAFE:
        refuse_other_sites(call)
        cookie, token = call.request.cookies[SESSION], call.request.headers.get(TOKEN, "")
        if not sessions.is_form_token(call.site, cookie, token):
            raise Forged(f"a browser session changes something only with its form token in {TOKEN}")
    return Actor(session.user, None, frozenset(Scope), call.client)


async def _open(call: Call, match: Match) -> Struct:
    """What the operation acts on. Raises Refused."""
    opens, need, named = match.route.opens, match.route.need, match.parameters
    if opens is Opens.OWN_ACCOUNT:
        return access.to_own_account(call.site, call.actor, need)
    if opens is Opens.ADMINISTRATION:
        return access.to_administration(call.site, call.actor, need)
    if opens is Opens.REPOSITORY:
        return await access.to_repository(call.site, call.actor, need, named["workspace"], named["repo_slug"])
    if opens is Opens.PROJECT:
        return await access.to_project(call.site, call.actor, need, named["workspace"], named["project_key"])
    if opens is Opens.WORKSPACE:
        return await access.to_workspace(call.site, call.actor, need, named["workspace"])
    return access.to_site(call.site, call.actor, need)
