"""Rotation: a new secret while the old one goes on for a while, finished early or rolled back."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.services import app_passwords as service
from bitpail.services.site import Site
from bitpail.web.app_passwords import PAGE, page_of, show_once
from bitpail.web.request import WebRequest, see_other


async def begin(request: WebRequest, user: User) -> Response:
    """``POST .../{id}/rotate``: the new secret, shown once."""
    found = await service.identified(request.site, user, request.parameters["id"])
    try:
        grace = durations.seconds(request.form.get("grace", ""))
        made, secret = await service.rotate(request.site, user, found.label, grace)
    except (Conflict, Invalid) as error:
        return await page_of(request, user, found, error)
    return await show_once(request, user, made, secret, rotated=True)


async def finish(request: WebRequest, user: User) -> Response:
    """``POST .../{id}/finish``: the old secret ends now."""
    return await _end(request, user, service.finish_rotation, "finished")


async def roll_back(request: WebRequest, user: User) -> Response:
    """``POST .../{id}/roll-back``: the new secret is forgotten."""
    return await _end(request, user, service.roll_back_rotation, "rolled-back")


async def _end(
    request: WebRequest, user: User, end: Callable[[Site, User, str], Awaitable[None]], done: str
) -> Response:
    found = await service.identified(request.site, user, request.parameters["id"])
    try:
        await end(request.site, user, found.label)
    except NotFound as error:
        return await page_of(request, user, found, error)
    return see_other(f"{PAGE}{found.id}/?done={done}")
