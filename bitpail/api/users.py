"""People: oneself, one's addresses, and the public profile of others."""

from starlette.responses import Response

from bitpail.api.needs import ACCOUNT, EMAIL, PUBLIC
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.errors import NotFound
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Actor
from bitpail.model.users import User
from bitpail.services import users as service
from bitpail.wire import emails as wire_emails
from bitpail.wire import users as wire


async def me(request: ApiRequest, user: User) -> Response:
    """``GET /2.0/user``: whose credential this is."""
    return json(wire.full(request.links, user))


async def emails(request: ApiRequest, user: User) -> Response:
    """``GET /2.0/user/emails``."""
    page = request.page()
    found = await service.emails(request.site, user)
    values = [
        wire_emails.email(request.links, one) for one in found[page.offset : page.offset + page.pagelen]
    ]
    return request.listed(values, page, size=len(found))


async def email(request: ApiRequest, user: User) -> Response:
    """``GET /2.0/user/emails/{email}``: one of one's own, in whatever case."""
    wanted = request.parameters["email"]
    for one in await service.emails(request.site, user):
        if one.address.lower() == wanted.lower():
            return json(wire_emails.email(request.links, one))
    raise NotFound(f"{wanted} is none of your addresses")


async def one(request: ApiRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /2.0/users/{selected_user}``: by account ID or UUID, never by username."""
    user = await service.identified(request.site, request.parameters["selected_user"])
    return json(wire.public(request.links, user))


ROUTES = [
    Route("GET", "/2.0/user", Opens.OWN_ACCOUNT, ACCOUNT, me),
    Route("GET", "/2.0/user/emails", Opens.OWN_ACCOUNT, EMAIL, emails),
    Route("GET", "/2.0/user/emails/{email}", Opens.OWN_ACCOUNT, EMAIL, email),
    Route("GET", "/2.0/users/{selected_user}", Opens.SITE, PUBLIC, one),
]
