"""API tokens, and the access tokens of a place, in our own API: which there are, advice, and the narrower one.

What is done with one is done as with an app password, by the same handlers: here it is said whose it is.
"""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from msgspec.structs import replace

from bitpail.model.access import Access, ProjectAccess, WorkspaceAccess
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.own_api import app_passwords, insight
from bitpail.own_api.request import ID, OwnRequest
from bitpail.services import access_tokens
from bitpail.services.access_tokens import Place
from bitpail.wire import own_api as wire

Held = Access | ProjectAccess | WorkspaceAccess
OfOne = Callable[[OwnRequest, User], Awaitable[Any]]
OfPlace = Callable[[OwnRequest, Place], Awaitable[Any]]
OfHeld = Callable[[OwnRequest, Held], Awaitable[Any]]


@cache
def of_person(handler: OfOne) -> OfOne:
    """What a handler does, done with API tokens of whoever asks."""

    async def handle(request: OwnRequest, user: User) -> Any:
        request.how = replace(request.how, kind=CredentialKind.API_TOKEN)
        return await handler(request, user)

    return _named(handle, f"api_token_{handler.__name__}")


@cache
def of_robot(handler: OfOne) -> OfPlace:
    """The same with one access token of a place, which the path names."""

    async def handle(request: OwnRequest, place: Place) -> Any:
        return await handler(request, await _robot(request, place))

    return _named(handle, handler.__name__)


async def listed(request: OwnRequest, place: Place) -> wire.AppPasswords:
    """``GET .../access-tokens``: those of the place that may be managed, oldest first."""
    revoked = request.flag("revoked")
    found = await access_tokens.of_place(request.site, place, include_revoked=revoked)
    return await app_passwords.page_of(request, found)


async def advised(request: OwnRequest, place: Place) -> list[wire.Advice]:
    """``GET .../access-token-advice``: on each of those that may be managed."""
    return await insight.advised_of(request, await access_tokens.of_place(request.site, place))


@cache
def at(what: str, work: OfPlace) -> OfHeld:
    """Some work as the rows of a place have it, which a route opens; ``what`` is the word for such places."""

    async def handle(request: OwnRequest, held: Held) -> Any:
        place: Place = held.workspace
        if isinstance(held, Access):
            place = held.repository
        elif isinstance(held, ProjectAccess):
            place = held.project
        return await here(request, place, work, held.actor.user)

    return _named(handle, f"{what}_{work.__name__}")


async def here(request: OwnRequest, place: Place, work: OfPlace, by: User | None = None) -> Any:
    """Do some work with the tokens of a place; ``by`` nobody who is known: whoever holds the data directory."""
    request.how = replace(request.how, kind=access_tokens.kind_at(place), by=by)
    return await work(request, place)


async def _robot(request: OwnRequest, place: Place) -> User:
    name = request.parameters["app_password"]
    if ID.fullmatch(name):
        robot, _ = await access_tokens.identified(request.site, place, name[1:-1].lower())
    else:
        robot, _ = await access_tokens.labelled(request.site, place, name)
    return robot


def _named(handle: Callable[..., Awaitable[Any]], name: str) -> Callable[..., Awaitable[Any]]:
    # The document calls an operation as its handler is called.
    handle.__name__ = name
    return handle
