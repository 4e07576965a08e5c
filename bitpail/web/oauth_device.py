"""Somebody types the code that a device shows, and says whether it may: RFC 8628, section 3.3.

A code that came in the address is filled in and not taken: whoever sent the link
may be the one who waits at the device.
"""

from starlette.responses import Response

from bitpail.errors import BitpailError, NotFound
from bitpail.model.users import User
from bitpail.policy import user_codes
from bitpail.services import oauth_devices as service
from bitpail.services.oauth_devices import TooManyCodes
from bitpail.web import scope_words
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other
from bitpail.wire.oauth import DEVICE

_DONE = {
    "allowed": "Allowed. You can go back to your device.",
    "denied": "Refused. The device was given nothing.",
}


async def page(request: WebRequest, user: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /login/device``."""
    code = user_codes.typed(request.query.get("user_code", ""))
    done = _DONE.get(request.query.get("done", ""))
    return _ask(request, user_codes.shown(code) if code else "", done=done)


async def typed(request: WebRequest, user: User) -> Response:
    """``POST /login/device``: which app it is, and what it wants."""
    text = request.form.get("user_code", "")
    try:
        device = await service.waiting(request.site, user, text, request.client)
    except (NotFound, TooManyCodes) as error:
        return _ask(request, text[:20], error=error)
    return render(
        request,
        "oauth_device_decide.html",
        consumer=device.consumer,
        workspace=device.workspace,
        lines=scope_words.lines(device.scopes),
        code=user_codes.shown(device.code.user_code),
    )


async def decide(request: WebRequest, user: User) -> Response:
    """``POST /login/device/decide``."""
    decision = request.form.get("decision", "")
    if decision not in {"allow", "deny"}:
        return await typed(request, user)
    try:
        device = await service.waiting(request.site, user, request.form.get("user_code", ""), request.client)
        await service.decide(request.site, user, device, allow=decision == "allow")
    except (NotFound, TooManyCodes) as error:
        return _ask(request, "", error=error)
    return see_other(f"{DEVICE}?done={'allowed' if decision == 'allow' else 'denied'}")


def _ask(
    request: WebRequest, code: str, *, error: BitpailError | None = None, done: str | None = None
) -> Response:
    wait = error.wait if isinstance(error, TooManyCodes) else 0
    status = (429 if wait else 422) if error else 200
    response = render(
        request,
        "oauth_device.html",
        status,
        code=code,
        error=error.message if error else None,
        done=done,
    )
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
