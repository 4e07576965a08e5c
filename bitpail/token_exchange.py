"""The door of CI jobs: an ID token in, an app password for some minutes out, as RFC 8693 has it.

No credential is asked for: the ID token is it. What is wrong with one is told in the words
of OAuth, and nothing about rules that it does not fit.
"""

from urllib.parse import parse_qsl

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from bitpail.errors import BitpailError, Invalid, TooLarge
from bitpail.http.bodies import Body, ClientGone
from bitpail.http.call import Call
from bitpail.policy.secrets import Secret, scrub
from bitpail.services import trust_rules
from bitpail.services.clock import now
from bitpail.services.outbound import Unreachable
from bitpail.services.trust_rules import Exchanged, OutOfScope
from bitpail.wire import oauth as wire

PATH = b"/bitpail/1/token"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
APP_PASSWORD = "urn:bitpail:token-type:app-password"  # noqa: S105 - a name
_TOKEN_TYPES = frozenset(
    {"urn:ietf:params:oauth:token-type:id_token", "urn:ietf:params:oauth:token-type:jwt"}
)
_KNOWN = frozenset(
    {"grant_type", "subject_token", "subject_token_type", "requested_token_type", "scope", "rule"}
)
_LIMIT = 64 * 1024
_SECOND = 1_000_000


class _Wrong(Exception):
    """What is wrong with a request, by its code in OAuth."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


class TokenExchange:
    """``POST /bitpail/1/token``."""

    async def answer(self, call: Call) -> ASGIApp:
        """200 with the app password; 400 with what is wrong; 429 after too many."""
        if call.method != "POST":
            return _error("invalid_request", "the method of this address is POST", 405, {"Allow": "POST"})
        try:
            fields = await _fields(call)
            token = _token(fields)
            return await _exchanged(call, token, fields)
        except ClientGone:
            raise
        except _Wrong as wrong:
            return _error(wrong.code, wrong.description)
        except Unreachable as error:
            call.refusal = error
            return _error("temporarily_unavailable", error.message, 503, {"Retry-After": "60"})
        except OutOfScope as error:
            return _error("invalid_scope", error.message)
        except BitpailError as error:
            return _error("invalid_request", error.message, 413 if isinstance(error, TooLarge) else 400)


async def _exchanged(call: Call, token: Secret, fields: dict[str, str]) -> ASGIApp:
    throttle, address = call.site.exchanges, call.client.address
    wait = throttle.wait(token, address)
    if not wait:
        try:
            made = await trust_rules.exchange(
                call.site,
                token.reveal(),
                call.client,
                rule=fields.get("rule", ""),
                scope=tuple(fields["scope"].split()) if fields.get("scope", "").strip() else None,
            )
        except Invalid as error:
            call.refusal = error
            wait = throttle.wrong(token, address)
            if not wait:
                raise
        else:
            return JSONResponse(_answer(made), headers={"Cache-Control": "no-store", "Pragma": "no-cache"})
    return _error(
        "slow_down", "too many wrong ID tokens came from your address", 429, {"Retry-After": str(wait)}
    )


def _answer(made: Exchanged) -> dict[str, object]:
    return {
        "access_token": made.secret.reveal(),
        "issued_token_type": APP_PASSWORD,
        # It goes into a Basic header, beside the user name.
        "token_type": "N_A",
        "expires_in": (made.ends_on - now()) // _SECOND,
        "scope": " ".join(made.app_password.scopes),
        "username": made.user.username,
    }


async def _fields(call: Call) -> dict[str, str]:
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise _Wrong("invalid_request", "send a form: application/x-www-form-urlencoded")
    body = await Body(call.receive, call.request.headers, _LIMIT, call.site.settings.idle_timeout).whole()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError:
        raise _Wrong("invalid_request", "the form is malformed") from None
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise _Wrong("invalid_request", "a parameter is there twice")
    if not fields.keys() <= _KNOWN:
        # One that asks for less than it would get must not be overlooked.
        raise _Wrong("invalid_request", f"not understood: {', '.join(sorted(fields.keys() - _KNOWN))[:200]}")
    return fields


def _token(fields: dict[str, str]) -> Secret:
    if fields.get("grant_type") != GRANT_TYPE:
        raise _Wrong("unsupported_grant_type", f"the grant_type is {GRANT_TYPE}")
    if fields.get("subject_token_type") not in _TOKEN_TYPES:
        raise _Wrong("invalid_request", f"the subject_token_type is one of {', '.join(sorted(_TOKEN_TYPES))}")
    if fields.get("requested_token_type", APP_PASSWORD) != APP_PASSWORD:
        raise _Wrong("invalid_request", f"the requested_token_type is {APP_PASSWORD}, or none")
    if not fields.get("subject_token"):
        raise _Wrong("invalid_request", "there is no subject_token")
    return Secret(fields["subject_token"])


def _error(
    code: str, description: str, status: int = 400, headers: dict[str, str] | None = None
) -> JSONResponse:
    text = wire.error(code, scrub(description))
    return JSONResponse(text, status, {**(headers or {}), "Cache-Control": "no-store"})
