"""The same commands against this machine's site or against a server: each is an operation of our own API.

Here the operation's handler is called as it stands; with ``--server`` it is
asked for by HTTP. Both give the same types, so that a command can't tell.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from bitpail.api.request import Page
from bitpail.errors import Invalid
from bitpail.model.access import Actor, Need
from bitpail.model.scopes import Scope
from bitpail.own_api.request import OwnRequest
from bitpail.own_api.routes import OPERATIONS, Operation
from bitpail.services import users
from bitpail.services.site import Site

T = TypeVar("T")

_ALL_OF_THEM = 1_000_000_000
_BY_HANDLER = {one.route.handler: one for one in OPERATIONS}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a command asks for."""

    operation: Operation
    username: str
    parameters: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    body: Any = None


def asked(handler: Any, username: str, label: str | None = None, body: Any = None, **query: str) -> Asked:
    """An operation by its handler; ``label`` is of the app password that it is about."""
    parameters = {} if label is None else {"app_password": label}
    return Asked(
        operation=_BY_HANDLER[handler], username=username, parameters=parameters, query=query, body=body
    )


async def here(site: Site, wanted: Asked) -> Any:
    """Do it on this site, as its user: whoever holds the data directory may do all."""
    user = await users.named(site, wanted.username)
    actor = Actor(user, None, frozenset(Scope))
    need = wanted.operation.route.need
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
