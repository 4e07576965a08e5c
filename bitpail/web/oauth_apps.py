"""The apps that are connected with one's account: listed, and disconnected."""

from starlette.responses import Response

from bitpail.model.users import User
from bitpail.services import oauth_apps as service
from bitpail.web import scope_words
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

PAGE = "/account/settings/app-authorizations/"


async def page(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/app-authorizations/``."""
    found = await service.of_user(request.site, user)
    return render(
        request,
        "oauth_apps.html",
        listed=[(one, scope_words.lines(one.scopes)) for one in found],
        done=request.query.get("done") == "revoked",
    )


async def ask_to_forget(request: WebRequest, user: User) -> Response:
    """``GET .../{id}/revoke``: are you sure."""
    found = await service.one(request.site, user, request.parameters["id"])
    return render(request, "oauth_app_revoke.html", one=found, lines=scope_words.lines(found.scopes))


async def forget(request: WebRequest, user: User) -> Response:
    """``POST .../{id}/revoke``."""
    await service.forget(request.site, user, request.parameters["id"])
    return see_other(f"{PAGE}?done=revoked")
