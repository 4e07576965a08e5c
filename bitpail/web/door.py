"""From one request of a browser to one page: match, find the session, judge the form, ask for access, answer."""

from msgspec import Struct
from starlette.responses import Response
from starlette.types import ASGIApp

from bitpail.errors import BitpailError, NotFound
from bitpail.http import conditions
from bitpail.http.bodies import ClientGone
from bitpail.http.call import Call
from bitpail.http.routing import Match, Opens, Router
from bitpail.model.access import Actor
from bitpail.model.scopes import Scope
from bitpail.policy.decide import Decision
from bitpail.services import access, moved, sessions, upcoming
from bitpail.services.access import Refused
from bitpail.services.sessions import LoggedIn
from bitpail.web import errors, no_wiki, place_routes, repository_routes
from bitpail.web.moved import Elsewhere, Moved
from bitpail.web.request import SESSION, WebRequest
from bitpail.web.routes import LONG_FORMS, ROUTES, STREAMED, UPLOADS

# No script or style but our own files; nothing of another site, and no frame around us.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action {}; frame-ancestors 'none'; base-uri 'none'"
)
SECURITY = {
    "Content-Security-Policy": _POLICY.format("'self'"),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_PLACES = frozenset({Opens.WORKSPACE, Opens.PROJECT, Opens.REPOSITORY})
_REVALIDATED = {"Cache-Control": "private, no-cache", "Vary": "Cookie"}


class Web:
    """All pages."""

    def __init__(self) -> None:
        self._router = Router(ROUTES)
        # Settings are for people who log out: nothing of them is kept.
        open_to_all = (route for route in place_routes.ROUTES if not route.need.signed_in)
        self._of_places = {id(route) for route in (*repository_routes.ROUTES, *open_to_all)}

    async def answer(self, call: Call) -> ASGIApp:
        """The page, or one that says what went wrong."""
        request = WebRequest(call, {}, None)
        try:
            request = WebRequest(call, {}, await logged_in(call))
            response = await self._page(request)
        except ClientGone:
            raise
        except BitpailError as error:
            call.refusal = error
            response = await self._refusal(request, error)
        if request.form_leads_to:
            policy = _POLICY.format(f"'self' {request.form_leads_to}")
            response.headers["Content-Security-Policy"] = policy
        for name, value in SECURITY.items():
            # A file as it is has a stricter policy of its own.
            response.headers.setdefault(name, value)
        # What is not fingerprinted or tagged shows what is somebody's own.
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    async def _refusal(self, request: WebRequest, error: BitpailError) -> Response:
        """What went wrong. Who was logged out while they wrote something gets it back."""
        call = request.call
        if call.method != "POST" or not errors.leads_to_log_in(request, error):
            return errors.response(request, error)
        await request.keep_written()
        try:
            is_page = self._router.find("GET", call.raw_path) is not None
        except BitpailError:
            is_page = False
        return errors.response(request, error, call.raw_path.decode("ascii") if is_page else errors.HOME)

    async def _page(self, request: WebRequest) -> Response:
        call = request.call
        match = self._router.find(call.method, call.raw_path)
        if match is None:
            raise NotFound("there is no page at this address")
        request.parameters = match.parameters
        if request.logged_in is not None:
            # A person at a browser may do whatever the person may: no credential narrows it.
            call.actor = Actor(request.logged_in.user, None, frozenset(Scope), call.client)
            if not call.raw_path.startswith(b"/static/"):
                request.upcoming = await upcoming.of_user(call.site, request.logged_in.user)
        granted = request.opened = await _open(call, match)
        template = match.route.template
        if call.method == "POST" and template not in STREAMED:
            await request.read_form(files=template in UPLOADS, is_long=template in LONG_FORMS)
        response: Response = await match.route.handler(request, granted)
        return _tagged(call, response) if match.route.opens in _PLACES else response


def _tagged(call: Call, response: Response) -> Response:
    """A page of a workspace or repository, which a browser may keep and ask about; 304 if it has it still.

    Pages of accounts are not kept: some show secrets.
    """
    is_page = response.headers.get("content-type", "").startswith("text/html")
    if call.method != "GET" or response.status_code != 200 or not is_page or "set-cookie" in response.headers:
        return response
    tag = conditions.tag_of(response)
    if conditions.has(call.request.headers, tag):
        return conditions.unchanged(tag, _REVALIDATED)
    response.headers.update({"ETag": tag, **_REVALIDATED})
    return response


async def logged_in(call: Call) -> LoggedIn | None:
    """The session of the browser's cookie."""
    cookie = call.request.cookies.get(SESSION)
    return await sessions.find(call.site, cookie) if cookie else None


def is_by_browser(call: Call) -> bool:
    """Whether somebody is logged in, or was, and nothing else says who asks."""
    return bool(call.request.cookies.get(SESSION)) and "authorization" not in call.request.headers


async def _open(call: Call, match: Match) -> Struct:
    """What the page acts on. Raises Refused."""
    need, parameters = match.route.need, match.parameters
    if match.route.opens is Opens.ADMINISTRATION:
        return access.to_administration(call.site, call.actor, need)
    if match.route.opens is Opens.OWN_ACCOUNT:
        return access.to_own_account(call.site, call.actor, need)
    if match.route.opens is Opens.WORKSPACE:
        return await access.to_workspace(call.site, call.actor, need, parameters["workspace"])
    if match.route.opens is Opens.PROJECT:
        place, key = parameters["workspace"], parameters["project_key"]
        return await access.to_project(call.site, call.actor, need, place, key)
    if match.route.opens is Opens.REPOSITORY:
        return await _open_repository(call, match)
    return access.to_site(call.site, call.actor, need)


async def _open_repository(call: Call, match: Match) -> Struct:
    workspace, slug = match.parameters["workspace"], match.parameters["repo_slug"]
    try:
        return await access.to_repository(call.site, call.actor, match.route.need, workspace, slug)
    except Refused as refused:
        if refused.decision is Decision.UNSEEN:
            if match.route.need.of == "wiki":
                await no_wiki.tell(call.site, call.actor, workspace, slug)
            there = await moved.now_at(call.site, call.actor, workspace, slug)
            if there is not None and call.method != "POST":
                raise Elsewhere(*there) from None
            address = await moved.to(call.site, call.actor, workspace, slug)
            if address is not None:
                raise Moved(f"{workspace}/{slug}", address) from None
        raise
