"""What went wrong, in the tongue of git: a status, and plain text that git shows after ``remote:``.

git asks twice: first without credentials. A 403 there would end the clone
before the user is ever prompted, so an anonymous refusal is a 401 with a
challenge. The sentences are the recorded ones where there is a recording.
"""

import re

import msgspec
from starlette.responses import PlainTextResponse, Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound, TooLarge, Unavailable
from bitpail.http.call import Call
from bitpail.http.credentials import CHALLENGE, MalformedCredential
from bitpail.http.routing import MethodNotAllowed
from bitpail.model.credentials import CredentialKind
from bitpail.policy.api_scopes import asked
from bitpail.policy.decide import Decision
from bitpail.policy.scopes import in_form_order, minimal
from bitpail.policy.secrets import scrub
from bitpail.services.access import Refused
from bitpail.services.authentication import Reason, Unauthenticated
from bitpail.services.git_slots import Busy
from bitpail.services.lfs import NoRoom
from bitpail.wire import lfs
from bitpail.wire.errors import GONE, LACKS_SCOPES, NOT_YOURS, not_for_this_token
from bitpail.wire.text import clean

_STATUS: dict[type[BitpailError], int] = {
    NoRoom: 507,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Unavailable: 503,
    Invalid: 400,
}

# As git names itself, unlike what borrows its name: git/2.39.5, git/2.39.5 (Apple Git-154).
_GIT = re.compile(r"git/\d+\.\d+\.\d")

APP_PASSWORDS_PAGE = "/account/settings/app-passwords/"


def response(call: Call, error: BitpailError) -> PlainTextResponse:
    """The refusal or failure as git's user should read it."""
    if isinstance(error, Unauthenticated):
        if error.reason is Reason.THROTTLED:
            text = f"{error.told}\nTry again in {error.wait} seconds.\n"
            return PlainTextResponse(text, 429, {"Retry-After": str(error.wait)})
        if error.reason is Reason.GONE:
            return PlainTextResponse("".join(f"{line}\n" for line in GONE), 410)
        return _challenge(_unauthenticated(call, error))
    if isinstance(error, Busy):
        text = f"{error.message}; try again in {error.wait} seconds\n"
        return PlainTextResponse(text, 429, {"Retry-After": str(error.wait)})
    if isinstance(error, MalformedCredential):
        return _challenge(f"Invalid credentials\n{error.message}\n")
    if isinstance(error, Refused):
        return _refused(call, error)
    if isinstance(error, MethodNotAllowed):
        return PlainTextResponse(f"{error.message}\n", 405, {"Allow": ", ".join(error.allowed)})
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    # What the client still has to send would be waited for without end.
    headers = {"Connection": "close"} if status in {400, 413, 500} else None
    if status == 500:
        call.noted["error"] = repr(error)
        text = f"Something went wrong on the server; its log has it as {call.request_id}.\n"
        return PlainTextResponse(text, 500, headers)
    # A ref in the address may be any bytes.
    return PlainTextResponse(f"{clean(scrub(error.message))}\n", status, headers)


def for_lfs(call: Call, refusal: PlainTextResponse) -> Response:
    """The same in the words of Git LFS, which shows its user the message."""
    text = bytes(refusal.body).decode().strip() or "Sign in with your username and an app password."
    headers = {name: refusal.headers[name] for name in ("retry-after", "allow") if name in refusal.headers}
    if refusal.status_code == 401:
        headers |= {"LFS-Authenticate": CHALLENGE, "WWW-Authenticate": CHALLENGE}
    content = msgspec.json.encode(lfs.error(text, call.request_id))
    return Response(content, refusal.status_code, headers, media_type=lfs.JSON)


def _unauthenticated(call: Call, error: Unauthenticated) -> str:
    if error.reason is Reason.ACCOUNT_PASSWORD:
        return (
            "Account passwords are no longer supported for Git authentication.\n"
            "See https://atlassian.community/t5/x/x/ba-p/1948231\n"
            "App passwords are recommended; create one in your personal settings:\n"
            f"{call.base}{APP_PASSWORDS_PAGE}\n"
        )
    return f"Invalid credentials\n{error.told}\n" if error.told else "Invalid credentials\n"


def _refused(call: Call, error: Refused) -> PlainTextResponse:
    if error.actor.user is None:
        return _challenge("")
    if error.decision is Decision.LIMIT:
        one = error.actor.app_password
        what = f'{one.kind.words} "{one.label}"' if one else "credential"
        return _forbidden(call, f"The {what} can't do this: {error.limit}.\n")
    if error.decision is Decision.KIND:
        return _forbidden(call, f"{not_for_this_token()['error']['message']}\n")
    if error.decision is Decision.SCOPE:
        return _forbidden(call, _missing_scope(call, error))
    if error.decision is Decision.PERMISSION:
        needed = error.need.permission.name.lower()
        text = f"You can see this repository, but this needs {needed} permission on it.\n"
        return _forbidden(call, text)
    # Recorded of git alone. Whoever asks with another program can tell a missing
    # repository from a wrong password, and keeps a good password that is stored.
    if _GIT.match(call.request.headers.get("user-agent", "")):
        return _challenge(f"{NOT_YOURS}\n")
    return PlainTextResponse(f"{NOT_YOURS}\n", 404)


def _forbidden(call: Call, text: str) -> PlainTextResponse:
    """With the name by which ``bitpail why`` explains it: git does not show headers."""
    return PlainTextResponse(f"{text}Request: {call.request_id}\n", 403)


def _missing_scope(call: Call, error: Refused) -> str:
    password = error.actor.app_password
    needed = asked(error.need, error.actor.kind)[0]
    kind = password.kind if password else CredentialKind.APP_PASSWORD
    label = f'The {kind.words} "{password.label}"' if password else "This credential"
    held = ", ".join(password.scopes) if password else "no permission"
    missing = ", ".join(in_form_order(needed - error.actor.scopes))
    wanted = ",".join(minimal(error.actor.scopes | needed))
    told = f"{LACKS_SCOPES}\n{label} has: {held}\nIt lacks: {missing}\n"
    if kind is not CredentialKind.APP_PASSWORD:
        return f"{told}Its permissions cannot be changed: create another one.\n"
    return (
        f"{told}The permissions of an app password cannot be changed: create another one.\n"
        f"{call.base}{APP_PASSWORDS_PAGE}new?scopes={wanted}\n"
    )


def _challenge(text: str) -> PlainTextResponse:
    return PlainTextResponse(text, 401, {"WWW-Authenticate": CHALLENGE})
