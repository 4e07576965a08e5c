"""What went wrong, as a page: a status and a sentence. One table."""

from urllib.parse import quote, unquote, urlencode

from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound, TooLarge, Unavailable
from bitpail.http.routing import MethodNotAllowed
from bitpail.model.access import Access
from bitpail.model.permissions import Permission
from bitpail.policy.decide import Decision
from bitpail.policy.secrets import scrub
from bitpail.services.access import Refused
from bitpail.services.git_slots import Busy
from bitpail.services.ref_updates import PushRefused
from bitpail.web import moved, no_wiki, repository_errors
from bitpail.web.moved import AS_SENT, Elsewhere, Moved
from bitpail.web.no_wiki import NoWiki
from bitpail.web.pages import render
from bitpail.web.repository import segment
from bitpail.web.request import Forged, WebRequest, see_other

HOME = "/account/settings/"

_STATUS: dict[type[BitpailError], int] = {
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Unavailable: 503,
    MethodNotAllowed: 405,
    Invalid: 422,
    Forged: 403,
    Refused: 403,
    PushRefused: 403,
    Busy: 503,
}


def response(request: WebRequest, error: BitpailError, form_page: str = HOME) -> Response:
    """The page, or the way to the log-in; ``form_page`` is where the form is that was sent."""
    if leads_to_log_in(request, error):
        if request.kept:
            return render(
                request, "logged_out.html", 403, kept=request.kept, following=_without_secret(form_page)
            )
        return see_other(f"/login?{urlencode({'next': _wanted(request)})}")
    if isinstance(error, Elsewhere):
        return moved.onward(request, error)
    if isinstance(error, Moved):
        return moved.page(request, error)
    if isinstance(error, NoWiki):
        return no_wiki.page(request, error)
    status, message = _told(request, error)
    if isinstance(request.opened, Access) and status != 500:
        page = repository_errors.page(request, request.opened, error, status, message)
    else:
        page = render(
            request,
            "error.html",
            status,
            status=status,
            message=message,
            kept=request.kept,
            back=_way_back(request, error),
        )
    if isinstance(error, MethodNotAllowed):
        page.headers["Allow"] = ", ".join(error.allowed)
    return page


def _told(request: WebRequest, error: BitpailError) -> tuple[int, str]:
    status = status_of(error)
    if status == 500:
        request.call.noted["error"] = repr(error)
        return 500, f"Something went wrong on the server; its log has it as {request.call.request_id}"
    if isinstance(error, Refused) and error.decision is Decision.UNSEEN:
        # The same for what is not there and what is not theirs.
        return 404, "there is no such page, or you may not see it"
    if isinstance(error, Refused):
        # Only on places somebody holds a permission that another one could give them.
        return status, _refusal(error) if "workspace" in request.parameters else "you may not do this"
    return status, error.message


_VERBS = {Permission.READ: "read", Permission.WRITE: "write", Permission.ADMIN: "administer"}


def _refusal(refused: Refused) -> str:
    needed, held = refused.need.permission, refused.held
    if held is Permission.NONE or held >= needed:
        return "you may not do this"
    return f"to do this one needs the permission to {_VERBS[needed]}; yours is to {_VERBS[held]}. Ask who administers it"


def _way_back(request: WebRequest, error: BitpailError) -> tuple[str, str]:
    """The place whose page it was, if that may be seen; else the start. A name and an address."""
    names = [request.parameters[name] for name in ("workspace", "repo_slug") if name in request.parameters]
    if not names or not isinstance(error, Refused) or error.held is Permission.NONE:
        return "the start", "/"
    return "/".join(names), f"/{'/'.join(map(segment, names))}/"


def leads_to_log_in(request: WebRequest, error: BitpailError) -> bool:
    """Whether the log-in is what helps: somebody unknown may be told nothing of what may not be seen."""
    if not isinstance(error, Refused):
        return False
    is_unseen = error.decision is Decision.UNSEEN and request.logged_in is None
    return error.decision is Decision.SIGN_IN or is_unseen


def status_of(error: BitpailError) -> int:
    """The HTTP status for an error."""
    return next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)


def _wanted(request: WebRequest) -> str:
    """The page that was asked for. What a form was sent to is not one to come back to."""
    if request.call.method == "POST":
        return HOME
    path, query = request.call.raw_path.decode("ascii", "replace"), request.call.query
    address = quote(f"{path}?{query}" if query else path, safe=AS_SENT, errors="replace")
    return _without_secret(address)


def _without_secret(address: str) -> str:
    """A secret that was put into an address goes no further, and into no other one."""
    plain = unquote(address)
    return address if scrub(plain) == plain else HOME
