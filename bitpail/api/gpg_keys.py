"""OpenPGP keys: a person's, which everybody sees and changes of their own, and that of a workspace."""

from typing import Any, NoReturn

from msgspec import Struct
from starlette.responses import Response

from bitpail.api.needs import ACCOUNT, ACCOUNT_WRITE, WORKSPACE_MEMBERS
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.http.routing import Opens, Route
from bitpail.model.access import WorkspaceAccess
from bitpail.model.gpg_keys import GpgKey
from bitpail.model.users import User
from bitpail.services import gpg_keys as service
from bitpail.wire import gpg_keys as wire

_KEYS = "/2.0/users/{selected_user}/gpg-keys"
_OF_WORKSPACE = "/2.0/workspaces/{workspace}/settings/gpg/public-key"
_MEMBERS = frozenset(
    {
        *("type", "owner", "name", "key_id", "fingerprint", "parent_fingerprint", "created_on", "expires_on"),
        *("added_on", "links"),
    }
)


class _Body(Struct):
    key: str | None = None
    name: str | None = None


async def listed(request: ApiRequest, user: User) -> Response:
    """``GET /2.0/users/{selected_user}/gpg-keys``."""
    await request.must_be(user)
    page = request.page()
    found = await service.of_user(request.site, user)
    chosen = request.chosen([_shown(request, user, key, "values") for key in found], members=_MEMBERS)
    return request.listed(chosen[page.offset : page.offset + page.pagelen], page, size=len(chosen))


async def one(request: ApiRequest, user: User) -> Response:
    """``GET .../gpg-keys/{fingerprint}``."""
    await request.must_be(user)
    found = await service.one(request.site, user, request.parameters["fingerprint"])
    return json(_shown(request, user, found))


async def create(request: ApiRequest, user: User) -> Response:
    """``POST .../gpg-keys``: an armored public key; what else it is, it says itself."""
    await request.must_be(user)
    body = await request.body(_Body)
    if not body.key:
        raise Invalid("key: required key not provided", {"key": ["required key not provided"]})
    try:
        made = await service.add(request.site, user, body.key, name=body.name or "")
    except (Invalid, Conflict) as error:
        if isinstance(error, Invalid) and error.fields:
            raise
        raise Invalid(f"key: {error.message}", {"key": [error.message]}) from None
    shown = _shown(request, user, made)
    return json(shown, 201, {"Location": shown["links"]["self"]["href"]})


async def delete(request: ApiRequest, user: User) -> Response:
    """``DELETE .../gpg-keys/{fingerprint}``."""
    await request.must_be(user)
    await service.remove(request.site, user, request.parameters["fingerprint"])
    return empty()


async def of_workspace(request: ApiRequest, access: WorkspaceAccess) -> NoReturn:  # noqa: ARG001 - the shape of a handler
    """``GET .../settings/gpg/public-key``: with what the server signs; it signs nothing, so there is none."""
    raise NotFound(f"workspace {access.workspace.slug!r} has no GPG key: this server signs no commits")


def _shown(request: ApiRequest, user: User, key: GpgKey, *within: str) -> dict[str, Any]:
    return wire.key(
        request.links,
        user,
        key,
        with_key=request.asks_for(*within, "key"),
        with_subkeys=request.asks_for(*within, "subkeys"),
    )


ROUTES = [
    Route("GET", _KEYS, Opens.OWN_ACCOUNT, ACCOUNT, listed),
    Route("POST", _KEYS, Opens.OWN_ACCOUNT, ACCOUNT_WRITE, create),
    Route("GET", f"{_KEYS}/{{fingerprint}}", Opens.OWN_ACCOUNT, ACCOUNT, one),
    Route("DELETE", f"{_KEYS}/{{fingerprint}}", Opens.OWN_ACCOUNT, ACCOUNT_WRITE, delete),
    Route("GET", _OF_WORKSPACE, Opens.WORKSPACE, WORKSPACE_MEMBERS, of_workspace),
]
