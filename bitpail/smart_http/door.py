"""From one HTTP request to one Git service: match, authenticate, ask for access, serve."""

from starlette.types import ASGIApp

from bitpail.errors import BitpailError, NotFound
from bitpail.http.bodies import ClientGone
from bitpail.http.call import Call
from bitpail.http.credentials import credential
from bitpail.http.routing import Match, Router
from bitpail.model.access import Actor
from bitpail.model.credentials import Door
from bitpail.model.scopes import Scope
from bitpail.services import sessions
from bitpail.services.access import to_repository
from bitpail.services.authentication import authenticate
from bitpail.smart_http import errors
from bitpail.smart_http.routes import ARCHIVES, LFS, ROUTES

_INFO_REFS = b"/info/refs"


class SmartHttp:
    """Everything that is not the API or a page of ours is asked for as a repository."""

    def __init__(self) -> None:
        self._router = Router(ROUTES)

    async def answer(self, call: Call) -> ASGIApp:
        """Serve git, or refuse in words that git shows its user."""
        match: Match | None = None
        try:
            match = self._match(call)
            return await self._serve(call, match)
        except ClientGone:
            raise
        except BitpailError as error:
            call.refusal = error
            refusal = errors.response(call, error)
            is_lfs = match is not None and LFS in match.route.template
            return errors.for_lfs(call, refusal) if is_lfs else refusal

    async def _serve(self, call: Call, match: Match) -> ASGIApp:
        call.parameters = match.parameters
        call.actor = await _actor(call, match)
        workspace = match.parameters["workspace"]
        repository = match.parameters["repo_slug"].removesuffix(".git")
        access = await to_repository(call.site, call.actor, match.route.need, workspace, repository)
        response: ASGIApp = await match.route.handler(call, access)
        return response

    def _match(self, call: Call) -> Match:
        path = call.raw_path
        if path.endswith(_INFO_REFS):
            service = call.request.query_params.get("service")
            if service is not None:
                path += b"?service=" + service.encode("utf-8", "replace")
        match = self._router.find(call.method, path)
        if match is None:
            raise NotFound("there is no page and no Git service at this address")
        return match


async def _actor(call: Call, match: Match) -> Actor:
    headers = call.request.headers
    cookie = call.request.cookies.get(sessions.COOKIE)
    # An archive is what a link of a page leads to as well; git has no cookies.
    if cookie and match.route.template == ARCHIVES and "authorization" not in headers:
        found = await sessions.find(call.site, cookie)
        if found is not None:
            return Actor(found.user, None, frozenset(Scope), call.client)
    return await authenticate(call.site, credential(headers), call.client, Door.GIT)
