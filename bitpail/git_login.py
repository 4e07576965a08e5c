"""The door of git's credential helper: it asks to be let in, waits, and fetches its password once.

The two answers are shaped as those of RFC 8628. Whoever asks shows no credential: it is given by whoever allows it.
"""

from typing import TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from bitpail.errors import BitpailError, Invalid, TooLarge
from bitpail.http.bodies import Body, ClientGone
from bitpail.http.call import Call
from bitpail.policy.secrets import Secret, scrub
from bitpail.services import git_logins as service
from bitpail.services.git_logins import Denied, Over, Pending, TooMany
from bitpail.wire import oauth as wire

BEGIN = b"/bitpail/1/git-login"
FETCH = b"/bitpail/1/git-login/password"
T = TypeVar("T", bound=Struct)
PATHS = frozenset({BEGIN, FETCH})
PAGE = "/login/git"
POLL_EVERY = 2
"""Seconds that a helper waits between two questions."""

_LIMIT = 16 * 1024
_SECOND = 1_000_000
_CODES: dict[type[BitpailError], tuple[str, int]] = {
    Pending: ("authorization_pending", 400),
    Denied: ("access_denied", 400),
    Over: ("expired_token", 400),
    TooMany: ("slow_down", 429),
    TooLarge: ("invalid_request", 413),
}


class _ToBegin(Struct, forbid_unknown_fields=True):
    repository: str
    machine: str = ""


class _ToFetch(Struct, forbid_unknown_fields=True):
    device_code: str


class GitLogins:
    """``POST /bitpail/1/git-login``, and ``/password`` below it."""

    async def answer(self, call: Call) -> ASGIApp:
        """200, or 400 with a word of OAuth."""
        if call.method != "POST":
            return _error("invalid_request", "the method of this address is POST", 405, {"Allow": "POST"})
        try:
            return await (_begin(call) if call.raw_path == BEGIN else _fetch(call))
        except ClientGone:
            raise
        except BitpailError as error:
            code, status = _CODES.get(type(error), ("invalid_request", 400))
            headers = {"Retry-After": str(error.wait)} if isinstance(error, TooMany) else {}
            return _error(code, error.message, status, headers)


async def _begin(call: Call) -> ASGIApp:
    asked = await _body(call, _ToBegin)
    begun = await service.begin(call.site, asked.repository, asked.machine, call.client)
    page = f"{call.base}{PAGE}"
    return _told(
        {
            "device_code": begun.secret.reveal(),
            "user_code": begun.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={quote(begun.user_code)}",
            "expires_in": service.LASTS,
            "interval": POLL_EVERY,
        }
    )


async def _fetch(call: Call) -> ASGIApp:
    asked = await _body(call, _ToFetch)
    made = await service.fetch(call.site, Secret(asked.device_code))
    return _told(
        {
            "username": made.user.username,
            "password": made.secret.reveal(),
            "password_expiry_utc": made.ends_on // _SECOND,
        }
    )


async def _body(call: Call, kind: type[T]) -> T:
    body = await Body(call.receive, call.request.headers, _LIMIT, call.site.settings.idle_timeout).whole()
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError):
        names = ", ".join(kind.__struct_fields__)
        raise Invalid(f"send JSON with {names}") from None


def _told(content: dict[str, object]) -> JSONResponse:
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def _error(code: str, description: str, status: int, headers: dict[str, str]) -> JSONResponse:
    text = wire.error(code, scrub(description))
    return JSONResponse(text, status, {**headers, "Cache-Control": "no-store"})
