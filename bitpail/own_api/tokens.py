"""API tokens, and the access tokens of a place, in our own API: which there are, advice, and the narrower one.

What is done with one is done as with an app password, by the same handlers: here it is said whose it is.
"""

from collections.abc import Awaitable, Callable
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
OfHeld = Callable[[OwnRequest, Held], Awaitable[Any]]


def of_person(handler: OfOne) -> OfOne:
    """What a handler does, done with API tokens of whoever asks."""

    async def handle(request: OwnRequest, user: User) -> Any:
        request.how = replace(request.how, kind=CredentialKind.API_TOKEN)
        return await handler(request, user)

    return _named(handle, f"api_token_{handler.__name__}")


def of_place(handler: OfOne, what: str) -> OfHeld:
    """The same with one access token of the place that the route opens; ``what`` is the word for such places."""

    async def handle(request: OwnRequest, held: Held) -> Any:
        place = _place(request, held)
        return await handler(request, await _robot(request, place))

    return _named(handle, f"{what}_{handler.__name__}")


def listed_at(what: str) -> OfHeld:
    """``GET .../access-tokens``: those of the place that may be managed, oldest first."""

    async def handle(request: OwnRequest, held: Held) -> wire.AppPasswords:
        revoked = request.flag("revoked")
        found = await access_tokens.of_place(request.site, _place(request, held), include_revoked=revoked)
        return await app_passwords.page_of(request, found)

    return _named(handle, f"{what}_tokens")


def advised_at(what: str) -> OfHeld:
    """``GET .../access-token-advice``: on each of those that may be managed."""

    async def handle(request: OwnRequest, held: Held) -> list[wire.Advice]:
        return await insight.advised_of(
            request, await access_tokens.of_place(request.site, _place(request, held))
        )

    return _named(handle, f"{what}_advised")


def _place(request: OwnRequest, held: Held) -> Place:
    place: Place = held.workspace
    if isinstance(held, Access):
        place = held.repository
    elif isinstance(held, ProjectAccess):
        place = held.project
    request.how = replace(request.how, kind=access_tokens.kind_at(place), by=held.actor.user)
    return place


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
