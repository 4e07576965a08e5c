"""What may not be done to the branches of a repository."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response

from bitpail.api.needs import ADMINISTER, REPOSITORY
from bitpail.api.request import ApiRequest
from bitpail.api.responses import empty, json
from bitpail.errors import Invalid, NotFound
from bitpail.http.routing import Opens, Route
from bitpail.model.access import Access
from bitpail.model.branch_restrictions import Kind, MatchKind
from bitpail.model.branching_models import BranchType
from bitpail.services import branch_restrictions as service
from bitpail.services.branch_restrictions import Described, Told, UserName
from bitpail.wire import branch_restrictions as wire

_RESTRICTIONS = f"{REPOSITORY}/branch-restrictions"
_KINDS = [kind.value for kind in Kind]
# More digits are no number of any restriction, and none that a database takes.
_LONGEST_NUMBER = 9


class _User(Struct):
    uuid: str | None = None
    account_id: str | None = None
    username: str | None = None


class _Group(Struct):
    slug: str


class _Body(Struct):
    """Other members are taken and left alone."""

    kind: Kind | None = None
    branch_match_kind: MatchKind | None = None
    branch_type: BranchType | None = None
    pattern: str | None = None
    value: int | UnsetType | None = UNSET
    users: list[_User] | None = None
    groups: list[_Group] | None = None

    @property
    def told(self) -> Told:
        named = [UserName(one.uuid, one.account_id, one.username) for one in self.users or ()]
        return Told(
            kind=self.kind,
            match_kind=self.branch_match_kind,
            branch_type=self.branch_type,
            pattern=self.pattern,
            value=self.value,
            users=None if self.users is None else named,
            group_slugs=None if self.groups is None else [one.slug for one in self.groups],
        )


async def listed(request: ApiRequest, access: Access) -> Response:
    """``GET .../branch-restrictions``, those of one kind or for one pattern if asked for."""
    kind, pattern = request.query.get("kind"), request.query.get("pattern")
    if kind is not None and kind not in _KINDS:
        raise Invalid(f"kind: must be one of {', '.join(_KINDS)}")
    found = await service.of_repository(request.site, access)
    return request.collection(
        [
            _shown(request, access, one)
            for one in found
            if kind in {None, one.restriction.kind} and pattern in {None, one.restriction.pattern}
        ]
    )


async def one(request: ApiRequest, access: Access) -> Response:
    """``GET .../branch-restrictions/{id}``."""
    return json(_shown(request, access, await service.one(request.site, access, _number(request))))


async def create(request: ApiRequest, access: Access) -> Response:
    """``POST .../branch-restrictions``."""
    body = await request.body(_Body)
    shown = _shown(request, access, await service.create(request.site, access, body.told))
    return json(shown, 201, {"Location": shown["links"]["self"]["href"]})


async def change(request: ApiRequest, access: Access) -> Response:
    """``PUT .../branch-restrictions/{id}``: what is not said stays."""
    body = await request.body(_Body)
    made = await service.change(request.site, access, _number(request), body.told)
    return json(_shown(request, access, made))


async def delete(request: ApiRequest, access: Access) -> Response:
    """``DELETE .../branch-restrictions/{id}``."""
    await service.remove(request.site, access, _number(request))
    return empty()


def _number(request: ApiRequest) -> int:
    text = request.parameters["id"]
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_NUMBER:
        raise NotFound(f"there is no branch restriction {text!r}")
    return int(text)


def _shown(request: ApiRequest, access: Access, one: Described) -> dict[str, Any]:
    return wire.restriction(
        request.links, access.workspace, access.repository, one.restriction, one.users, one.groups
    )


ROUTES = [
    Route("GET", _RESTRICTIONS, Opens.REPOSITORY, ADMINISTER, listed),
    Route("POST", _RESTRICTIONS, Opens.REPOSITORY, ADMINISTER, create),
    Route("GET", f"{_RESTRICTIONS}/{{id}}", Opens.REPOSITORY, ADMINISTER, one),
    Route("PUT", f"{_RESTRICTIONS}/{{id}}", Opens.REPOSITORY, ADMINISTER, change),
    Route("DELETE", f"{_RESTRICTIONS}/{{id}}", Opens.REPOSITORY, ADMINISTER, delete),
]
