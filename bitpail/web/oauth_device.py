"""Somebody types the code that a device shows, and says whether it may: RFC 8628, section 3.3."""

from starlette.responses import Response

from bitpail.errors import BitpailError, NotFound
from bitpail.model.users import User
from bitpail.policy import user_codes
from bitpail.services import oauth_devices as service
from bitpail.services.oauth_authorization import latest_end
from bitpail.services.oauth_devices import TooManyCodes
from bitpail.web import scope_words
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other
from bitpail.web.typed_codes import CodePage
from bitpail.wire.oauth import DEVICE

_CODE = CodePage(
    title="Connect a device",
    action=DEVICE,
    shows="device",
    done={
        "allowed": "Allowed. You can go back to your device.",
        "denied": "Refused. The device was given nothing.",
    },
)


async def page(request: WebRequest, user: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /login/device``."""
    return _CODE.first(request)


async def typed(request: WebRequest, user: User) -> Response:
    """``POST /login/device``: which app it is, and what it wants."""
    text = request.form.get("user_code", "")
    try:
        device = await service.waiting(request.site, user, text, request.client)
    except (NotFound, TooManyCodes) as error:
        return _again(request, text[:20], error)
    return render(
        request,
        "oauth_device_decide.html",
        consumer=device.consumer,
        workspace=device.workspace,
        lines=scope_words.lines(device.scopes),
        code=user_codes.shown(device.code.user_code),
        until=await latest_end(request.site),
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
        return _again(request, "", error)
    return see_other(f"{DEVICE}?done={'allowed' if decision == 'allow' else 'denied'}")


def _again(request: WebRequest, code: str, error: BitpailError) -> Response:
    return _CODE.again(request, code, error, error.wait if isinstance(error, TooManyCodes) else 0)
