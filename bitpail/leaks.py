"""The door for whoever found an app password or its kin somewhere: show it, and it is revoked.

No credential is asked for: holding the secret is enough. The answer is always
the same and every report counts alike, so that nothing is learnt here.
"""

from urllib.parse import parse_qs

import msgspec
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from bitpail.errors import BitpailError, Invalid, TooLarge
from bitpail.http.bodies import Body, ClientGone
from bitpail.http.call import Call
from bitpail.policy.secrets import Secret
from bitpail.services import leaks

PATH = b"/bitpail/1/leaks/revoke"

_LIMIT = 16 * 1024
_ANSWER = "If this was a live secret of this server, it is revoked now."
_WANTED = 'send {"secret": "..."} as JSON, or secret=... as a form'


class _Report(msgspec.Struct, frozen=True):
    secret: str


class Leaks:
    """``POST /bitpail/1/leaks/revoke``, for outside scanners and for people."""

    async def answer(self, call: Call) -> ASGIApp:
        """202, whatever the secret is; 429 after too many."""
        if call.method != "POST":
            return _error("the method of this address is POST", 405, {"Allow": "POST"})
        try:
            secret = _secret(call, await _body(call))
        except ClientGone:
            raise
        except BitpailError as error:
            return _error(error.message, 413 if isinstance(error, TooLarge) else 400)
        wait = await leaks.reported(call.site, secret, call.client.address)
        if wait:
            return _error("too many reports came from your address", 429, {"Retry-After": str(wait)})
        return JSONResponse({"message": _ANSWER}, 202)


async def _body(call: Call) -> bytes:
    return await Body(call.receive, call.request.headers, _LIMIT, call.site.settings.idle_timeout).whole()


def _secret(call: Call, body: bytes) -> Secret:
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            given = parse_qs(body.decode("ascii"), max_num_fields=10).get("secret", [""])[-1]
        else:
            given = msgspec.json.decode(body, type=_Report).secret
    except (ValueError, RecursionError):
        raise Invalid(_WANTED) from None
    if not given.strip():
        raise Invalid(_WANTED)
    return Secret(given.strip())


def _error(message: str, status: int, headers: dict[str, str] | None = None) -> ASGIApp:
    return JSONResponse({"error": {"message": message}}, status, headers)
