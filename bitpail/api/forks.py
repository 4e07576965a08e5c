"""Forks of a repository: listed and made."""

import re

from msgspec import Struct
from starlette.responses import Response

from bitpail.api import repositories
from bitpail.api.needs import FORK, FORK_INTO, READ, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import json
from bitpail.errors import Conflict, Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.policy import names
from bitpail.services import forks as service
from bitpail.services import workspaces
from bitpail.services.access import to_new_repository

_BRACED = re.compile(r"\{[0-9A-Fa-f-]{36}\}")


class _Place(Struct):
    slug: str | None = None
    uuid: str | None = None


class _Fork(repositories.Body):
    """``workspace`` is where to; without it the personal one of whoever asks."""

    workspace: _Place | None = None


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../forks``: those that the actor may see."""
    among, page = repositories.among(request, access.actor), request.page()
    found = await service.page(request.site, access, among, request.asked, page.offset, page.pagelen)
    return await repositories.listing(request, found, page)


async def create(request: ApiRequest, access: Access) -> Response:
    """``POST .../forks``."""
    body = await request.body(_Fork)
    into = await to_new_repository(request.site, access.actor, FORK_INTO, await _workspace(request, body))
    wanted = await repositories.wanted_of(request, into, body, FORK_INTO)
    try:
        made = await service.create(request.site, access, into, wanted)
    except Conflict:
        raise repositories.name_is_taken() from None
    shown = await repositories.from_scratch(request, into.workspace, made)
    return json(shown, 201, {"Location": shown["links"]["self"]["href"]})


async def _workspace(request: ApiRequest, body: _Fork) -> str:
    given = body.workspace
    if given is not None and given.uuid:
        if not _BRACED.fullmatch(given.uuid):
            raise _wrong(f"not a UUID in braces: {given.uuid[:50]!r}")
        return given.uuid
    if given is not None and given.slug:
        try:
            return names.check_workspace_slug(given.slug)
        except Invalid as error:
            raise _wrong(error.message) from None
    user = request.call.actor.user
    own = await workspaces.personal(request.site, user) if user is not None else None
    if own is None:
        raise _wrong("required key not provided")
    return own.slug


def _wrong(reason: str) -> Invalid:
    return Invalid(f"workspace: {reason}", {"workspace": [reason]})


ROUTES = [
    Route("GET", f"{REPOSITORY}/forks", Opens.REPOSITORY, READ, listed),
    Route("POST", f"{REPOSITORY}/forks", Opens.REPOSITORY, FORK, create),
]
