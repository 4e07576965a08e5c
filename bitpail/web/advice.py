"""The page with the advice on all credentials of a person or a place."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.policy.advice import WATCHED, Verdict
from bitpail.services import advice as service
from bitpail.services import replacements
from bitpail.services.advice import Advised
from bitpail.services.replacements import UnderWay
from bitpail.web import wanted
from bitpail.web.holders import Holder
from bitpail.web.request import WebRequest

_ORDER = (Verdict.NARROW, Verdict.REVOKE, Verdict.WAIT, Verdict.KEEP)
_MOST = 100
_DONE = {
    "recording-on": "From now on it is counted what your app passwords are needed for.",
    "recording-off": "Nothing is counted any more, and what was counted is forgotten.",
}


class Shown(Struct, frozen=True):
    """One with its advice; ``replacement`` is under way if it is not None."""

    advised: Advised
    replacement: UnderWay | None


async def page(request: WebRequest, holder: Holder) -> Response:
    """``GET .../advice``: all of them, those about which something can be done first."""
    listed = await holder.listed(include_revoked=False)
    users = {one.id: user for user, one in listed}
    found = sorted(
        await service.of_each(request.site, listed), key=lambda one: _ORDER.index(one.advice.verdict)
    )
    shown = [
        Shown(one, await replacements.of(request.site, users[one.app_password.id], one.app_password))
        for one in found[:_MOST]
    ]
    return await holder.render(
        "advice.html",
        200,
        listed=shown,
        left_out=len(found) - len(shown),
        graces=wanted.GRACES,
        watched=WATCHED,
        done=_DONE.get(request.query.get("done", "")),
    )
