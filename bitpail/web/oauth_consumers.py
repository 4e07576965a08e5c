"""The OAuth consumers of a workspace, for its owners: listed, registered, changed, given a new secret, deleted."""

from msgspec import Struct
from starlette.datastructures import ImmutableMultiDict
from starlette.responses import Response

from bitpail.errors import Conflict, Invalid
from bitpail.model.access import WorkspaceAccess
from bitpail.model.oauth_consumers import Consumer
from bitpail.model.scopes import Scope
from bitpail.model.users import User
from bitpail.policy.decide import Decision
from bitpail.policy.secrets import Secret
from bitpail.services import oauth_consumers as service
from bitpail.services.access import Refused
from bitpail.services.oauth_consumers import Wanted
from bitpail.web import boxes
from bitpail.web.errors import status_of
from bitpail.web.request import WebRequest, see_other
from bitpail.web.workspaces import SETTINGS, render_at
from bitpail.wire.oauth import AUTHORIZE, TOKEN

_DONE = {"changed": "Changed.", "deleted": "Deleted. Its tokens open nothing any more."}
_SCOPES = {scope.value: scope for scope in Scope}
_LONGEST = 4000


class Filled(Struct, frozen=True):
    """The form of a consumer as it is filled in."""

    name: str = ""
    description: str = ""
    callback_url: str = ""
    url: str = ""
    scopes: tuple[str, ...] = ()
    is_public: bool = False

    def wanted(self) -> Wanted:
        """What the service makes of it."""
        return Wanted(
            name=self.name,
            description=self.description,
            callback_url=self.callback_url,
            url=self.url,
            permissions=self.scopes,
            is_public=self.is_public,
        )


async def page(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET /{workspace}/workspace/settings/oauth-consumers``."""
    found = await service.of_workspace(request.site, access.workspace)
    return await render_at(
        request,
        access,
        "oauth_consumers.html",
        SETTINGS,
        listed=found,
        owners=await service.owners(request.site, found),
        done=_DONE.get(request.query.get("done", "")),
    )


async def new(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET .../new``."""
    return await _form(request, access, None, Filled(), None)


async def create(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``POST .../new``: the secret, shown once."""
    filled = _filled(request.form)
    try:
        made, secret = await service.create(
            request.site, access.workspace, filled.wanted(), by=_person(access)
        )
    except (Invalid, Conflict) as error:
        return await _form(request, access, None, filled, error)
    return await _show_once(request, access, made, secret, is_new=True)


async def one(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET .../{id}``."""
    found = await _found(request, access)
    scopes = tuple(scope.value for scope in found.scopes)
    filled = Filled(found.name, found.description, found.callback_url, found.url, scopes, found.is_public)
    return await _form(request, access, found, filled, None)


async def change(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``POST .../{id}``."""
    found, filled = await _found(request, access), _filled(request.form)
    try:
        await service.change(request.site, found, filled.wanted(), by=_person(access))
    except (Invalid, Conflict) as error:
        return await _form(request, access, found, filled, error)
    return see_other(f"{_address(access)}/?done=changed")


async def make_secret(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``POST .../{id}/secret``: another one, shown once."""
    found = await _found(request, access)
    made, secret = await service.make_secret(request.site, found, by=_person(access))
    return await _show_once(request, access, made, secret, is_new=False)


async def ask_to_delete(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``GET .../{id}/delete``: are you sure."""
    found = await _found(request, access)
    return await render_at(request, access, "oauth_consumer_delete.html", SETTINGS, consumer=found)


async def delete(request: WebRequest, access: WorkspaceAccess) -> Response:
    """``POST .../{id}/delete``."""
    await service.remove(request.site, await _found(request, access), by=_person(access))
    return see_other(f"{_address(access)}/?done=deleted")


def _address(access: WorkspaceAccess) -> str:
    return f"/{access.workspace.slug}/workspace/settings/oauth-consumers"


def _person(access: WorkspaceAccess) -> User:
    if access.actor.user is None:
        raise Refused(Decision.SIGN_IN, access.actor, access.need)
    return access.actor.user


async def _found(request: WebRequest, access: WorkspaceAccess) -> Consumer:
    return await service.one(request.site, access.workspace, request.parameters["id"])


def _filled(fields: ImmutableMultiDict[str, str]) -> Filled:
    return Filled(
        name=fields.get("name", "")[:_LONGEST],
        description=fields.get("description", "")[:_LONGEST],
        callback_url=fields.get("callback_url", "")[:_LONGEST],
        url=fields.get("url", "")[:_LONGEST],
        scopes=tuple(fields.getlist("scopes")),
        is_public="is_public" in fields,
    )


async def _form(
    request: WebRequest,
    access: WorkspaceAccess,
    consumer: Consumer | None,
    filled: Filled,
    error: Invalid | Conflict | None,
) -> Response:
    ticked = [_SCOPES[name] for name in filled.scopes if name in _SCOPES]
    return await render_at(
        request,
        access,
        "oauth_consumer.html",
        SETTINGS,
        status_of(error) if error else 200,
        consumer=consumer,
        form=filled,
        # Not our own: see ``policy/oauth_scopes.py``.
        columns=boxes.columns(ticked)[:2],
        error=error.message if error else None,
    )


async def _show_once(
    request: WebRequest, access: WorkspaceAccess, made: Consumer, secret: Secret, *, is_new: bool
) -> Response:
    base = request.call.base
    return await render_at(
        request,
        access,
        "oauth_consumer_secret.html",
        SETTINGS,
        consumer=made,
        secret=secret.reveal(),
        is_new=is_new,
        authorize=f"{base}{AUTHORIZE}",
        token=f"{base}{TOKEN}",
    )
