"""What went wrong, in Bitbucket's tongue: a status and the recorded envelope. One table."""

from starlette.responses import PlainTextResponse, Response

from bitpail.api.conditions import PreconditionFailed
from bitpail.api.request import NotAcceptable
from bitpail.api.responses import json
from bitpail.errors import BitpailError, Conflict, Invalid, NotFound, TookTooLong, TooLarge, Unavailable
from bitpail.http.call import Call
from bitpail.http.credentials import BEARER_CHALLENGE, CHALLENGE, MalformedCredential
from bitpail.http.routing import MethodNotAllowed
from bitpail.model.credentials import UserName
from bitpail.model.scopes import OWN
from bitpail.policy.api_scopes import asked
from bitpail.policy.decide import Decision
from bitpail.policy.scopes import in_form_order, of_bitbucket
from bitpail.policy.secrets import scrub
from bitpail.services.access import Refused
from bitpail.services.authentication import Reason, Unauthenticated
from bitpail.services.forks import NoForks
from bitpail.services.git_slots import Busy
from bitpail.services.ref_updates import PushRefused
from bitpail.wire import errors as wire

_STATUS: dict[type[BitpailError], int] = {
    NotFound: 404,
    NotAcceptable: 406,
    Conflict: 409,
    PreconditionFailed: 412,
    TooLarge: 413,
    TookTooLong: 555,
    Unavailable: 503,
    Invalid: 400,
}


def unknown_path() -> Response:
    """The recorded answer for an address that the API doesn't have."""
    return json(wire.unknown_path(), 404)


def not_served(method: str, template: str) -> Response:
    """An operation that Bitbucket has and Bitpail doesn't: not to be taken for missing data."""
    return json(wire.not_served(method, template), 501)


def response(call: Call, error: BitpailError) -> Response:
    """The refusal or failure as an API client expects it."""
    if isinstance(error, Unauthenticated | MalformedCredential):
        return _unauthenticated(call, error)
    if isinstance(error, Refused):
        return _refused(error)
    if isinstance(error, Busy):
        return json(wire.rate_limited(error.message), 429, {"Retry-After": str(error.wait)})
    if isinstance(error, PushRefused | NoForks):
        return json(wire.error(scrub(error.message)), 403)
    if isinstance(error, MethodNotAllowed):
        return json(wire.error(error.message), 405, {"Allow": ", ".join(error.allowed)})
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    if status == 500:
        call.noted["error"] = repr(error)
        return json(wire.error("Something went wrong on the server.", error_id=call.request_id), 500)
    fields = error.fields if isinstance(error, Invalid) else {}
    return json(wire.error(scrub(error.message), fields=fields), status)


def _unauthenticated(call: Call, error: Unauthenticated | MalformedCredential) -> Response:
    challenge = {"WWW-Authenticate": CHALLENGE}
    if isinstance(error, MalformedCredential):
        return json(wire.invalid_credentials(), 401, challenge)
    is_bearer = error.presented is not None and error.presented.name is UserName.BEARER
    if _by_wrong_bearer(error):
        # The secret is right, as a password: what is asked for is that.
        return json(wire.bad_token(), 401, challenge)
    if is_bearer or error.reason is Reason.BEARER:
        challenge = {"WWW-Authenticate": BEARER_CHALLENGE}
    if error.reason is Reason.BEARER:
        return json(wire.bad_token(), 401, challenge)
    if error.reason is Reason.GONE:
        return json(wire.gone(), 401, challenge)
    if error.reason is Reason.ACCOUNT_PASSWORD:
        return PlainTextResponse(wire.account_password(call.base), 401, challenge)
    if error.reason is Reason.THROTTLED:
        return json(wire.rate_limited(error.told), 429, {"Retry-After": str(error.wait)})
    # The recorded answer for whatever is wrong; more only for who holds the right secret.
    detail = error.told if error.label is not None else None
    if is_bearer:
        return json(wire.bad_token(detail), 401, challenge)
    return json(wire.invalid_credentials(detail), 401, challenge)


def _by_wrong_bearer(error: Unauthenticated) -> bool:
    """A right secret of a kind that is no Bearer token; recorded as sounding like a wrong one."""
    presented = error.presented
    return error.reason is Reason.WRONG_NAME and presented is not None and presented.name is UserName.BEARER


def _refused(error: Refused) -> Response:
    if error.decision is Decision.SIGN_IN:
        return json(wire.sign_in(), 401, {"WWW-Authenticate": CHALLENGE})
    if error.decision is Decision.SCOPE:
        granted = error.actor.app_password.scopes if error.actor.app_password else ()
        required = in_form_order(asked(error.need, error.actor.kind)[0])
        if not OWN.intersection(required):
            granted = of_bitbucket(granted)
        return json(wire.missing_scopes(required, granted), 403)
    if error.decision is Decision.LIMIT:
        one = error.actor.app_password
        words, label = (one.kind.words, one.label) if one else ("credential", "")
        return json(wire.limited(words, label, error.limit or ""), 403)
    if error.decision is Decision.KIND:
        return json(wire.not_for_this_token(), 403)
    if error.decision is Decision.PERMISSION:
        return json(wire.forbidden(), 403)
    if error.workspace is not None and error.project is not None:
        return json(wire.no_project(scrub(error.workspace), scrub(error.project)), 404)
    if error.workspace is not None:
        return json(wire.no_workspace(scrub(error.workspace)), 404)
    return json(wire.not_yours(), 404)
