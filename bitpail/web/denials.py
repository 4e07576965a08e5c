"""What was refused to somebody of late, and why: their own alone, or any for an administrator."""

from starlette.responses import Response

from bitpail.model.users import User
from bitpail.services import denials as service
from bitpail.services.site import DENIALS_KEPT
from bitpail.web.pages import render
from bitpail.web.request import WebRequest

_ON_A_PAGE = 50


async def listed(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/denials/``: one's own, the newest first."""
    found = await service.of_user(request.site, user, _ON_A_PAGE + 1)
    return render(
        request,
        "denials.html",
        listed=found[:_ON_A_PAGE],
        more=len(found) > _ON_A_PAGE,
        kept=DENIALS_KEPT,
    )


async def one(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/denials/{request_id}``: what it needed, what it had, and what to do."""
    whose = None if user.is_admin else user
    found = await service.explain(request.site, request.parameters["request_id"], whose)
    return render(request, "denial.html", found=found)
