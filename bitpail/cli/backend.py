"""The same commands against this machine's site or against a server: each is an operation of our own API.

Here the operation's handler is called as it stands; with ``--server`` it is
asked for by HTTP. Both give the same types, so that a command can't tell.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec

from bitpail.api.request import Page
from bitpail.errors import Invalid
from bitpail.model.access import Actor, Need
from bitpail.model.scopes import Scope
from bitpail.own_api import tokens
from bitpail.own_api.request import OwnRequest
from bitpail.own_api.routes import OPERATIONS, Operation
from bitpail.services import users
from bitpail.services.access_tokens import Place
from bitpail.services.site import Site

T = TypeVar("T")

_ALL_OF_THEM = 1_000_000_000
_BY_HANDLER = {one.route.handler: one for one in OPERATIONS}


class AtPlace(msgspec.Struct, frozen=True):
    """Work with the access tokens of a place: which one it is here, and what the path of the operation calls it.

    ``what`` is the word for such places; ``find`` raises NotFound.
    """

    what: str
    find: Callable[[Site], Awaitable[Place]]
    path: Mapping[str, str]
    work: tokens.OfPlace


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a command asks for. ``username`` is whose it is; of a place, whose app password a server is asked with."""

    operation: Operation
    username: str
    parameters: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    body: Any = None
    at: AtPlace | None = None


def asked(handler: Any, username: str, label: str | None = None, body: Any = None, **query: str) -> Asked:
    """An operation by its handler; ``label`` is of the app password that it is about."""
    return Asked(
        operation=_BY_HANDLER[handler], username=username, parameters=_labelled(label), query=query, body=body
    )


def asked_at(at: AtPlace, username: str, label: str | None = None, body: Any = None, **query: str) -> Asked:
    """The same of the access tokens of a place."""
    return Asked(
        operation=_BY_HANDLER[tokens.at(at.what, at.work)],
        username=username,
        parameters={**at.path, **_labelled(label)},
        query=query,
        body=body,
        at=at,
    )


def _labelled(label: str | None) -> dict[str, str]:
    return {} if label is None else {"app_password": label}


async def here(site: Site, wanted: Asked) -> Any:
    """Do it on this site, as its user: whoever holds the data directory may do all."""
    need = wanted.operation.route.need
    if wanted.at is not None:
        place = await wanted.at.find(site)
        return await tokens.here(
            _Local(site, Actor(scopes=frozenset(Scope)), need, wanted), place, wanted.at.work
        )
    user = await users.named(site, wanted.username)
    actor = Actor(user, None, frozenset(Scope))
    return await wanted.operation.route.handler(_Local(site, actor, need, wanted), user)


class _Local(OwnRequest):
    """A request that never was on the wire."""

    def __init__(self, site: Site, actor: Actor, need: Need, wanted: Asked) -> None:
        super().__init__(site, actor, need, wanted.parameters, wanted.query)
        self._body = wanted.body

    async def json(self, kind: type[T]) -> T:
        if not isinstance(self._body, kind):
            raise Invalid(f"the body is not of the type {kind.__name__}")
        return self._body

    def page(self) -> Page:
        return Page(1, _ALL_OF_THEM)

    def neighbour(self, page: int) -> str:
        raise Invalid(f"there is no page {page}")
