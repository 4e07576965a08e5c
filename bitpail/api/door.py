"""From one HTTP request to one operation: match, authenticate, ask for access, answer."""

import msgspec
from msgspec import Struct
from starlette.responses import Response
from starlette.types import ASGIApp

from bitpail.api import conditions, cross_origin, errors
from bitpail.api.needs import CREATE_PROJECT, CREATE_REPOSITORY
from bitpail.api.request import PREFIX, ApiRequest
from bitpail.api.responses import JSON, json
from bitpail.api.routes import NOT_SERVED, ROUTES, in_contract, not_served
from bitpail.errors import BitpailError, NotFound
from bitpail.http.bodies import ClientGone
from bitpail.http.call import Call
from bitpail.http.credentials import credential
from bitpail.http.routing import Match, MethodNotAllowed, Opens, Route, Router
from bitpail.model.credentials import Door
from bitpail.policy.api_scopes import asked
from bitpail.policy.decide import Decision
from bitpail.policy.scopes import in_form_order, of_bitbucket
from bitpail.services import access
from bitpail.services.access import Refused
from bitpail.services.authentication import authenticate
from bitpail.wire import fields
from bitpail.wire.fields import Fields


class Api:
    """All operations of the REST API."""

    def __init__(self) -> None:
        self._router = Router([*ROUTES, *NOT_SERVED])

    async def answer(self, call: Call) -> ASGIApp:
        """The answer, or the recorded error envelope."""
        if call.method == "OPTIONS":
            return cross_origin.preflight()
        return cross_origin.allowed(await self._answer(call))

    async def _answer(self, call: Call) -> Response:
        route: Route | None = None
        try:
            match = self._router.find(call.method, _path(call))
            if match is None:
                response = await _nowhere(call)
            elif match.route.handler is not_served:
                return errors.not_served(match.route.method, in_contract(match.route.template))
            else:
                route = match.route
                response = await self._operate(call, match)
        except ClientGone:
            raise
        except BitpailError as error:
            call.refusal = error
            response = errors.response(call, error)
        _tell_scopes(call, route, response)
        return response

    async def _operate(self, call: Call, match: Match) -> Response:
        headers = call.request.headers
        call.actor = await authenticate(call.site, credential(headers), call.client, Door.REST)
        request = ApiRequest(call, match.parameters, match.route.need)
        granted = await _open(call, match)
        wanted = fields.parse(request.query["fields"]) if "fields" in request.query else None
        if conditions.are_set(call.method, headers):
            await self._judge_conditions(call)
        response: Response = await match.route.handler(request, granted)
        return conditions.tagged(call.method, headers, _partial(response, wanted) if wanted else response)

    async def _judge_conditions(self, call: Call) -> None:
        """Compare what a client wants to change with what it has seen: with what GET would answer."""
        try:
            match = self._router.find("GET", _path(call))
        except MethodNotAllowed:
            return
        if match is None or match.route.handler is not_served:
            return
        current: Response | None = None
        try:
            granted = await _open(call, match)
            current = await match.route.handler(ApiRequest(call, match.parameters, match.route.need), granted)
        except NotFound:
            pass
        except Refused as refused:
            if refused.decision is not Decision.UNSEEN:
                raise
        conditions.judge(call.request.headers, current)


async def _nowhere(call: Call) -> Response:
    """There is no such operation; a credential is looked at even so: scripts ask at the root what theirs may."""
    call.actor = await authenticate(call.site, credential(call.request.headers), call.client, Door.REST)
    return errors.unknown_path()


def _path(call: Call) -> bytes:
    """The path of an operation. The vendor's pages reach the same API below ``/!api``."""
    return call.raw_path.removeprefix(PREFIX)


def _partial(response: Response, wanted: Fields) -> Response:
    """The answer with the members that were asked for; what is no JSON stays as it is."""
    if response.headers.get("content-type") != JSON or response.status_code >= 300:
        return response
    shown = json(fields.apply(wanted, msgspec.json.decode(response.body)), response.status_code)
    for name in ("location", "etag"):
        if name in response.headers:
            shown.headers[name] = response.headers[name]
    return shown


async def _open(call: Call, match: Match) -> Struct:
    """What the route acts on, as an access. Raises Refused."""
    need, parameters = match.route.need, match.parameters
    if match.route.opens is Opens.OWN_ACCOUNT:
        return access.to_own_account(call.site, call.actor, need)
    if match.route.opens is Opens.SITE:
        return access.to_site(call.site, call.actor, need)
    if match.route.opens is Opens.TEAM:
        return await access.to_workspace(call.site, call.actor, need, parameters["username"])
    if match.route.opens is Opens.PERSONAL_WORKSPACE:
        return await access.to_personal_workspace(call.site, call.actor, need, parameters["selected_user"])
    if match.route.opens is Opens.ANYWHERE:
        return access.to_repositories(call.site, call.actor, need)
    return await _open_place(call, match)


async def _open_place(call: Call, match: Match) -> Struct:
    """The same for a workspace, and what is in it."""
    need, workspace = match.route.need, match.parameters["workspace"]
    if match.route.opens is Opens.WORKSPACE:
        return await access.to_workspace(call.site, call.actor, need, workspace)
    if match.route.opens is Opens.NEW_REPOSITORY:
        return await access.to_new_repository(call.site, call.actor, need, workspace)
    if match.route.opens in {Opens.PROJECT, Opens.PROJECT_OR_NEW}:
        return await _open_project(call, match)
    slug = match.parameters["repo_slug"]
    try:
        return await access.to_repository(call.site, call.actor, need, workspace, slug)
    except Refused as refused:
        if match.route.opens is not Opens.REPOSITORY_OR_NEW or refused.decision is not Decision.UNSEEN:
            raise
        return await access.to_new_repository(call.site, call.actor, CREATE_REPOSITORY, workspace)


async def _open_project(call: Call, match: Match) -> Struct:
    need, workspace = match.route.need, match.parameters["workspace"]
    try:
        return await access.to_project(
            call.site, call.actor, need, workspace, match.parameters["project_key"]
        )
    except Refused as refused:
        if match.route.opens is not Opens.PROJECT_OR_NEW or refused.decision is not Decision.UNSEEN:
            raise
        return await access.to_workspace(call.site, call.actor, CREATE_PROJECT, workspace)


def _tell_scopes(call: Call, route: Route | None, response: Response) -> None:
    """The headers by which a client learns what its credential covers; errors carry them too."""
    if call.actor.app_password is not None:
        response.headers["X-OAuth-Scopes"] = ", ".join(of_bitbucket(call.actor.app_password.scopes))
        response.headers["X-Credential-Type"] = call.actor.app_password.kind.value
    alternatives = asked(route.need, call.actor.kind) if route is not None else ()
    if alternatives:
        accepted = in_form_order({scope for needed in alternatives for scope in needed})
        response.headers["X-Accepted-OAuth-Scopes"] = ", ".join(accepted)
