"""What went wrong, as a page: a status and a sentence. One table."""

from urllib.parse import quote, unquote, urlencode

from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound, TooLarge, Unavailable
from bitpail.http.routing import MethodNotAllowed
from bitpail.policy.decide import Decision
from bitpail.policy.secrets import scrub
from bitpail.services.access import Refused
from bitpail.services.git_slots import Busy
from bitpail.services.ref_updates import PushRefused
from bitpail.web import moved, no_wiki
from bitpail.web.moved import AS_SENT, Elsewhere, Moved
from bitpail.web.no_wiki import NoWiki
from bitpail.web.pages import render
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
    status = status_of(error)
    if status == 500:
        request.call.noted["error"] = repr(error)
        message = f"Something went wrong on the server; its log has it as {request.call.request_id}"
    elif isinstance(error, Refused) and error.decision is Decision.UNSEEN:
        # The same for what is not there and what is not theirs.
        status, message = 404, "there is no such page, or you may not see it"
    elif isinstance(error, Refused):
        message = "you may not do this"
    else:
        message = error.message
    page = render(request, "error.html", status, status=status, message=message, kept=request.kept)
    if isinstance(error, MethodNotAllowed):
        page.headers["Allow"] = ", ".join(error.allowed)
    return page


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
