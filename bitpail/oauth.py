"""The door at which apps exchange something for tokens; what people see of OAuth is in ``web``.

RFC 6749's token endpoint with its kin. A form comes in, JSON goes out, and nothing
of either is kept: no cookie is read, and what is secret stands in no address.
"""

from base64 import b64decode
from binascii import Error
from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import unquote_plus

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from bitpail.errors import BitpailError, Invalid, TooLarge, Unavailable
from bitpail.http import forms
from bitpail.http.bodies import Body, ClientGone
from bitpail.http.call import Call
from bitpail.http.credentials import CHALLENGE
from bitpail.model.oauth_grants import GrantType
from bitpail.policy.secrets import Secret
from bitpail.services import oauth_devices, oauth_tokens
from bitpail.services.oauth_tokens import App, Issued, Presented, TokenError
from bitpail.wire import oauth as wire

_LIMIT = 32 * 1024
_LONGEST = 8 * 1024
_HEADERS = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}
# A public app may be a page in a browser. No cookie means anything here, so any site may ask.
_CORS = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {
    **_CORS,
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "86400",
}

Form = dict[str, str]


class OAuth:
    """``POST /site/oauth2/...`` and the metadata that names these addresses."""

    async def answer(self, call: Call) -> ASGIApp:
        """JSON, and a status by RFC 6749."""
        path = call.raw_path.decode("ascii", "replace").removesuffix("/")
        if path == wire.METADATA:
            return _metadata(call)
        if call.method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT)
        if call.method != "POST":
            return _said(
                wire.error("invalid_request", "the method of this address is POST"), 405, Allow="POST"
            )
        try:
            return await _POSTS[path](call, await _form(call))
        except ClientGone:
            raise
        except TokenError as error:
            return _refused(call, path, error)
        except Unavailable as error:
            return _said(wire.error("temporarily_unavailable", error.message), 503)
        except TooLarge as error:
            return _said(wire.error("invalid_request", error.message), 413)
        except Invalid as error:
            return _said(wire.error("invalid_request", error.message), 400)
        except BitpailError as error:
            call.noted["error"] = repr(error)
            return _said(wire.error("server_error", "something went wrong on the server"), 500)


async def _token(call: Call, form: Form) -> Response:
    """``POST /site/oauth2/access_token``."""
    grant_type = form.get("grant_type", "")
    if not grant_type:
        raise Invalid("grant_type is missing")
    call.noted["grant_type"] = grant_type[:50]
    if grant_type == GrantType.JWT:
        audience = f"{call.base}{wire.TOKEN}"
        issued = await oauth_tokens.by_assertion(
            call.site, _assertion(call, form), form.get("scope", ""), audience
        )
    elif grant_type in _GRANTS:
        issued = await _GRANTS[grant_type](call, await _app(call, form), form)
    else:
        listed = ", ".join(grant.value for grant in GrantType)
        raise TokenError("unsupported_grant_type", f"grant_type is one of {listed}")
    answer = wire.token(
        access=issued.access.reveal(),
        refresh=issued.refresh.reveal(),
        scopes=issued.scopes,
        grant_type=issued.type,
        lasts=issued.lasts,
    )
    return _said(answer, 200)


async def _by_code(call: Call, who: App, form: Form) -> Issued:
    return await oauth_tokens.by_code(
        call.site,
        who,
        _secret(form, "code"),
        form.get("redirect_uri", ""),
        form.get("code_verifier", ""),
    )


async def _by_client_credentials(call: Call, who: App, form: Form) -> Issued:
    return await oauth_tokens.by_client_credentials(call.site, who, form.get("scope", ""))


async def _refreshed(call: Call, who: App, form: Form) -> Issued:
    token = _secret(form, "refresh_token")
    return await oauth_tokens.refreshed(call.site, who, token, form.get("scope", ""))


async def _by_device(call: Call, who: App, form: Form) -> Issued:
    return await oauth_tokens.by_device(call.site, who, _secret(form, "device_code"))


async def _revoke(call: Call, form: Form) -> Response:
    """``POST /site/oauth2/revoke``: RFC 7009. 200 for what is no token, too: the end is reached."""
    token = _secret(form, "token")
    await oauth_tokens.revoke(call.site, await _app(call, form), token)
    return Response(status_code=200, headers={**_HEADERS, **_CORS})


async def _introspect(call: Call, form: Form) -> Response:
    """``POST /site/oauth2/introspect``: RFC 7662. An app hears of its own tokens alone."""
    token = _secret(form, "token")
    who = await _app(call, form)
    found, scopes = await oauth_tokens.introspect(call.site, who, token)
    return _said(wire.introspection(found, call.base, scopes), 200)


async def _device_authorization(call: Call, form: Form) -> Response:
    """``POST /site/oauth2/device_authorization``: RFC 8628, section 3.1."""
    who = await _app(call, form)
    begun = await oauth_devices.begin(call.site, who, form.get("scope", ""), call.client)
    answer = wire.device(
        device_code=begun.device_code.reveal(),
        user_code=begun.user_code,
        issuer=call.base,
        lasts=oauth_devices.LASTS,
        poll_every=oauth_devices.POLL_EVERY,
    )
    return _said(answer, 200)


_GRANTS: dict[str, Callable[[Call, App, Form], Awaitable[Issued]]] = {
    GrantType.AUTHORIZATION_CODE: _by_code,
    GrantType.CLIENT_CREDENTIALS: _by_client_credentials,
    GrantType.REFRESH_TOKEN: _refreshed,
    GrantType.DEVICE_CODE: _by_device,
}
_POSTS: dict[str, Callable[[Call, Form], Awaitable[Response]]] = {
    wire.TOKEN: _token,
    wire.REVOKE: _revoke,
    wire.INTROSPECT: _introspect,
    wire.DEVICE_AUTHORIZATION: _device_authorization,
}
_PATHS = frozenset(path.encode() for path in (*_POSTS, wire.METADATA))


def is_oauth(path: bytes) -> bool:
    """Whether a path is one of this door's."""
    return path.removesuffix(b"/") in _PATHS


def _metadata(call: Call) -> Response:
    if call.method not in {"GET", "HEAD"}:
        return _said(
            wire.error("invalid_request", "the method of this address is GET"), 405, Allow="GET, HEAD"
        )
    return JSONResponse(wire.metadata(call.base), headers=_CORS)


async def _form(call: Call) -> Form:
    """The form; raises Invalid, for a name that comes twice too (RFC 6749, section 3.2)."""
    headers = call.request.headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    content = await Body(call.receive, headers, _LIMIT, call.site.settings.idle_timeout).whole()
    # Without a scope a device has nothing to send but its header.
    if content and kind != forms.MEDIA_TYPE:
        raise Invalid(f"the content type must be {forms.MEDIA_TYPE}")
    pairs = forms.pairs(content)
    repeated = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if repeated:
        raise Invalid(f"{repeated[0][:100]} is there twice")
    if any(len(value) > _LONGEST for _, value in pairs):
        raise Invalid("a parameter is too long")
    # An empty one counts as none (section 3.2).
    return {name: value for name, value in pairs if value}


def _secret(form: Form, name: str) -> Secret:
    if name not in form:
        raise Invalid(f"{name} is missing")
    return Secret(form[name])


async def _app(call: Call, form: Form) -> App:
    """The app that asks, by its header or in its form (section 2.3.1). Raises Invalid or TokenError.

    By both as well, if they say the same: the one wide-spread client of Bitbucket's does so.
    """
    presented = call.request.headers.getlist("authorization")
    if not presented:
        if "client_id" not in form:
            raise TokenError("unauthorized_client", "Invalid OAuth client credentials")
        secret = Secret(form["client_secret"]) if "client_secret" in form else None
        return await _known(call, Presented(form["client_id"], secret))
    key, text = _basic(presented[0])
    also = Secret(form.get("client_secret", text))
    if len(presented) > 1 or form.get("client_id", key) != key or also != Secret(text):
        raise Invalid("the app names itself in two ways that differ")
    # A public app may send its key and an empty secret.
    return await _known(call, Presented(key, Secret(text) if text else None))


async def _known(call: Call, presented: Presented) -> App:
    who = await oauth_tokens.app(call.site, presented, call.client)
    call.noted["consumer"] = who.consumer.key
    return who


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        if scheme.lower() != "basic" or len(header) > _LONGEST:
            raise ValueError
        text = b64decode(encoded.strip().encode("ascii"), validate=True).decode()
    except (Error, ValueError):
        raise TokenError("unauthorized_client", "Invalid OAuth client credentials") from None
    key, _, secret = text.partition(":")
    # Section 2.3.1 has them form-encoded first; ours look the same either way.
    return unquote_plus(key), unquote_plus(secret)


def _assertion(call: Call, form: Form) -> str:
    """The JWT: ``Authorization: JWT ...`` as Connect apps send it, or ``assertion`` (RFC 7523). Raises Invalid."""
    presented = call.request.headers.getlist("authorization")
    if len(presented) == 1:
        scheme, _, text = presented[0].partition(" ")
        if scheme.upper() == "JWT" and text.strip():
            return text.strip()
    elif not presented and "assertion" in form:
        return form["assertion"]
    raise Invalid("the JWT is missing: it comes as Authorization: JWT ..., or as assertion")


def _refused(call: Call, path: str, error: TokenError) -> Response:
    call.noted["refused"] = error.error
    if error.wait:
        return _said(wire.error(error.error, error.message), 429, **{"Retry-After": str(error.wait)})
    if path != wire.TOKEN and error.error == "unauthorized_client":
        # Bitbucket has none of these addresses: what an unknown app hears there is RFC 6749's, section 5.2.
        is_by_header = "authorization" in call.request.headers
        challenge = {"WWW-Authenticate": CHALLENGE} if is_by_header else {}
        return _said(wire.error("invalid_client", error.message), 401, **challenge)
    return _said(wire.error(error.error, error.message), 400)


def _said(answer: dict[str, object], status: int, **headers: str) -> Response:
    return JSONResponse(answer, status, headers={**_HEADERS, **_CORS, **headers})
