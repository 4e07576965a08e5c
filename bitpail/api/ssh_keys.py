"""A person's SSH keys; everybody sees and changes their own."""

from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response

from bitpail.api.needs import ACCOUNT, ACCOUNT_WRITE
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.errors import Conflict, Invalid
from bitpail.http.routing import Opens, Route
from bitpail.model.users import User
from bitpail.services import ssh_keys as service
from bitpail.wire import keys as wire
from bitpail.wire.dates import microseconds

_KEYS = "/2.0/users/{selected_user}/ssh-keys"


class _Body(Struct):
    """Members that say what a key is are read-only; null and an empty text leave what there is."""

    key: str | None = None
    label: str | None = None
    comment: str | None = None
    expires_on: str | UnsetType | None = UNSET


async def listed(request: ApiRequest, user: User) -> Response:
    """``GET /2.0/users/{selected_user}/ssh-keys``."""
    await request.must_be(user)
    found = await service.of_user(request.site, user)
    return request.collection([wire.of_user(request.links, user, key) for key in found])


async def one(request: ApiRequest, user: User) -> Response:
    """``GET .../ssh-keys/{key_id}``: by UUID in braces, or by fingerprint."""
    await request.must_be(user)
    key = await service.one(request.site, user, _wanted(request))
    return json(wire.of_user(request.links, user, key))


async def create(request: ApiRequest, user: User) -> Response:
    """``POST .../ssh-keys``; ``expires_on`` is a parameter of the query, as the contract has it, or a member."""
    await request.must_be(user)
    body = await request.body(_Body)
    if not body.key:
        raise Invalid("key: required key not provided", {"key": ["required key not provided"]})
    ends = _end(request.query.get("expires_on", body.expires_on) or None)
    try:
        made = await service.add(
            request.site,
            user,
            body.key,
            label=body.label or "",
            comment=body.comment or "",
            expires_on=None if ends is UNSET else ends,
        )
    except (Invalid, Conflict) as error:
        if isinstance(error, Invalid) and error.fields:
            raise
        raise Invalid(f"key: {error.message}", {"key": [error.message]}) from None
    shown = wire.of_user(request.links, user, made)
    return json(shown, 201, {"Location": shown["links"]["self"]["href"]})


async def change(request: ApiRequest, user: User) -> Response:
    """``PUT .../ssh-keys/{key_id}``: another label, comment or end; the key stays what it is."""
    await request.must_be(user)
    body = await request.body(_Body)
    changes = service.Changes(body.label or "", body.comment or "", _end(body.expires_on))
    changed = await service.change(request.site, user, _wanted(request), changes)
    return json(wire.of_user(request.links, user, changed))


async def delete(request: ApiRequest, user: User) -> Response:
    """``DELETE .../ssh-keys/{key_id}``."""
    await request.must_be(user)
    await service.remove(request.site, user, _wanted(request))
    return empty()


def _end(text: str | UnsetType | None) -> int | UnsetType | None:
    """A moment, none at all, or what it was; raises Invalid."""
    if text is UNSET or text is None:
        return text
    try:
        return microseconds(text)
    except Invalid as error:
        raise Invalid(f"expires_on: {error.message}", {"expires_on": [error.message]}) from None


def _wanted(request: ApiRequest) -> str:
    name = request.parameters["key_id"]
    return name[1:-1].lower() if name.startswith("{") and name.endswith("}") else name


ROUTES = [
    Route("GET", _KEYS, Opens.OWN_ACCOUNT, ACCOUNT, listed),
    Route("POST", _KEYS, Opens.OWN_ACCOUNT, ACCOUNT_WRITE, create),
    Route("GET", f"{_KEYS}/{{key_id}}", Opens.OWN_ACCOUNT, ACCOUNT, one),
    Route("PUT", f"{_KEYS}/{{key_id}}", Opens.OWN_ACCOUNT, ACCOUNT_WRITE, change),
    Route("DELETE", f"{_KEYS}/{{key_id}}", Opens.OWN_ACCOUNT, ACCOUNT_WRITE, delete),
]
